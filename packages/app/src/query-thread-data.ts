import type { EngineOptions } from '@haechi/promql'
import type { HeadHandles } from '@haechi/tsdb'

/** What the main thread gives to each query thread. */
export interface QueryThreadData {
  readonly handles: HeadHandles
  readonly engine: EngineOptions
}
