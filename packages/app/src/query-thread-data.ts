import type { EngineOptions } from '@haechi/promql'
import type { DatabaseHandles } from '@haechi/tsdb'

/** What the main thread gives to each query thread. */
export interface QueryThreadData {
  readonly handles: DatabaseHandles
  readonly engine: EngineOptions
}
