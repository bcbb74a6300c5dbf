import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../test/fake-clock.ts'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import type { ScrapeConfig } from './config.ts'
import { ScrapeManager } from './manager.ts'

/** One in-process target whose body the test sets. */
class World {
  readonly clock = new FakeClock()
  readonly storage = new MemoryStorage()
  body = ''
  readonly manager: ScrapeManager = new ScrapeManager({
    appendable: this.storage, userAgent: 'test', clock: this.clock, inProcess: new Map([['here', () => Buffer.from(this.body)]]),
  })

  config(changes: Partial<ScrapeConfig> = {}, extras: Partial<ScrapeConfig['extras']> = {}): ScrapeConfig {
    const base = ownScrapeConfig({ jobName: 'j', targets: [{ address: 'here' }], scrapeIntervalMs: 10_000 })
    return { ...base, ...changes, extras: { ...base.extras, ...extras } }
  }

  /** One scrape of this body. */
  async scrape(body: string): Promise<void> {
    this.body = body
    await this.clock.advance(10_000)
  }

  target(): ReturnType<ScrapeManager['activeTargets']>[number] {
    return this.manager.activeTargets()[0]!
  }
}

let world: World
const begin = (changes?: Partial<ScrapeConfig>, extras?: Partial<ScrapeConfig['extras']>): World => {
  world = new World()
  world.manager.apply([world.config(changes, extras)])
  return world
}
afterEach(() => world.manager.stop())
const values = (labels: Record<string, string>): (number | 'stale')[] => world.storage.of(labels).map(s => s[1])

describe('L1 a scrape is stored with the series about it', () => {
  test('[L1] samples, up and the four others', async () => {
    const w = begin()
    expect(w.target().health).toBe('unknown')
    await w.scrape('# TYPE a counter\na{x="1"} 5\nb 2\n')
    expect(w.target()).toMatchObject({ health: 'up', lastError: '', samples: 2, history: [1], inProcess: true })
    expect(w.storage.last({ __name__: 'a', x: '1', job: 'j', instance: 'here' })).toBe(5)
    expect(w.storage.last({ __name__: 'up', job: 'j', instance: 'here' })).toBe(1)
    expect(w.storage.last({ __name__: 'scrape_samples_scraped' })).toBe(2)
    expect(w.storage.last({ __name__: 'scrape_samples_post_metric_relabeling' })).toBe(2)
    expect(w.storage.last({ __name__: 'scrape_series_added' })).toBe(2)
    expect(w.storage.find({ __name__: 'scrape_duration_seconds' })).toHaveLength(1)
    expect(w.storage.find({ __name__: 'scrape_timeout_seconds' })).toHaveLength(0)
    expect(w.storage.commits).toBe(1)
  })

  test('[L1] times are one interval apart', async () => {
    const w = begin()
    for (let i = 0; i < 4; i++) await w.scrape('a 1\n')
    const times = w.storage.of({ __name__: 'a' }).map(s => s[0])
    expect(times.slice(1).map((t, i) => t - times[i]!)).toEqual([10_000, 10_000, 10_000])
  })

  test.each([-1, 1])('[L1] the clock is set by %i day: scrapes go on every interval, with times of the new clock', async days => {
    const w = begin()
    for (let i = 0; i < 3; i++) await w.scrape('a 1\n')
    const day = days * 86_400_000
    w.clock.set(w.clock.now() + day)
    await w.scrape('a 1\n')
    for (let i = 0; i < 3; i++) {
      await w.scrape('a 1\n')
      expect(w.clock.now() - w.target().lastScrapeMs).toBeGreaterThanOrEqual(0)
      expect(w.clock.now() - w.target().lastScrapeMs).toBeLessThan(10_000)
    }
  })
})

describe('L2 series end', () => {
  test('[L2] a series that is gone from the body', async () => {
    const w = begin()
    await w.scrape('a 1\nb 1\n')
    await w.scrape('a 1\n')
    await w.scrape('a 1\n')
    expect(values({ __name__: 'b' })).toEqual([1, 'stale'])
  })

  test('[L2] all series of a target that sends rubbish, and they come back', async () => {
    const w = begin()
    await w.scrape('a 1\n')
    await w.scrape('a{ 1\n')
    expect(w.target()).toMatchObject({ health: 'down', lastError: 'expected label name, got "1" ("INVALID") while parsing: "a{ 1"' })
    await w.scrape('a 2\n')
    expect(values({ __name__: 'a' })).toEqual([1, 'stale', 2])
    expect(values({ __name__: 'up' })).toEqual([1, 0, 1])
  })

  test('[L2] all series of a target that is no more, once two intervals have passed', async () => {
    const w = begin()
    await w.scrape('a 1\n')
    w.manager.apply([])
    expect(w.manager.activeTargets()).toEqual([])
    await w.clock.advance(10_000)
    expect(values({ __name__: 'a' })).toEqual([1])
    await w.clock.advance(12_000)
    expect(values({ __name__: 'a' })).toEqual([1, 'stale'])
    expect(values({ __name__: 'up' })).toEqual([1, 'stale'])
  })

  test('[L2] nothing ends when the program stops', async () => {
    const w = begin()
    await w.scrape('a 1\n')
    w.manager.stop()
    await w.clock.advance(60_000)
    expect(values({ __name__: 'a' })).toEqual([1])
  })
})

