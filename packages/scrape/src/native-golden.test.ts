import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { histogramJson, labelsFromObject, labelsToObject } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { referencePath } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import type { NativeHistogramConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { SILENT_LOG } from './surroundings.ts'
import { TargetWriter } from './target-writer.ts'

type Setting = 'native' | 'both' | 'nhcb' | 'nhcbBoth'
interface Stored { readonly error: string; readonly scraped: number; readonly floats: readonly string[] | number; readonly digest?: string; readonly histograms: readonly string[] }
interface Golden { readonly name: string; readonly format: 'text' | 'om' | 'pb'; readonly body?: string; readonly of: { readonly native: Stored } & Partial<Record<Setting, Stored>> }

const goldens = JSON.parse(readFileSync(new URL('../test/golden/native.json', import.meta.url), 'utf8')) as Golden[]
const TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8', om: 'application/openmetrics-text; version=1.0.0; charset=utf-8', pb: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
}
const SETTINGS: Readonly<Record<Setting, NativeHistogramConfig>> = {
  native: { scrape: true, alwaysClassic: false, convertClassic: false }, both: { scrape: true, alwaysClassic: true, convertClassic: false },
  nhcb: { scrape: true, alwaysClassic: false, convertClassic: true }, nhcbBoth: { scrape: true, alwaysClassic: true, convertClassic: true },
}
const T = 1_700_000_000_000
/** Real bodies stand in the reference material; in a clone that has none their cases are left out. */
const fixtures = referencePath('fixtures/exposition')

/** What the storage holds after the body was scraped twice, the second time by comparison with the first. */
function scraped(body: Uint8Array, contentType: string, nativeHistograms: NativeHistogramConfig): { readonly error: string; readonly scraped: number; readonly floats: string[]; readonly histograms: string[] } {
  const storage = new MemoryStorage()
  const histograms = new Map<number, Histogram>()
  const appender = Object.assign(storage.appender(), {
    appendHistogram: (ref: number, tMs: number, h: Histogram): void => {
      if (tMs === T + 1000) histograms.set(ref, h)
    },
  })
  const writer = new TargetWriter(labelsFromObject({ job: 'j' }), { ...ownScrapeConfig({ jobName: 'j', targets: [] }), nativeHistograms }, appender, SILENT_LOG, new BufferPool())
  let outcome
  for (const at of [T, T + 1000]) outcome = writer.store(at, { bytes: Buffer.from(body), length: body.length, contentType }, () => 1, 1000)
  const labels = (ref: number): string => {
    const { job: _job, ...rest } = labelsToObject(storage.labels[ref]!)
    return JSON.stringify(Object.entries(rest).sort())
  }
  const floats = storage.find({ job: 'j' }).flatMap(ref => {
    const [tMs, value] = storage.samples[ref]!.at(-1)!
    const name = labelsToObject(storage.labels[ref]!)['__name__']!
    return value === 'stale' || tMs !== T + 1000 || /^(?:up|scrape_.*)$/.test(name) ? [] : [`${labels(ref)} ${String(value)}`]
  })
  return { error: outcome!.error, scraped: outcome!.samples, floats: floats.sort(), histograms: [...histograms].map(([ref, h]) => `${labels(ref)} ${histogramJson(h)}`).sort() }
}

describe('NH5 native histograms are stored as Prometheus stores them, under each setting', () => {
  for (const g of goldens) {
    const file = g.body === undefined ? `${fixtures}/${g.name}` : undefined
    const absent = file !== undefined && (fixtures === undefined || !existsSync(file))
    test.skipIf(absent)(`[NH5] ${g.name}${absent ? ' (skipped: no reference material)' : ''}`, () => {
      const body = file === undefined ? Buffer.from(g.body!) : readFileSync(file)
      for (const setting of Object.keys(SETTINGS) as Setting[]) {
        // A setting that stores nothing else than `native` is not recorded again.
        const golden = g.of[setting] ?? g.of.native
        const ours = scraped(body, TYPES[g.format], SETTINGS[setting])
        expect({ setting, error: ours.error, scraped: ours.scraped, histograms: ours.histograms }).toEqual({ setting, error: golden.error, scraped: golden.scraped, histograms: golden.histograms })
        if (typeof golden.floats !== 'number') expect(ours.floats).toEqual(golden.floats)
        else expect([ours.floats.length, createHash('sha256').update(ours.floats.join('\n')).digest('hex').slice(0, 16)]).toEqual([golden.floats, golden.digest])
      }
    })
  }
})
