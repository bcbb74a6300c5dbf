/** Kept by the state database. */
export interface StateStore {
  close(): Promise<void>
}