describe('L3 reload', () => {
  test('[L3] an unchanged job goes on in its rhythm', async () => {
    const w = begin()
    await w.scrape('a 1\n')
    w.manager.apply([w.config()])
    await w.scrape('a 2\n')
    const times = w.storage.of({ __name__: 'a' }).map(s => s[0])
    expect(times[1]! - times[0]!).toBe(10_000)
  })

  test('[L3] a changed job keeps the rhythm; series that it no longer gives end', async () => {
    const w = begin()
    await w.scrape('a 1\nb 1\n')
    const { compileRelabel } = await import('@haechi/model')
    w.manager.apply([w.config({ metricRelabel: [compileRelabel({ action: 'drop', source_labels: ['__name__'], regex: 'b' })] })])
    await w.scrape('a 2\nb 2\n')
    expect(values({ __name__: 'a' })).toEqual([1, 2])
    expect(values({ __name__: 'b' })).toEqual([1, 'stale'])
    const times = w.storage.of({ __name__: 'a' }).map(s => s[0])
    expect(times[1]! - times[0]!).toBe(10_000)
  })
})

describe('L4 limits', () => {
  test('[L4] more samples than sample_limit: nothing is stored, the count is told', async () => {
    const w = begin({ sampleLimit: 2 })
    await w.scrape('a 1\nb 1\n')
    expect(w.target().health).toBe('up')
    await w.scrape('a 1\nb 1\nc 1\nd 1\n')
    expect(w.target().lastError).toBe('sample limit exceeded')
    expect(values({ __name__: 'a' })).toEqual([1, 'stale'])
    expect(w.storage.find({ __name__: 'c' })).toEqual([])
    expect(w.storage.last({ __name__: 'scrape_samples_scraped' })).toBe(4)
    await w.scrape('a 1\nb 1\nc 1\nd 1\n')
    expect(values({ __name__: 'a' })).toEqual([1, 'stale'])
    await w.scrape('a 3\nc 3\n')
    expect(values({ __name__: 'a' })).toEqual([1, 'stale', 3])
    expect(values({ __name__: 'c' })).toEqual([3])
  })

  test.each([
    [{ labelLimit: 3 }, 'label_limit exceeded (metric: a, number of labels: 4, limit: 3)'],
    [{ labelNameLengthLimit: 8 }, 'label_name_length_limit exceeded (metric: a, label name: long_name, length: 9, limit: 8)'],
    [{ labelValueLengthLimit: 5 }, 'label_value_length_limit exceeded (metric: a, label name: long_name, value: "xxxxxx", length: 6, limit: 5)'],
  ])('[L4] %o', async (limit, message) => {
    const w = begin(limit)
    await w.scrape('a{long_name="xxxxxx"} 1\n')
    expect(w.target().lastError).toBe(message)
  })
})

describe('L5 labels that both sides have', () => {
  test('[L5] the target wins, the exposed one is kept as exported_', async () => {
    const w = begin()
    await w.scrape('a{job="x",exported_job="y"} 1\n')
    expect(w.storage.last({ __name__: 'a', job: 'j', exported_job: 'y', exported_exported_job: 'x' })).toBe(1)
  })

  test('[L5] with honor_labels the exposed one wins', async () => {
    const w = begin({ honorLabels: true })
    await w.scrape('a{job="x"} 1\n')
    expect(w.storage.last({ __name__: 'a', job: 'x', instance: 'here' })).toBe(1)
  })

  test('[L5] a metric called up is stored first, the scrape\'s own is dropped at the same time', async () => {
    const w = begin()
    await w.scrape('up 7\n')
    expect(values({ __name__: 'up' })).toEqual([7])
    expect(w.target().duplicateSamples).toBe(0)
  })
})

describe('L6 duplicates and times', () => {
  test('[L6] a second sample of a series is refused and counted', async () => {
    const w = begin()
    await w.scrape('a 1\na 2\n')
    await w.scrape('a 3\na 4\n')
    expect(values({ __name__: 'a' })).toEqual([1, 3])
    expect(w.target()).toMatchObject({ health: 'up', duplicateSamples: 2 })
  })

  test('[L6] times in the body count, unless honor_timestamps is off', async () => {
    const w = begin()
    await w.scrape('a 1 1600000000000\n')
    expect(w.storage.of({ __name__: 'a' })).toEqual([[1_600_000_000_000, 1]])
    w.manager.stop()
    const v = begin({ honorTimestamps: false })
    await v.scrape('a 1 1600000000000\n')
    expect(v.storage.of({ __name__: 'a' })[0]![0]).toBeGreaterThan(1_690_000_000_000)
  })

  test('[L6] a time too far in the future is refused and counted', async () => {
    const w = begin()
    await w.scrape(`a 1 ${w.clock.now() + 3_600_000}\nb 1\n`)
    expect(w.storage.find({ __name__: 'a' })).toEqual([])
    expect(w.target().outOfBoundsSamples).toBe(1)
  })
})

