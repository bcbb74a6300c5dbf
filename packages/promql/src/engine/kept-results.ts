import { METRIC_NAME, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { ChangeLog } from '@haechi/storage'
import type { Grid } from './grid.ts'
import type { Plan, PlanNode } from './plan.ts'
import { Block } from './rows.ts'

/** What a label set with its place in maps takes, roughly. */
const SERIES_BYTES = 300
/** The largest part of all memory that one answer may take. */
const LARGEST_PART = 4
/** Questions asked once that are remembered: what is asked but once is not kept. */
const REMEMBERED = 500

/** The answer of a range query, with what tells which of its steps still hold. */
interface KeptResult {
  readonly grid: Grid
  readonly block: Block
  /** Of the storage, from before it was read. */
  readonly version: number
  readonly mark: number
  readonly bytes: number
}

/** The steps of a question that a kept answer has, and the present of the storage for what is computed now. */
export interface Reuse {
  readonly key: string
  readonly version: number
  readonly mark: number
  /** The kept answer's steps `[from, from + steps)` are the first of the question; steps 0: it has none. */
  readonly block: Block | undefined
  readonly from: number
  readonly steps: number
  /** Whether the whole answer is to be kept. */
  readonly keep: boolean
}

/**
 * Answers of range queries, by expression, step and where the steps lie. A later question over a range that has moved on takes from them the steps
 * that no sample appended since can have changed: those before the oldest of these. A change of the past makes all of them void. One thread's.
 */
export class KeptResults {
  readonly #maxBytes: number
  /** Oldest use first. */
  readonly #results = new Map<string, KeptResult>()
  readonly #asked = new Set<string>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#bytes
  }

  /** Looks a question up. To be called before the storage's view is opened. */
  lookUp(expr: string, grid: Grid, lookbackMs: number, changes: ChangeLog): Reuse {
    const key = `${grid.stepMs} ${((grid.startMs % grid.stepMs) + grid.stepMs) % grid.stepMs} ${lookbackMs} ${expr}`
    const version = changes.version()
    const mark = changes.mark()
    const nothing: Reuse = { key, version, mark, block: undefined, from: 0, steps: 0, keep: this.#askedBefore(key) }
    const found = this.#results.get(key)
    if (found === undefined) return nothing
    const from = (grid.startMs - found.grid.startMs) / grid.stepMs
    if (found.version !== version) this.#drop(key)
    if (found.version !== version || from < 0 || from >= found.grid.steps) return nothing
    const oldest = changes.oldestSince(found.mark)
    const last = Math.min(found.grid.startMs + (found.grid.steps - 1) * grid.stepMs, grid.startMs + (grid.steps - 1) * grid.stepMs)
    // A step looks at samples up to its own time.
    const holds = oldest > last ? last : grid.startMs + (Math.ceil((oldest - grid.startMs) / grid.stepMs) - 1) * grid.stepMs
    if (!(holds >= grid.startMs)) return nothing
    this.#results.delete(key)
    this.#results.set(key, found)
    return { ...nothing, block: found.block, from, steps: (holds - grid.startMs) / grid.stepMs + 1, keep: true }
  }

  /** Keeps an answer, which nobody may change any more. */
  keep(reuse: Reuse, grid: Grid, block: Block): void {
    const bytes = block.values.byteLength + block.present.byteLength + block.labels.length * SERIES_BYTES
    this.#drop(reuse.key)
    if (bytes > this.#maxBytes / LARGEST_PART) return
    for (const oldest of this.#results.keys()) {
      if (this.#bytes + bytes <= this.#maxBytes) break
      this.#drop(oldest)
    }
    this.#results.set(reuse.key, { grid, block, version: reuse.version, mark: reuse.mark, bytes })
    this.#bytes += bytes
  }

  #drop(key: string): void {
    this.#bytes -= this.#results.get(key)?.bytes ?? 0
    this.#results.delete(key)
  }

  #askedBefore(key: string): boolean {
    if (this.#asked.has(key)) return true
    if (this.#asked.size >= REMEMBERED) this.#asked.clear()
    this.#asked.add(key)
    return false
  }
}

/** The kept first steps of an answer with those that were computed now behind them. @param later  of the steps from `reuse.steps` on; undefined: there are none */
export function joinSteps(reuse: Reuse, later: Block | undefined, steps: number): Block {
  const kept = reuse.block!
  const rows = new Map<string, number>()
  const labels: Labels[] = []
  const rowOf = (own: Labels): number => {
    const key = labelsKey(own)
    let row = rows.get(key)
    if (row === undefined) {
      rows.set(key, (row = labels.length))
      labels.push(own)
    }
    return row
  }
  const keptRows = kept.labels.map((own, i) => {
    const at = i * kept.steps + reuse.from
    const first = kept.present.indexOf(1, at)
    // A series that ended before the range begins is not in the answer.
    return first >= 0 && first < at + reuse.steps ? rowOf(own) : -1
  })
  const laterRows = later?.labels.map(rowOf) ?? []
  const values = new Float64Array(labels.length * steps)
  const present = new Uint8Array(labels.length * steps)
  keptRows.forEach((row, i) => {
    if (row < 0) return
    const at = i * kept.steps + reuse.from
    values.set(kept.values.subarray(at, at + reuse.steps), row * steps)
    present.set(kept.present.subarray(at, at + reuse.steps), row * steps)
  })
  laterRows.forEach((row, i) => {
    values.set(later!.values.subarray(i * later!.steps, (i + 1) * later!.steps), row * steps + reuse.steps)
    present.set(later!.present.subarray(i * later!.steps, (i + 1) * later!.steps), row * steps + reuse.steps)
  })
  return new Block(labels, steps, values, present)
}

/** Nodes whose value at a step comes from the samples up to that step alone, whatever the other steps are. */
const LOCAL: ReadonlySet<string> = new Set([
  'const', 'time', 'scalar-binary', 'scalar-negate', 'scalar-pick', 'scalar-of', 'selector', 'matrix-selector', 'subquery', 'range-call', 'absent-over-time', 'absent', 'map', 'date', 'timestamp',
  'vector-of', 'negate', 'plus', 'vector-scalar', 'vector-vector', 'aggregate', 'histogram-quantile', 'histogram-fraction',
])

/** Functions whose value comes from the range as a whole; they are constants in the plan. */
const OF_THE_RANGE = /\b(?:start|end|range|step)\s*\(/

/**
 * Whether each step of a query can be computed without the others, from samples that are not later than it. Selectors of several names are left
 * out: functions refuse series that differ in the name alone, and see that only with the whole range.
 */
export function stepsStandAlone(plan: Plan, expr: string): boolean {
  if (OF_THE_RANGE.test(expr) || plan.root.type !== 'vector') return false
  if (!plan.selectors.every(s => s.matchers.some(m => m.name === METRIC_NAME && m.type === '=' && m.value !== ''))) return false
  return isLocal(plan.root)
}

function isLocal(node: PlanNode): boolean {
  if (!LOCAL.has(node.kind)) return false
  if (node.kind === 'aggregate' && (node.op === 'limitk' || node.op === 'limit_ratio')) return false
  if ((node.kind === 'matrix-selector' && node.extension !== undefined) || (node.type === 'matrix' && !looksBack(node)) || (node.kind === 'selector' && !looksBack(node.place))) return false
  for (const part of Object.values(node)) {
    for (const child of Array.isArray(part) ? part as unknown[] : [part]) if (isNode(child) && !isLocal(child)) return false
  }
  return true
}

function looksBack(place: { readonly atMs: number | undefined; readonly offsetMs: number }): boolean {
  return place.atMs === undefined && place.offsetMs >= 0
}

function isNode(value: unknown): value is PlanNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'invariant' in value
}
