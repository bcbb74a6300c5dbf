import { parseDuration } from '@haechi/model'
import { LiteralError } from '../literals.ts'

const PIECE = /([+-]?)(\d+[a-wy-z]+|0)/iy

/**
 * Reads what stands behind `metric@st`: start times relative to the samples they belong to: `-30s`, `_` (not known), `-1mx3` (four times), `-30s-1mx2` (-30s -90s -150s), `_x3`.
 * @returns milliseconds, NaN where nothing is known
 * @throws LiteralError, DurationError
 * @see Prometheus promql/promqltest `parseSTSequence`
 */
export function parseStartOffsets(text: string): Float64Array {
  const out: number[] = []
  for (const item of text.trim().split(/\s+/)) {
    if (item === '') continue
    const gap = /^_(?:x(\d+))?$/.exec(item)
    if (gap !== null) {
      for (let i = 0; i < Number(gap[1] ?? 1); i++) out.push(NaN)
      continue
    }
    const base = pieceAt(item, 0)
    const step = base.end < item.length && item[base.end] !== 'x' ? pieceAt(item, base.end) : undefined
    const rest = item.slice(step?.end ?? base.end)
    if (rest === '' && step === undefined) {
      out.push(base.ms)
      continue
    }
    const times = /^x(\d+)$/.exec(rest)
    if (times === null) throw new LiteralError(`invalid ST item ${JSON.stringify(item)}: expected 'x<count>'`)
    for (let i = 0; i <= Number(times[1]); i++) out.push(base.ms + i * (step?.ms ?? 0))
  }
  return Float64Array.from(out)
}

function pieceAt(item: string, at: number): { readonly ms: number; readonly end: number } {
  PIECE.lastIndex = at
  const found = PIECE.exec(item)
  if (found === null) throw new LiteralError(`invalid ST item ${JSON.stringify(item)}: expected digits in duration ${JSON.stringify(item.slice(at))}`)
  const ms = parseDuration(found[2]!)
  return { ms: found[1] === '-' ? -ms : ms, end: PIECE.lastIndex }
}
