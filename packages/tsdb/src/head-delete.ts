import type { Matcher } from '@haechi/model'
import type { HeadCore } from './head-core.ts'
import { CHUNK_PREV, CHUNK_WORDS, ROWF_LAST_T, ROW_COUNT, ROW_FIRST_FRAG, ROW_FULL, ROW_SHIFT } from './layout.ts'
import { RowSelector } from './select-rows.ts'
import { RECORD, RecordBuffer } from './wal/record.ts'
import { firstTime } from './xor-decode.ts'

/** Deletions that one log record describes at most. */
const STONES_PER_RECORD = 2048

/**
 * Deletes samples of the head: hides them from readers, and writes that into the log first. A deletion reaches as far as the series has samples now; what comes later stays.
 * @returns series that lost samples
 * @throws Error when the log can't be written; then nothing is deleted
 * @see Prometheus tsdb/head.go `Delete`
 */
export function deleteFromHead(core: HeadCore, matchers: readonly Matcher[], minMs: number, maxMs: number): number {
  const { store, columns, wal } = core
  const rows: number[] = []
  const from: number[] = []
  const to: number[] = []
  for (const row of new RowSelector(store.memory).select(matchers)) {
    const range = rangeOf(core, row)
    const first = Math.max(minMs, range.minMs)
    const last = Math.min(maxMs, range.maxMs)
    if (!(first <= last)) continue
    rows.push(row)
    from.push(first)
    to.push(last)
  }
  if (rows.length === 0) return 0
  if (wal !== null) {
    const record = new RecordBuffer()
    try {
      for (let i = 0; i < rows.length; i += STONES_PER_RECORD) {
        record.length = 0
        record.byte(RECORD.tombstones)
        for (let k = i; k < Math.min(rows.length, i + STONES_PER_RECORD); k++) {
          record.be64(columns.walRef[rows[k]!]!)
          record.varint(from[k]!)
          record.varint(to[k]!)
        }
        wal.add(record.bytes, record.length)
      }
      wal.flush()
    } catch (err) {
      wal.discard()
      throw err
    }
  }
  for (let i = 0; i < rows.length; i++) store.extras.addDeleted(rows[i]!, from[i]!, to[i]!)
  return rows.length
}

/** Oldest and newest sample of a row, those out of order included; Infinity and -Infinity without one. */
function rangeOf(core: HeadCore, row: number): { readonly minMs: number; readonly maxMs: number } {
  const { extras, memory: m } = core.store
  const w = row << ROW_SHIFT
  const ooo = extras.oooRange(row)
  let { minMs, maxMs } = ooo
  if (m.rows[w + ROW_COUNT] !== 0 || m.rows[w + ROW_FULL] !== 0) maxMs = Math.max(maxMs, m.rowsF[(w >>> 1) + ROWF_LAST_T]!)
  if (m.rows[w + ROW_COUNT] !== 0) {
    // Below 0: the record of an open chunk of histograms.
    const first = m.rows[w + ROW_FIRST_FRAG]!
    minMs = Math.min(minMs, first < 0 ? m.chunksF[(-first * CHUNK_WORDS) >>> 1]! : firstTime(m.frags, first * 64))
  }
  for (let id = m.rows[w + ROW_FULL]!; id !== 0; id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!) minMs = Math.min(minMs, m.chunksF[(id * CHUNK_WORDS) >>> 1]!)
  return { minMs, maxMs }
}
