import { MemoryStorage } from '@haechi/storage'
import { LocalQueryEngine } from '../engine/local-engine.ts'
import type { TestEngine, TestSeries } from './engine.ts'

/** The package's own engine over a storage in memory, with the settings of Prometheus' own script runner. */
export function memoryTestEngine(): TestEngine {
  const language = { extendedRangeSelectors: true, fillModifiers: true }
  const storage = new MemoryStorage()
  const engine = new LocalQueryEngine(storage, { experimentalFunctions: true, delayedNameRemoval: true, startTimestamps: true, ...language })
  return {
    experimentalFunctions: true,
    nativeHistograms: true,
    startTimestamps: true,
    language,
    load(series: readonly TestSeries[]) {
      for (const { labels, samples } of series) {
        for (let i = 0; i < samples.length; i++) {
          const histogram = samples.histograms?.[i] ?? null
          const startMs = samples.startsMs?.[i] ?? 0
          if (histogram !== null) storage.addHistogram(labels, samples.ts[i]!, histogram, startMs)
          else if (samples.isStale(i)) storage.addStale(labels, samples.ts[i]!)
          else storage.add(labels, samples.ts[i]!, samples.vs[i]!, startMs)
        }
      }
    },
    instant: (expr, tMs) => engine.instant({ expr, tMs }),
    range: (expr, startMs, endMs, stepMs) => engine.range({ expr, startMs, endMs, stepMs }),
    clear: () => storage.clear(),
  }
}
