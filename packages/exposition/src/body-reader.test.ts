import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Labels } from '@haechi/model'
import { labelsKey } from '@haechi/model'
import { FLAG } from './body-columns.ts'
import { BodyReader, SERIES_DROPPED } from './body-reader.ts'
import type { BodyReaderOptions, SeriesResolver } from './body-reader.ts'
import { parseExposition } from './parse.ts'

/** Gives out refs by label set and remembers how often it was asked. */
class Refs implements SeriesResolver {
  readonly byKey = new Map<string, number>()
  asked = 0
  readonly drop: string | undefined

  constructor(drop?: string) {
    this.drop = drop
  }

  resolve(labels: Labels): number {
    this.asked++
    if (this.drop !== undefined && labels[1] === this.drop) return SERIES_DROPPED
    const key = labelsKey(labels)
    let ref = this.byKey.get(key)
    if (ref === undefined) this.byKey.set(key, (ref = this.byKey.size + 1))
    return ref
  }
}

const OPTIONS: BodyReaderOptions = { openMetrics: false, honorTimestamps: true, trackTimestamps: false }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** What a reader says about a body: `ref=value` per row, `-` for refused ones. */
function rows(reader: BodyReader): string[] {
  const c = reader.columns
  return Array.from({ length: c.count }, (_, i) => `${c.refs[i]! === 0 ? '-' : c.refs[i]!}=${c.values[i]!}`)
}

function read(reader: BodyReader, refs: Refs, text: string): string[] {
  const b = bytes(text)
  reader.read(b, b.length, refs)
  return rows(reader)
}

describe('B1 equal lines cost no lookup', () => {
  test('[B1] a changed value is read without asking for the series', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    expect(read(reader, refs, '# TYPE a counter\na{x="1"} 1\na{x="2"} 2\nb 3\n')).toEqual(['1=1', '2=2', '3=3'])
    expect(refs.asked).toBe(3)
    expect(read(reader, refs, '# TYPE a counter\na{x="1"} 10\na{x="2"} 2\nb 3.5\n')).toEqual(['1=10', '2=2', '3=3.5'])
    expect(read(reader, refs, '# TYPE a counter\na{x="1"} 1\na{x="2"} 2.25\nb 3.5\n')).toEqual(['1=1', '2=2.25', '3=3.5'])
    expect(refs.asked).toBe(3)
    expect(reader.seriesAdded).toBe(0)
    expect(reader.stale).toEqual([])
  })

  test('[B1] moved lines are found again without asking', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a 1\nb 2\nc 3\nd 4\n')
    expect(read(reader, refs, 'd 4\nc 3\nb 2\na 1\n')).toEqual(['4=4', '3=3', '2=2', '1=1'])
    expect(refs.asked).toBe(4)
  })
})

describe('B2 what is gone is said', () => {
  test('[B2] a series that is not in the body any more is stale once', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a 1\nb 2\nc 3\n')
    expect(read(reader, refs, 'a 1\nc 3\n')).toEqual(['1=1', '3=3'])
    expect(reader.stale).toEqual([2])
    read(reader, refs, 'a 1\nc 3\n')
    expect(reader.stale).toEqual([])
  })

  test('[B2] the same labels in another order are the same series', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a{x="1",y="2"} 1\n')
    expect(read(reader, refs, 'a{y="2",x="1"} 2\n')).toEqual(['1=2'])
    expect(reader.stale).toEqual([])
  })

  test('[B2] a bad body ends every series, and the next good one brings them back', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a 1\nb 2\n')
    expect(() => read(reader, refs, 'a 5\nb{ 2\n')).toThrow('expected label name')
    expect(reader.stale).toEqual([1, 2])
    expect(reader.samples).toBe(1)
    expect(read(reader, refs, 'a 1\nb 2\n')).toEqual(['1=1', '2=2'])
    expect(reader.stale).toEqual([])
  })

  test('[B2] no body at all ends every series and forgets none', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a 1\nb 2\n')
    expect(reader.gone()).toEqual([1, 2])
    expect(reader.gone()).toEqual([])
    expect(read(reader, refs, 'a 1\nb 3\n')).toEqual(['1=1', '2=3'])
    expect(refs.asked).toBe(2)
  })
})

describe('B3 duplicates and times', () => {
  test('[B3] a second sample of a series is refused and counted, every time', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    expect(read(reader, refs, 'a 1\na 2\nb 3\n')).toEqual(['1=1', '-=2', '2=3'])
    expect(reader.duplicates).toBe(1)
    expect(read(reader, refs, 'a 1\na 5\nb 4\n')).toEqual(['1=1', '-=5', '2=4'])
    expect(reader.duplicates).toBe(1)
    expect(read(reader, refs, 'a 1\nb 4\n')).toEqual(['1=1', '2=4'])
    expect(reader.duplicates).toBe(0)
    expect(reader.stale).toEqual([])
  })

  test('[B3] samples with times of their own may repeat a series, and do not end', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    expect(read(reader, refs, 'a 1 1000\na 2 2000\n')).toEqual(['1=1', '1=2'])
    expect([...reader.columns.timesMs!.subarray(0, 2)]).toEqual([1000, 2000])
    expect(read(reader, refs, 'a 1 3000\na 2 4000\n')).toEqual(['1=1', '1=2'])
    expect([...reader.columns.timesMs!.subarray(0, 2)]).toEqual([3000, 4000])
    read(reader, refs, 'b 1\n')
    expect(reader.stale).toEqual([])
  })

  test('[B3] a series that gets a time of its own ends as an ordinary one', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, 'a 1\n')
    read(reader, refs, 'a 1 1000\n')
    expect(reader.stale).toEqual([1])
    expect(reader.timed).toBe(1)
  })

  test('[B3] dropped series are not asked for again and not kept', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs('b')
    expect(read(reader, refs, 'a 1\nb 2\nc 3\n')).toEqual(['1=1', '-=2', '2=3'])
    expect([reader.samples, reader.kept, reader.seriesAdded]).toEqual([3, 2, 2])
    read(reader, refs, 'c 3\nb 2\na 1\n')
    expect(refs.asked).toBe(3)
    expect([reader.samples, reader.kept, reader.seriesAdded]).toEqual([3, 2, 0])
  })
})

