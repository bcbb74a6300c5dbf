import { readFileSync } from 'node:fs'
import { labelsFromObject, labelsToObject } from '@haechi/model'
import { expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { SILENT_LOG } from './surroundings.ts'
import { TargetWriter } from './target-writer.ts'
import type { ScrapeConfig } from './config.ts'

const T = 1_790_000_000_000
const GOLDEN = JSON.parse(readFileSync(new URL('../test/golden/typed.json', import.meta.url), 'utf8')) as readonly { readonly format: 'text' | 'om'; readonly body: string; readonly series: readonly string[] }[]
const CONTENT = { text: 'text/plain; version=0.0.4', om: 'application/openmetrics-text; version=1.0.0', pb: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited' }

/** The series of a body without those about the scrape. */
function stored(body: Uint8Array, contentType: string, typeLabels: boolean, config: Partial<ScrapeConfig> = {}): string[] {
  const storage = new MemoryStorage()
  const writer = new TargetWriter(labelsFromObject({ job: 'j' }), { ...ownScrapeConfig({ jobName: 'j', targets: [] }), ...config }, Object.assign(storage.appender(), { appendHistogram: () => undefined }), SILENT_LOG, new BufferPool(), false, typeLabels)
  // The second time by comparison with the first.
  for (const at of [T, T + 1000]) expect(writer.store(at, { bytes: Buffer.from(body), length: body.length, contentType }, () => 1, 1000).error).toBe('')
  return storage.labels.filter(own => own.length > 0).map(own => {
    const { job: _job, ...labels } = labelsToObject(own)
    return JSON.stringify(Object.entries(labels).sort())
  }).filter(text => !/"(?:up|scrape_\w+)"/.test(text)).sort()
}

test('[L12] type and unit become labels as in Prometheus; only the unit of an earlier family stays there', () => {
  for (const { format, body, series } of GOLDEN) {
    // Prometheus 3.5 to 3.14 give families without a unit that of the last one that had one.
    const wanted = series.map(s => (s.includes('"plain"') ? s.replace(',["__unit__","bytes"]', '') : s))
    expect(stored(Buffer.from(body), CONTENT[format], true), body).toEqual(wanted)
    if (!body.includes('__type__')) expect(stored(Buffer.from(body), CONTENT[format], false).join(), body).not.toContain('__type__')
  }
})

const field = (n: number, ...bytes: number[]): number[] => [n * 8 + 2, bytes.length, ...bytes]
const text = (n: number, s: string): number[] => field(n, ...Buffer.from(s))
const family = (...parts: number[][]): number[] => {
  const bytes = parts.flat()
  return [bytes.length, ...bytes]
}

test('[L12] protobuf says type and unit too; native histograms have them, and a gauge histogram is called one', () => {
  const zero = [0x09, 0, 0, 0, 0, 0, 0, 0, 0]
  // schema 0, zero_threshold 0, a positive span of one bucket
  const native = field(4, ...field(7, 0x08, 1, 5 * 8, 0, 12 * 8 + 2, 4, 0x08, 0, 0x10, 1, 13 * 8 + 2, 1, 2))
  const body = Uint8Array.from([
    ...family(text(1, 'r_seconds_total'), [0x18, 0], field(4, ...field(3, ...zero)), text(5, 'seconds')),
    ...family(text(1, 'n_bytes'), [0x18, 4], native, text(5, 'bytes')),
    ...family(text(1, 'gh'), [0x18, 5], field(4, ...field(7, 0x08, 0))),
  ])
  const config: Partial<ScrapeConfig> = { nativeHistograms: { scrape: true, alwaysClassic: false, convertClassic: false } }
  expect(stored(body, CONTENT.pb, true, config)).toEqual([
    '[["__name__","gh_bucket"],["__type__","gaugehistogram"],["le","+Inf"]]', '[["__name__","gh_count"],["__type__","gaugehistogram"]]', '[["__name__","gh_sum"],["__type__","gaugehistogram"]]',
    '[["__name__","n_bytes"],["__type__","histogram"],["__unit__","bytes"]]', '[["__name__","r_seconds_total"],["__type__","counter"],["__unit__","seconds"]]',
  ])
})
