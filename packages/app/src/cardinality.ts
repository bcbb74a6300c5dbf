import type { CardinalityView } from '@haechi/server'
import type { Database } from '@haechi/tsdb'
import { blockInfos } from '@haechi/tsdb'

/** Answers within this time are given again: counting half a million series costs some hundred ms. */
const KEPT_MS = 5_000

/** What the cardinality page shows, from a database that runs. */
export function cardinalitySource(head: Database, dataDir: string, nowMs: () => number): (limit: number) => Promise<CardinalityView> {
  const kept = new Map<number, { readonly atMs: number; readonly answer: Promise<CardinalityView> }>()
  return limit => {
    const now = nowMs()
    for (const [key, { atMs }] of kept) if (now - atMs >= KEPT_MS || now < atMs) kept.delete(key)
    const known = kept.get(limit)
    if (known !== undefined) return known.answer
    const answer = count(head, dataDir, now, limit)
    kept.set(limit, { atMs: now, answer })
    answer.catch(() => kept.delete(limit))
    return answer
  }
}

async function count(head: Database, dataDir: string, nowMs: number, limit: number): Promise<CardinalityView> {
  const stats = head.stats()
  const labels = await head.cardinality(limit)
  const memory = new Map(labels.memoryInBytesByLabelName.map(c => [c.name, c.value]))
  return {
    countedMs: nowMs,
    series: stats.numSeries, labelPairs: stats.numLabelPairs, chunks: stats.chunkCount,
    limits: {
      series: finite(stats.seriesLimit), memoryBytes: stats.memoryBytes, memoryLimitBytes: finite(stats.memoryLimitBytes), refused: stats.seriesRefused, refusedForMemory: stats.seriesRefusedMemory,
    },
    metrics: labels.seriesCountByMetricName.map(c => ({ name: c.name, series: c.value })),
    labelNames: labels.labelValueCountByLabelName.map(c => ({ name: c.name, values: c.value, ...(memory.has(c.name) ? { bytes: memory.get(c.name)! } : {}) })),
    labelPairsTop: labels.seriesCountByLabelValuePair.map(c => ({ name: c.name.slice(0, c.name.indexOf('=')), value: c.name.slice(c.name.indexOf('=') + 1), series: c.value })),
    churn: head.churn(limit),
    blocks: blockInfos(dataDir, () => {}).map(({ meta, bytes }) => ({
      ulid: meta.ulid, minMs: meta.minTime, maxMs: meta.maxTime, series: meta.stats.numSeries, chunks: meta.stats.numChunks, samples: meta.stats.numSamples, bytes, level: meta.compaction.level,
    })),
  }
}

const finite = (n: number): number | null => (Number.isFinite(n) ? n : null)
