import type { Exemplar, SeriesMetadata } from '@haechi/storage'
import type { HeadCore } from './head-core.ts'

/** Exemplars and metadata of an appender's batch: logged with its samples, kept when the log has them. */
export class SideBatch {
  private readonly core: HeadCore
  private exemplars: { readonly row: number; readonly exemplar: Exemplar }[] = []
  private metadata: { readonly row: number; readonly metadata: SeriesMetadata }[] = []

  constructor(core: HeadCore) {
    this.core = core
  }

  addExemplar(row: number, exemplar: Exemplar): void {
    if (row >= 0 && this.core.exemplars.takes(this.core.store.seriesRows.labelsOf(row), exemplar)) this.exemplars.push({ row, exemplar })
  }

  addMetadata(row: number, metadata: SeriesMetadata): void {
    if (row < 0) return
    const known = this.core.metadata.get(row)
    if (known === undefined || known.type !== metadata.type || known.unit !== metadata.unit || known.help !== metadata.help) this.metadata.push({ row, metadata })
  }

  /** Hands the batch to the log. */
  log(): void {
    const { columns } = this.core
    if (this.exemplars.length > 0) this.core.logExemplars(this.exemplars.map(({ row, exemplar }) => ({ ref: columns.walRef[row]!, exemplar })))
    if (this.metadata.length > 0) this.core.logMetadata(this.metadata.map(({ row, metadata }) => ({ ref: columns.walRef[row]!, metadata })))
  }

  /** Keeps what was logged, and is empty then. */
  keep(): void {
    const { core } = this
    for (const { row, exemplar } of this.exemplars) if (core.store.seriesRows.isLive(row)) core.exemplars.add(core.store.seriesRows.labelsOf(row), exemplar)
    for (const { row, metadata } of this.metadata) core.metadata.set(row, metadata)
    this.clear()
  }

  clear(): void {
    if (this.exemplars.length > 0) this.exemplars = []
    if (this.metadata.length > 0) this.metadata = []
  }
}