describe('L7 counter truth', () => {
  test('[L7] a counter that appears later starts from zero at the previous scrape', async () => {
    const w = begin({}, { zeroBirth: true })
    await w.scrape('# TYPE a_total counter\na_total{x="1"} 5\n')
    await w.scrape('# TYPE a_total counter\na_total{x="1"} 5\na_total{x="2"} 300\n# TYPE g gauge\ng 7\n')
    expect(values({ __name__: 'a_total', x: '1' })).toEqual([5, 5])
    const born = w.storage.of({ __name__: 'a_total', x: '2' })
    expect(born.map(s => s[1])).toEqual([0, 300])
    expect(born[0]![0]).toBe(w.storage.of({ __name__: 'a_total', x: '1' })[0]![0])
    expect(values({ __name__: 'g' })).toEqual([7])
    expect(w.target().zeroBirths).toBe(1)
  })

  test('[L7] a counter that comes back is not born', async () => {
    const w = begin({}, { zeroBirth: true })
    await w.scrape('# TYPE a counter\na 5\nb 1\n')
    await w.scrape('b 1\n')
    await w.scrape('# TYPE a counter\na 9\nb 1\n')
    expect(values({ __name__: 'a' })).toEqual([5, 'stale', 9])
  })

  test('[L7] creation times are used and not stored', async () => {
    const w = begin({}, { zeroBirth: true })
    const body = (extra: string): string => `# TYPE a_total counter\na_total{x="1"} 5\n${extra}# TYPE a_created gauge\na_created{x="1"} 1600000000\n`
    await w.scrape(body(''))
    expect(w.storage.find({ __name__: 'a_created' })).toEqual([])
    const created = (w.clock.now() + 4000) / 1000
    await w.scrape(`${body('a_total{x="2"} 300\na_total{x="3"} 8\n')}a_created{x="2"} ${created}\na_created{x="3"} 1600000000\n`)
    expect(w.storage.of({ __name__: 'a_total', x: '2' })[0]).toEqual([created * 1000, 0])
    expect(values({ __name__: 'a_total', x: '3' })).toEqual([8])
  })

  test('[L7] off for jobs of a file: stored as it comes', async () => {
    const w = begin()
    await w.scrape('# TYPE a_total counter\na_total{x="1"} 5\n')
    await w.scrape('# TYPE a_total counter\na_total{x="1"} 5\na_total{x="2"} 300\n# TYPE a_created gauge\na_created{x="2"} 1600000000\n')
    expect(values({ __name__: 'a_total', x: '2' })).toEqual([300])
    expect(values({ __name__: 'a_created', x: '2' })).toEqual([1600000000])
  })
})

describe('L8 several processes behind one address', () => {
  const counter = (v: number): string => `# TYPE a_total counter\na_total ${v}\n`

  test('[L8] a counter that jumps between two levels is evidence', async () => {
    const w = begin()
    for (const v of [144, 144, 156, 144, 156, 145]) await w.scrape(counter(v))
    expect(w.target().multiProcessSuspected).toMatchObject({ series: 'a_total', values: [156, 144, 156, 145] })
  })

  test('[L8] restarts are not', async () => {
    const w = begin()
    for (const v of [144, 150, 3, 9, 20, 2, 8, 30, 1]) await w.scrape(counter(v))
    expect(w.target().multiProcessSuspected).toBeUndefined()
  })
})

describe('L9 the storage', () => {
  test('[L9] series that it has dropped are made again', async () => {
    const w = begin()
    await w.scrape('a 1\n')
    for (const ref of w.storage.find({})) w.storage.forgotten.add(ref)
    await w.scrape('a 2\n')
    await w.scrape('a 3\n')
    expect(w.storage.find({ __name__: 'a' }).length).toBe(2)
    expect(w.storage.samples[w.storage.find({ __name__: 'a' })[1]!]!.at(-1)![1]).toBe(3)
  })

  test('[L9] a log that can\'t be written stops nothing', async () => {
    const w = begin()
    w.storage.failure = new Error('no space left on device')
    await w.scrape('a 1\n')
    w.storage.failure = undefined
    await w.scrape('a 2\n')
    expect(values({ __name__: 'a' })).toEqual([2])
  })
})

describe('L10 metadata', () => {
  test('[L10] by target and by metric', async () => {
    const w = begin()
    await w.scrape('# HELP a some help\n# TYPE a counter\na 1\n')
    expect(w.manager.targetMetadata()).toEqual([{ target: ['instance', 'here', 'job', 'j'], metric: 'a', type: 'counter', help: 'some help', unit: '' }])
    expect([...w.manager.metadata({ metric: 'a' })]).toEqual([['a', [{ metric: 'a', type: 'counter', help: 'some help', unit: '' }]]])
    expect([...w.manager.metadata({ metric: 'b' })]).toEqual([])
  })
})
