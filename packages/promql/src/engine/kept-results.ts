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
    const key = keyOf(expr, grid, lookbackMs)
    const version = changes.version()
    const mark = changes.mark()
    const nothing: Reuse = { key, version, mark, block: undefined, from: 0, steps: 0, keep: this.#askedBefore(key) }
    const found = this.#results.get(key)
    if (found === undefined) return nothing
    if (found.version !== version) this.#drop(key)
    const steps = found.version === version ? this.#reusable(found, grid, changes) : 0
    if (steps === 0) return nothing
    this.#results.delete(key)
    this.#results.set(key, found)
    return { ...nothing, block: found.block, from: (grid.startMs - found.grid.startMs) / grid.stepMs, steps, keep: true }
  }

  /** How many of the first steps of a question a kept answer has that nothing has changed since. */
  #reusable(found: KeptResult, grid: Grid, changes: ChangeLog): number {
    const from = (grid.startMs - found.grid.startMs) / grid.stepMs
    if (from < 0 || from >= found.grid.steps) return 0
    const oldest = changes.oldestSince(found.mark)
    const last = Math.min(found.grid.startMs + (found.grid.steps - 1) * grid.stepMs, grid.startMs + (grid.steps - 1) * grid.stepMs)
    // A step looks at samples up to its own time.
    const holds = oldest > last ? last : grid.startMs + (Math.ceil((oldest - grid.startMs) / grid.stepMs) - 1) * grid.stepMs
    return holds >= grid.startMs ? (holds - grid.startMs) / grid.stepMs + 1 : 0
  }

  /** Whether a look-up now would find any step. */
  has(expr: string, grid: Grid, lookbackMs: number, changes: ChangeLog): boolean {
    const found = this.#results.get(keyOf(expr, grid, lookbackMs))
    return found !== undefined && found.version === changes.version() && this.#reusable(found, grid, changes) > 0
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

/** Equal for questions whose steps can coincide. */
function keyOf(expr: string, grid: Grid, lookbackMs: number): string {
  return `${grid.stepMs} ${((grid.startMs % grid.stepMs) + grid.stepMs) % grid.stepMs} ${lookbackMs} ${expr}`
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
  return namesGiven(plan) && isLocal(plan, expr)
}

/** Whether each selector names its metric. */
export function namesGiven(plan: Plan): boolean {
  return plan.selectors.every(s => s.matchers.some(m => m.name === METRIC_NAME && m.type === '=' && m.value !== ''))
}

/** Whether the value at each step comes from samples alone that are not later than it, as far as nodes can tell. */
export function isLocal(plan: Plan, expr: string): boolean {
  return !OF_THE_RANGE.test(expr) && plan.root.type === 'vector' && isLocalNode(plan.root)
}

function isLocalNode(node: PlanNode): boolean {
  if (!LOCAL.has(node.kind)) return false
  if (node.kind === 'aggregate' && (node.op === 'limitk' || node.op === 'limit_ratio')) return false
  if ((node.kind === 'matrix-selector' && node.extension !== undefined) || (node.type === 'matrix' && !looksBack(node)) || (node.kind === 'selector' && !looksBack(node.place))) return false
  for (const part of Object.values(node)) {
    for (const child of Array.isArray(part) ? part as unknown[] : [part]) if (isNode(child) && !isLocalNode(child)) return false
  }
  return true
}

function looksBack(place: { readonly atMs: number | undefined; readonly offsetMs: number }): boolean {
  return place.atMs === undefined && place.offsetMs >= 0
}

/** Whether a member of a node is a node. */
export function isNode(value: unknown): value is PlanNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'invariant' in value
}
