import { METRIC_NAME, labelValue, labelsKeep, labelsKey, labelsWith, matchesValue, newMatcher } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { EvalContext } from './context.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import type { Sample } from './histogram-operators.ts'
import { hasDuplicateLabels, printLabels } from './metadata-labels.ts'
import { Block, mergeDuplicates } from './rows.ts'

/** Labels by which a series finds its info series. @see Prometheus promql/info.go */
const IDENTIFYING: ReadonlySet<string> = new Set(['instance', 'job'])

/** What the second argument of `info` says. */
export interface InfoMatchers {
  /** Conditions on the name of info metrics. */
  readonly name: readonly Matcher[]
  /** Conditions on the labels that are to be joined; without one all are. */
  readonly data: readonly Matcher[]
}

/** Reads the matchers of the second argument; absent: labels of `target_info`. */
export function infoMatchers(matchers: readonly Matcher[] | undefined): InfoMatchers {
  const name = (matchers ?? []).filter(m => m.name === METRIC_NAME)
  const data = (matchers ?? []).filter(m => m.name !== METRIC_NAME)
  if (name.some(m => m.type === '=' || m.type === '=~')) return { name, data }
  if (name.length > 0) return { name: [newMatcher('=~', METRIC_NAME, '.+_info'), ...name], data }
  return { name: [newMatcher('=', METRIC_NAME, 'target_info')], data }
}

/** Info series of one metric and one identity; at a step the one with the newest sample counts. */
type Candidates = readonly number[]

/**
 * `info`: each series of `base` with the labels of its info series at that step.
 *
 * @param info       the info series; values are the times of their samples in seconds
 * @throws QueryError `execution` where info series contradict each other
 */
export function joinInfo(ctx: EvalContext, base: Block, info: Block, matchers: InfoMatchers): Block {
  const { steps } = base
  const joined = base.labels.map(own => !matchers.name.every(m => matchesValue(m, labelValue(own, METRIC_NAME))))
  const candidates = infoByIdentity(base, info, joined)
  for (const metric of candidates.values()) for (const group of metric.values()) if (group.length > 1) refuseTies(base, info, group)
  const mayMiss = matchers.data.every(m => matchesValue(m, ''))
  const wanted = new Set(matchers.data.map(m => m.name))
  const out = new OutputRows(ctx, steps)
  for (let i = 0; i < base.labels.length; i++) {
    ctx.budget.tick()
    const own = base.labels[i]!
    const drop = base.dropName?.[i] === 1
    if (!joined[i]) {
      out.copy(base, i, out.row(own, drop))
      continue
    }
    const identity = identityKey(own)
    const groups = [...candidates.values()].map(metric => metric.get(identity)).filter(group => group !== undefined)
    const chosen = new Int32Array(groups.length)
    const rowOf = new Map<string, number>()
    for (let k = 0; k < steps; k++) {
      if (!base.has(i, k)) continue
      let any = false
      for (let g = 0; g < groups.length; g++) {
        chosen[g] = newest(info, groups[g]!, k)
        if (chosen[g]! >= 0) any = true
      }
      if (!any && !mayMiss) continue
      const key = chosen.join()
      let row = rowOf.get(key)
      if (row === undefined) {
        row = out.row(enriched(own, chosen, info, wanted), drop)
        rowOf.set(key, row)
      }
      out.set(row, k, base.at(i, k))
    }
  }
  return out.build()
}

function identityKey(labels: Labels): string {
  return labelsKey(labelsKeep(labels, IDENTIFYING))
}

/** Info series by metric name and identity: those that share a value of each identifying label that any joined series has. */
function infoByIdentity(base: Block, info: Block, joined: readonly boolean[]): Map<string, Map<string, Candidates>> {
  const seen = new Map<string, Set<string>>()
  base.labels.forEach((own, i) => {
    if (!joined[i]) return
    for (const name of IDENTIFYING) {
      const value = labelValue(own, name)
      if (value === '') continue
      const values = seen.get(name)
      if (values === undefined) seen.set(name, new Set([value]))
      else values.add(value)
    }
  })
  const out = new Map<string, Map<string, number[]>>()
  if (seen.size === 0) return out
  info.labels.forEach((labels, i) => {
    for (const [name, values] of seen) if (!values.has(labelValue(labels, name))) return
    const metric = labelValue(labels, METRIC_NAME)
    let groups = out.get(metric)
    if (groups === undefined) out.set(metric, groups = new Map())
    const identity = identityKey(labels)
    const group = groups.get(identity)
    if (group === undefined) groups.set(identity, [i])
    else group.push(i)
  })
  return out
}

