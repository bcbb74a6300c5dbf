import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { labelsFromObject, labelsToObject } from '@haechi/model'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { SILENT_LOG } from './surroundings.ts'
import { TargetWriter } from './target-writer.ts'

interface Golden {
  readonly name: string
  readonly contentType: string
  readonly body?: string
  readonly base64?: string
  readonly error: string
  readonly scraped: number
  readonly series: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[]
  readonly metadata: readonly { readonly metric: string; readonly type: string; readonly help: string; readonly unit: string }[]
}

const goldens = JSON.parse(readFileSync(process.env['GOLDEN'] ?? new URL('../../exposition/test/golden/prometheus.json', import.meta.url), 'utf8')) as Golden[]
/** Bodies that stand beside the golden file instead of in it. */
const bodies = process.env['BODIES']

/** Where we follow later versions of Prometheus than the recorded one. */
const LATER: Readonly<Record<string, string>> = {
  // 3.5 takes an unquoted word for a metric name here.
  'label without value': 'expected equal, got "} " ("BCLOSE") while parsing: "a{x} "',
}

const number = (v: number): string => (v !== v ? 'NaN' : v === Infinity ? '+Inf' : v === -Infinity ? '-Inf' : String(v))

describe('G1 a body gives what it gives in Prometheus', () => {
  test.each(goldens.map((g, i) => ({ g, i, name: g.name })))('[G1] $name', ({ g, i }) => {
    const body = bodies !== undefined ? readFileSync(`${bodies}/${g.name}`) : Buffer.from(g.base64 ?? g.body ?? '', g.base64 === undefined ? 'utf8' : 'base64')
    const storage = new MemoryStorage()
    const target = { case: String(i), instance: '127.0.0.1:21391', job: 'j' }
    const { fallbackProtocol: _, ...config } = ownScrapeConfig({ jobName: 'j', targets: [] })
    const writer = new TargetWriter(labelsFromObject(target), config, storage.appender(), SILENT_LOG, new BufferPool())
    const tMs = 1_700_000_000_000
    // Read twice: the second time by comparison with the first.
    for (const at of [tMs, tMs + 1000]) {
      const outcome = writer.store(at, { bytes: Buffer.from(body), length: body.length, contentType: g.contentType }, () => 1, 1000)
      expect(outcome.error).toBe(LATER[g.name] ?? g.error)
      expect(outcome.samples).toBe(g.scraped)
    }
    const series = storage.find(target).flatMap(ref => {
      const { case: _case, instance: _instance, job: _job, ...labels } = labelsToObject(storage.labels[ref]!)
      const last = storage.samples[ref]!.at(-1)!
      if (/^(?:up|scrape_.*)$/.test(labels['__name__']!) || last[1] === 'stale' || last[0] !== tMs + 1000) return []
      return [{ labels, value: Number(number(last[1]).replace('Inf', 'Infinity')) }]
    })
    const sorted = (list: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]): string[] => list.map(s => `${JSON.stringify(Object.entries(s.labels).sort())} ${s.value}`).sort()
    expect(sorted(series)).toEqual(sorted(g.series.map(s => ({ labels: s.labels, value: Number(s.value.replace('Inf', 'Infinity')) }))))
    if (g.error === '') {
      expect(writer.families().map(f => ({ metric: f.name, type: f.type, help: f.help, unit: f.unit })).sort((a, b) => (a.metric < b.metric ? -1 : 1))).toEqual(g.metadata)
    }
  })
})
