import { countHistograms } from './histogram-column.ts'
import type { MatrixNode, PlanNode } from './plan.ts'
import type { RangeSource } from './range-rows.ts'
import { Block, countPresent } from './rows.ts'
import type { Rows } from './rows.ts'

/** What one node of a plan did. */
export interface NodeTrace {
  /** Time in the node and the nodes below it. */
  ms: number
  /** Series with a value, and values. */
  series: number
  samples: number
  /** Series that the storage found. */
  matched: number | undefined
}

/** Watches the nodes of a plan at work; only for queries that are to be explained, because it looks at the clock for each series. */
export class Tracer {
  readonly #byNode = new Map<PlanNode, NodeTrace>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Zeros for a node that was never reached. */
  of(node: PlanNode): NodeTrace {
    let trace = this.#byNode.get(node)
    if (trace === undefined) {
      trace = { ms: 0, series: 0, samples: 0, matched: undefined }
      this.#byNode.set(node, trace)
    }
    return trace
  }

  /** Runs `make` for a node whose rows are computed now or later. */
  rows(node: PlanNode, steps: number, make: () => Rows): Rows {
    const trace = this.of(node)
    const rows = this.timed(node, make)
    if (rows instanceof Block) {
      for (let i = 0; i < rows.labels.length; i++) {
        const count = countPresent(rows.present.subarray(i * steps, (i + 1) * steps), steps) + countHistograms(rows.histograms?.[i] ?? [])
        if (count > 0) trace.series++
        trace.samples += count
      }
      return rows
    }
    return {
      labels: rows.labels,
      dropName: rows.dropName,
      read: (i, values, present, histograms) => {
        const from = this.#nowMs()
        const count = rows.read(i, values, present, histograms)
        trace.ms += this.#nowMs() - from
        if (count > 0) trace.series++
        trace.samples += count
        return count
      },
    }
  }

  /** Runs a part of a node's work. */
  timed<T>(node: PlanNode, work: () => T): T {
    const trace = this.of(node)
    const from = this.#nowMs()
    const out = work()
    trace.ms += this.#nowMs() - from
    return out
  }

  /** Counts the samples of a range as they are loaded. */
  source(node: MatrixNode, source: RangeSource): RangeSource {
    const trace = this.of(node)
    if (node.kind === 'matrix-selector') trace.matched = source.labels.length
    return {
      labels: source.labels,
      dropName: source.dropName,
      load: (i, window) => {
        const from = this.#nowMs()
        source.load(i, window)
        trace.ms += this.#nowMs() - from
        const samples = window.n + (window.histograms?.n ?? 0)
        if (samples > 0) trace.series++
        trace.samples += samples
      },
    }
  }
}
