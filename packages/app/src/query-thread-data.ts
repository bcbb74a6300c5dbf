import type { EngineOptions } from '@haechi/promql'
import type { DatabaseHandles } from '@haechi/tsdb'

/** What the main thread gives to each query thread. */
export interface QueryThreadData {
  readonly handles: DatabaseHandles
  readonly engine: EngineOptions
  /** Most bytes of samples that the thread keeps for later queries; 0: none. */
  readonly keepBytes: number
}
