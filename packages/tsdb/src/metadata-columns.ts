import type { SeriesMetadata } from '@haechi/storage'

/** Different metadata that is remembered; beyond them all is forgotten and learned anew. */
const MAX_DISTINCT = 100_000

/** What is known of the metrics of series, by row. Series share what is the same, so that a series costs four bytes. */
export class MetadataColumns {
  private ids: Int32Array = new Int32Array(0)
  private readonly known: SeriesMetadata[] = []
  private readonly idOf = new Map<string, number>()

  get(row: number): SeriesMetadata | undefined {
    return this.known[(this.ids[row] ?? 0) - 1]
  }

  /** Remembers the metadata of a row. @returns whether it is news */
  set(row: number, metadata: SeriesMetadata): boolean {
    const id = this.id(metadata)
    if (row >= this.ids.length) {
      const ids = new Int32Array(Math.max(row + 1, 1024, Math.ceil(this.ids.length * 1.5)))
      ids.set(this.ids)
      this.ids = ids
    }
    if (this.ids[row] === id) return false
    this.ids[row] = id
    return true
  }

  /** The row ends or begins anew. */
  forget(row: number): void {
    if (row < this.ids.length) this.ids[row] = 0
  }

  private id({ type, unit, help }: SeriesMetadata): number {
    const key = `${type}\u0000${unit}\u0000${help}`
    const found = this.idOf.get(key)
    if (found !== undefined) return found
    if (this.known.length >= MAX_DISTINCT) {
      this.known.length = 0
      this.idOf.clear()
      this.ids.fill(0)
    }
    this.known.push({ type, unit, help })
    this.idOf.set(key, this.known.length)
    return this.known.length
  }
}