describe('B4 metadata follows', () => {
  test('[B4] types, help texts and changes of them', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, '# HELP a first\n# TYPE a counter\na 1\n')
    read(reader, refs, '# HELP a second\n# TYPE a gauge\na 1\n')
    expect(reader.metadata.list()).toEqual([{ name: 'a', type: 'gauge', help: 'second', unit: '' }])
    expect(refs.asked).toBe(1)
  })

  test('[B4] counters that fall are named, gauges are not', () => {
    const reader = new BodyReader(OPTIONS)
    const refs = new Refs()
    read(reader, refs, '# TYPE a_total counter\na_total 10\n# TYPE b gauge\nb 10\n')
    read(reader, refs, '# TYPE a_total counter\na_total 3\n# TYPE b gauge\nb 3\n')
    expect(reader.falls).toBe(1)
    expect([reader.fallRow[0], reader.fallFrom[0]]).toEqual([0, 10])
  })
})

describe('B5 the fast path reads what the plain one reads', () => {
  const name = fc.constantFrom('a', 'b', 'cc', 'ddd', 'e_total')
  const label = fc.constantFrom('', '{x="1"}', '{x="2"}', '{x="1",y="a b"}', '{ x="1" }', '{x="é\\n\\""}')
  const value = fc.oneof(fc.constantFrom('0', '1', '1.0', '12', 'NaN', '+Inf', '1e3', '0.1', '123456789012345678'), fc.double({ noNaN: true }).map(String).map(s => s.replace('Infinity', 'Inf')))
  const tail = fc.constantFrom('', '', '', '', ' 123', ' 9')
  const comment = fc.constantFrom('', '', '', '# TYPE a counter\n', '# TYPE e_total counter\n', '# HELP b text\n', '# free\n', '\n')
  const line = fc.tuple(comment, name, label, fc.constantFrom(' ', ' ', ' ', '  '), value, tail).map(parts => `${parts.join('')}\n`)
  const body = fc.array(line, { maxLength: 12 })

  test('[B5] successive bodies, however unlike, give the samples of a single reading', () => {
    fc.assert(fc.property(fc.array(body, { minLength: 1, maxLength: 6 }), lists => {
      const reader = new BodyReader(OPTIONS)
      const refs = new Refs()
      for (const lines of lists) {
        // Neighbouring bodies share most lines, as real ones do.
        const text = lines.join('')
        read(reader, refs, text)
        const parsed = parseExposition(bytes(text), 'text')
        expect(reader.columns.count).toBe(parsed.samples.length)
        const seen = new Set<number>()
        parsed.samples.forEach((sample, i) => {
          const c = reader.columns
          expect(c.values[i]).toBe(sample.value)
          if ((c.flags[i]! & FLAG.duplicate) !== 0) return
          expect(c.refs[i]).toBe(refs.byKey.get(labelsKey(sample.labels)))
          seen.add(c.refs[i]!)
          if (sample.timeMs !== undefined) expect(c.timesMs![i]).toBe(sample.timeMs)
        })
        for (const ref of reader.stale) expect(reader.timed > 0 || !seen.has(ref)).toBe(true)
      }
    }), { numRuns: 300 })
  })

  test('[B5] small edits of one body', () => {
    fc.assert(fc.property(fc.array(line, { minLength: 3, maxLength: 12 }), fc.array(fc.tuple(fc.nat(11), line, fc.constantFrom('replace', 'insert', 'delete')), { maxLength: 8 }), (lines, edits) => {
      const reader = new BodyReader(OPTIONS)
      const refs = new Refs()
      const current = [...lines]
      let before = new Set<number>()
      for (const [at, with_, how] of [[0, lines[0]!, 'replace'] as const, ...edits]) {
        current.splice(at % (current.length + 1), how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [with_]))
        const text = current.join('')
        read(reader, refs, text)
        const parsed = parseExposition(bytes(text), 'text')
        expect([...reader.columns.values.subarray(0, reader.columns.count)]).toEqual(parsed.samples.map(s => s.value))
        const now = new Set(parsed.samples.filter(s => s.timeMs === undefined).map(s => refs.byKey.get(labelsKey(s.labels))!))
        const timed = new Set(parsed.samples.filter(s => s.timeMs !== undefined).map(s => refs.byKey.get(labelsKey(s.labels))!))
        const ended = [...before].filter(ref => !now.has(ref))
        // A series that stands in the body with and without a time is ambiguous; leave it out.
        expect(new Set(reader.stale.filter(r => !timed.has(r)))).toEqual(new Set(ended.filter(r => !timed.has(r))))
        before = now
      }
    }), { numRuns: 500 })
  })
})
