import { labelsFromObject, labelsToObject } from '@haechi/model'
import type { Appender, SeriesMetadata } from '@haechi/storage'
import { expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { SILENT_LOG } from './surroundings.ts'
import { TargetWriter } from './target-writer.ts'

const T = 1_790_000_000_000

test('[L11] metadata reaches the storage with each new series and to all of a family when it changes, where that is asked for', () => {
  for (const asked of [true, false]) {
    const storage = new MemoryStorage()
    const said: [string, SeriesMetadata][] = []
    const appender: Appender = Object.assign(storage.appender(), { appendMetadata: (ref: number, m: SeriesMetadata) => void said.push([labelsToObject(storage.labels[ref]!)['__name__']!, m]) })
    const writer = new TargetWriter(labelsFromObject({ job: 'j' }), ownScrapeConfig({ jobName: 'j', targets: [] }), appender, SILENT_LOG, new BufferPool(), asked)
    const scrape = (tMs: number, body: string): void => {
      const bytes = Buffer.from(body)
      expect(writer.store(tMs, { bytes, length: bytes.length, contentType: 'application/openmetrics-text; version=1.0.0' }, () => 1, 1000).error).toBe('')
    }
    const body = (help: string, more = ''): string => `# TYPE r counter\n# HELP r ${help}\nr_total 1\n${more}# TYPE h histogram\n# UNIT h_seconds seconds\n# TYPE h_seconds histogram\nh_seconds_count 1\nother 3\n# EOF\n`
    scrape(T, body('all'))
    scrape(T + 1000, body('all'))
    const h: SeriesMetadata = { type: 'histogram', help: '', unit: 'seconds' }
    // `other` stands behind lines about something else.
    expect(said).toEqual(asked ? [['r_total', { type: 'counter', help: 'all', unit: '' }], ['h_seconds_count', h]] : [])
    said.length = 0
    scrape(T + 2000, body('all', 'r_total{x="1"} 2\n'))
    expect(said.splice(0)).toEqual(asked ? [['r_total', { type: 'counter', help: 'all', unit: '' }]] : [])
    scrape(T + 3000, body('some', 'r_total{x="1"} 2\n'))
    expect(said.splice(0)).toEqual(asked ? [['r_total', { type: 'counter', help: 'some', unit: '' }], ['r_total', { type: 'counter', help: 'some', unit: '' }]] : [])
  }
})
