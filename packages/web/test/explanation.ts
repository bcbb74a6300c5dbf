import type { ExplainNode, QueryExplanation } from '@haechi/server'

const EXPR = 'sum by (job) (rate(nothing_here{job="orders"}[5m])) > 10'

function node(id: number, kind: ExplainNode['kind'], name: string, text: string, counts: { readonly ms: number; readonly series?: number; readonly samples?: number; readonly matched?: number }, parts: readonly ExplainNode[] = []): ExplainNode {
  const start = EXPR.indexOf(text)
  return {
    id, kind, name, text, start, end: start + text.length, ms: counts.ms, selfMs: counts.ms - parts.reduce((sum, p) => sum + p.ms, 0), series: counts.series ?? 0, samples: counts.samples ?? 0,
    once: kind === 'literal', parts, ...(counts.matched !== undefined && { matched: counts.matched }),
  }
}

/** A query that turned empty at its selector. */
export const EXPLANATION: QueryExplanation = {
  expr: EXPR, type: 'vector', steps: 241, warnings: [], infos: [], emptyAt: { id: 3, reason: 'no-series' },
  root: node(0, 'operator', '>', EXPR, { ms: 12.3 }, [
    node(1, 'aggregation', 'sum', 'sum by (job) (rate(nothing_here{job="orders"}[5m]))', { ms: 11 }, [
      node(2, 'call', 'rate', 'rate(nothing_here{job="orders"}[5m])', { ms: 9.5 }, [node(3, 'range', 'nothing_here', 'nothing_here{job="orders"}[5m]', { ms: 4, matched: 0 })]),
    ]),
    node(4, 'literal', '10', '10', { ms: 0.02, series: 1, samples: 241 }),
  ]),
  stats: {
    timings: { evalTotalTime: 0.0123, resultSortTime: 0, queryPreparationTime: 0.001, innerEvalTime: 0.011, execQueueTime: 0, execTotalTime: 0.0123 },
    samples: { totalQueryableSamples: 0, samplesRead: 0, peakSamples: 0 },
  },
}