/** The candidate with the newest sample at a step, -1 if none has one. */
function newest(info: Block, group: Candidates, k: number): number {
  let best = -1
  for (const s of group) {
    const at = s * info.steps + k
    if (info.present[at] === 1 && (best < 0 || info.values[at]! > info.values[best * info.steps + k]!)) best = s
  }
  return best
}

/** Two info series of one identity whose samples are equally new contradict each other, wherever there is anything to join. */
function refuseTies(base: Block, info: Block, group: Candidates): void {
  const { steps } = base
  for (let k = 0; k < steps; k++) {
    let best = -1
    for (const s of group) {
      const at = s * steps + k
      if (info.present[at] === 0) continue
      const bestValue = best < 0 ? -Infinity : info.values[best * steps + k]!
      if (info.values[at] === bestValue && anyPresent(base, k)) {
        const tMs = Math.round(bestValue * 1000)
        throw new QueryError('execution', `found duplicate series for info metric: existing ${printLabels(info.labels[best]!)} @ ${tMs}, new ${printLabels(info.labels[s]!)} @ ${tMs}`)
      }
      if (info.values[at]! > bestValue) best = s
    }
  }
}

function anyPresent(block: Block, k: number): boolean {
  for (let i = 0; i < block.labels.length; i++) if (block.has(i, k)) return true
  return false
}

function enriched(own: Labels, chosen: Int32Array, info: Block, wanted: ReadonlySet<string>): Labels {
  const added = new Map<string, string>()
  for (const s of chosen) {
    if (s < 0) continue
    const labels = info.labels[s]!
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!
      const value = labels[i + 1]!
      if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name))) continue
      const known = added.get(name)
      if (known !== undefined && known !== value) throw new QueryError('execution', `conflicting label: ${name}`)
      if (labelValue(own, name) === '') added.set(name, value)
    }
  }
  let out = own
  for (const [name, value] of added) out = labelsWith(out, name, value)
  return out
}

/** Rows that grow as new label sets turn up. */
class OutputRows {
  readonly #ctx: EvalContext
  readonly #steps: number
  readonly #labels: Labels[] = []
  readonly #drops: number[] = []
  #histograms: (HistogramColumn | undefined)[] | undefined
  #values = new Float64Array(0)
  #present = new Uint8Array(0)

  constructor(ctx: EvalContext, steps: number) {
    this.#ctx = ctx
    this.#steps = steps
  }

  row(labels: Labels, drop: boolean): number {
    const need = (this.#labels.length + 1) * this.#steps
    if (need > this.#values.length) {
      const cells = Math.max(need, 2 * this.#values.length)
      this.#ctx.budget.reserve(cells, this.#values.length)
      const values = new Float64Array(cells)
      values.set(this.#values)
      const present = new Uint8Array(cells)
      present.set(this.#present)
      this.#values = values
      this.#present = present
    }
    this.#labels.push(labels)
    this.#drops.push(drop ? 1 : 0)
    return this.#labels.length - 1
  }

  set(row: number, k: number, value: Sample): void {
    if (typeof value !== 'number') {
      const column = (this.#histograms ??= [])[row] ??= newHistogramColumn(this.#steps)
      column[k] = value
      return
    }
    this.#values[row * this.#steps + k] = value
    this.#present[row * this.#steps + k] = 1
  }

  copy(from: Block, i: number, row: number): void {
    const steps = this.#steps
    const column = from.histograms?.[i]
    if (column !== undefined) (this.#histograms ??= [])[row] = column
    this.#values.set(from.values.subarray(i * steps, (i + 1) * steps), row * steps)
    this.#present.set(from.present.subarray(i * steps, (i + 1) * steps), row * steps)
  }

  /** @throws QueryError when two rows of the same labels have a value at one step */
  build(): Block {
    const drops = this.#drops.includes(1) ? Uint8Array.from(this.#drops) : undefined
    const block = new Block(this.#labels, this.#steps, this.#values, this.#present, drops, this.#histograms)
    return hasDuplicateLabels(this.#labels) ? mergeDuplicates(block) : block
  }
}
