import { compareLabels } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { HistogramRow } from './histogram-column.ts'
import { JsonBuffer, Stamps } from './json-buffer.ts'
import { isLocal, isNode, namesGiven } from './kept-results.ts'
import { labelsJson } from './outcome.ts'
import type { Finished } from './outcome.ts'
import type { Plan, PlanNode } from './plan.ts'
import { Block } from './rows.ts'

/**
 * The answer of a range query at some of its steps, ready to cross threads: rows in the order of their labels, each with the text of its points.
 *
 *     keys   ["__name__","up"]["__name__","up","job","a"]      ends at keyEnds[i]
 *     text   [1,"0"],[2,"0"][1,"1"],[2,"1"]                    ends at textEnds[i]
 */
export interface RangePart {
  /** Labels of each row as a JSON array. */
  readonly keys: Uint8Array<ArrayBuffer>
  readonly keyEnds: Int32Array<ArrayBuffer>
  readonly text: Uint8Array<ArrayBuffer>
  readonly textEnds: Int32Array<ArrayBuffer>
  /** Values of the rows, as in a `Block`, where the answer is to be kept. */
  readonly values: Float64Array<ArrayBuffer> | undefined
  readonly present: Uint8Array<ArrayBuffer> | undefined
  readonly steps: number
  /** The most that was held for it. */
  readonly peakSamples: number
  readonly peakBytes: number
  /** Of the storage, from before it was read: see `ChangeLog`. */
  readonly version: number
  readonly mark: number
}

/** Memory of a part that is handed over instead of copied. */
export function buffersOfPart(part: RangePart): ArrayBuffer[] {
  return [part.keys, part.keyEnds, part.text, part.textEnds, part.values, part.present].flatMap(a => (a === undefined ? [] : [a.buffer]))
}

/** Nodes that judge the range as a whole where metric names differ. */
const OF_RANGES: ReadonlySet<string> = new Set(['range-call', 'absent-over-time', 'subquery'])

/**
 * Whether the steps of a query can be computed in parts: each comes from its own samples alone. With a selector of several names no function of
 * ranges may stand above it, as it refuses series that differ in the name alone and sees that only with the whole range.
 */
export function canBeSplit(plan: Plan, expr: string): boolean {
  return isLocal(plan, expr) && (namesGiven(plan) || !contains(plan.root, OF_RANGES))
}

function contains(node: PlanNode, kinds: ReadonlySet<string>): boolean {
  if (kinds.has(node.kind)) return true
  for (const part of Object.values(node)) {
    for (const child of Array.isArray(part) ? part as unknown[] : [part]) if (isNode(child) && contains(child, kinds)) return true
  }
  return false
}

/**
 * Writes the steps of an outcome as a part; undefined where only the whole can be told: with histograms or annotations.
 * @param keep  values are wanted too
 */
export function writePart(finished: Finished, moment: { readonly version: number; readonly mark: number }, keep: boolean): RangePart | undefined {
  const { outcome, budget, annotations } = finished
  if (outcome.type !== 'grid') return undefined
  const { rows, grid } = outcome
  const { steps } = grid
  const n = rows.labels.length
  const count = (bytes: number, before: number): void => {
    budget.take(bytes)
    budget.give(before)
  }
  const keys = new JsonBuffer(1 << 12, count)
  const text = new JsonBuffer(1 << 14, count)
  const keyEnds = new Int32Array(n)
  const textEnds = new Int32Array(n)
  const stamps = new Stamps(Float64Array.from({ length: steps }, (_, k) => grid.startMs + k * grid.stepMs))
  if (keep) budget.reserve(n * steps)
  const values = new Float64Array((keep ? n : 1) * steps)
  const present = new Uint8Array((keep ? n : 1) * steps)
  const row = new HistogramRow()
  const order = rows.labels.map((_, i) => i).sort((a, b) => compareLabels(rows.labels[a]!, rows.labels[b]!))
  let written = 0
  for (const i of order) {
    row.column = null
    const from = keep ? written * steps : 0
    const own = values.subarray(from, from + steps)
    const has = present.subarray(from, from + steps)
    const found = rows.read(i, own, has, row)
    if (row.column !== null) return undefined
    if (found === 0) continue
    keys.text(JSON.stringify(rows.labels[i]!))
    text.innerPoints(stamps, own, has, steps)
    keyEnds[written] = keys.length
    textEnds[written++] = text.length
  }
  if (!annotations.isEmpty()) return undefined
  return {
    keys: keys.finish(), keyEnds: keyEnds.slice(0, written), text: text.finish(), textEnds: textEnds.slice(0, written), steps,
    values: keep ? values.slice(0, written * steps) : undefined, present: keep ? present.slice(0, written * steps) : undefined,
    peakSamples: budget.peakSamples, peakBytes: budget.peakBytes, ...moment,
  }
}

