import { labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { openDatabase } from '../src/index.ts'
import type { Database, DatabaseOptions, Logger } from '../src/index.ts'
import { PAGE_BYTES } from '../src/wal/wal-writer.ts'
import { histogramOf } from './histogram-arbitrary.ts'
import { readAll } from './read-all.ts'

export const MINUTE = 60_000
export const HOUR: number = 60 * MINUTE
/** Where the samples begin. */
export const T0: number = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR
/** Series of floats; one of histograms is beside them. */
export const SERIES = 12

/** A line of the log. */
export interface Line { readonly level: string, readonly fields: Readonly<Record<string, unknown>>, readonly message: string }

/** What the databases take for the time of day. */
export const clock: { nowMs: number } = { nowMs: T0 }

/** Opens a database with small segments whose warnings and errors go into `lines`. */
export function open(dir: string, lines: Line[] = [], options: Partial<DatabaseOptions> = {}): Promise<Database> {
  const note = (level: string) => (fields: object, message: string): void => void lines.push({ level, fields: fields as Line['fields'], message })
  const logger: Logger = { info: () => {}, warn: note('warn'), error: note('error') }
  return openDatabase({ dataDir: dir, retentionMs: 3650 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, walSegmentBytes: 2 * PAGE_BYTES, walCompression: false, outOfOrderWindowMs: 6 * HOUR, now: () => clock.nowMs, logger, ...options })
}

/** Labels of a series of floats. */
export const labels = (i: number): Labels => labelsFromObject({ __name__: 'm', i: String(i), pad: 'x'.repeat(40) })

/** Every sample by series and time, histograms as a sign. */
export async function stored(db: Database): Promise<Map<string, number>> {
  const out = new Map<string, number>()
  for (const [key, samples] of await readAll(db)) for (const s of samples) out.set(`${key} ${s.t}`, s.lo ^ s.hi)
  return out
}

/** Appends a sample a minute to all series, every tenth late, and a histogram. */
export function fill(db: Database, fromMs: number, toMs: number): number {
  const a = db.appender()
  let appended = 0
  for (let t = fromMs; t < toMs; t += MINUTE) {
    clock.nowMs = t
    for (let i = 0; i < SERIES; i++) a.append(a.series(labels(i)), (t / MINUTE) % 10 === 9 ? t - 90 * MINUTE + i + 1 : t, t / 1000 + i)
    a.appendHistogram(a.series(['__name__', 'h']), t, histogramOf({ positive: new Map([[1, t / MINUTE]]) }))
    appended += a.commit().appended
  }
  return appended
}