/** Walks the rows of a part. */
class PartRows {
  readonly part: RangePart
  at = 0
  #labels: Labels | undefined

  constructor(part: RangePart) {
    this.part = part
  }

  get ended(): boolean {
    return this.at >= this.part.keyEnds.length
  }

  get key(): Uint8Array {
    const { keys, keyEnds } = this.part
    return keys.subarray(this.at === 0 ? 0 : keyEnds[this.at - 1]!, keyEnds[this.at]!)
  }

  get text(): Uint8Array {
    const { text, textEnds } = this.part
    return text.subarray(this.at === 0 ? 0 : textEnds[this.at - 1]!, textEnds[this.at]!)
  }

  get labels(): Labels {
    return (this.#labels ??= JSON.parse(Buffer.from(this.key).toString()) as Labels)
  }

  next(): void {
    this.at++
    this.#labels = undefined
  }
}

/** Calls `row` for each series of the parts, in the order of the labels, with which parts have it. */
function mergeParts(parts: readonly RangePart[], row: (labels: Labels, having: readonly PartRows[], all: readonly PartRows[]) => void): void {
  const all = parts.map(part => new PartRows(part))
  for (;;) {
    let first: PartRows | undefined
    let having: PartRows[] = []
    for (const rows of all) {
      if (rows.ended) continue
      // Mostly the parts have the same series.
      const order = first === undefined ? -1 : Buffer.compare(rows.key, first.key) === 0 ? 0 : compareLabels(rows.labels, first.labels)
      if (order < 0) {
        first = rows
        having = [rows]
      } else if (order === 0) having.push(rows)
    }
    if (first === undefined) return
    row(first.labels, having, all)
    for (const rows of having) rows.next()
  }
}

/** The body of the whole answer. @param parts  in the order of their steps */
export function bodyOfParts(parts: readonly RangePart[]): Uint8Array<ArrayBuffer> {
  const rows = parts.reduce((n, p) => Math.max(n, p.keyEnds.length), 0)
  const out = new JsonBuffer(parts.reduce((n, p) => n + p.textEnds.length + (p.textEnds.at(-1) ?? 0), 0) + 2 * (parts[0]!.keyEnds.at(-1) ?? 0) + 64 * rows + 256)
  out.text('{"status":"success","data":{"resultType":"matrix","result":[')
  let begun = false
  mergeParts(parts, (labels, having) => {
    out.text(`${begun ? ',' : ''}{"metric":${labelsJson(labels)},"values":[`)
    begun = true
    having.forEach((part, i) => {
      if (i > 0) out.text(',')
      out.raw(part.text)
    })
    out.text(']}')
  })
  out.text(']}}')
  return out.finish()
}

/** The whole answer in memory, from parts that have their values. */
export function blockOfParts(parts: readonly RangePart[]): Block {
  const steps = parts.reduce((n, p) => n + p.steps, 0)
  const labels: Labels[] = []
  const places: Int32Array[] = parts.map(p => new Int32Array(p.keyEnds.length))
  mergeParts(parts, (own, having, all) => {
    for (const rows of having) places[all.indexOf(rows)]![rows.at] = labels.length
    labels.push(own)
  })
  const values = new Float64Array(labels.length * steps)
  const present = new Uint8Array(labels.length * steps)
  let at = 0
  parts.forEach((part, p) => {
    places[p]!.forEach((row, i) => {
      values.set(part.values!.subarray(i * part.steps, (i + 1) * part.steps), row * steps + at)
      present.set(part.present!.subarray(i * part.steps, (i + 1) * part.steps), row * steps + at)
    })
    at += part.steps
  })
  return new Block(labels, steps, values, present)
}
