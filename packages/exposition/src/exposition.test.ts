import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { BodyReader } from './body-reader.ts'
import { acceptHeader, DEFAULT_SCRAPE_PROTOCOLS, formatOf } from './content-type.ts'
import { ExpositionError } from './error.ts'
import { floatFromBytes, floatFromDigits, floatFromText } from './float-bytes.ts'
import { formatFloat, formatOpenMetricsFloat } from './go-text.ts'
import { mismatch } from './mismatch.ts'
import { parseExposition } from './parse.ts'
import { protobufToText } from './protobuf.ts'
import { ExpositionWriter } from './writer.ts'

describe('X1 numbers', () => {
  const reads = (text: string, want: number): void => {
    const b = Buffer.from(`xx${text}yy`)
    expect(floatFromText(b, 2, 2 + text.length)).toBe(want)
    const fast = floatFromBytes(b, 2, 2 + text.length)
    if (fast === fast) expect(fast).toBe(want)
  }

  test.each([
    ['0', 0], ['-0', -0], ['1', 1], ['0.1', 0.1], ['123456789012345', 123456789012345], ['9007199254740993', 9007199254740992], ['1e22', 1e22], ['1e23', 1e23], ['.5', 0.5], ['5.', 5],
    ['1.7976931348623157e308', 1.7976931348623157e308], ['4.9e-324', 5e-324], ['1e-400', 0], ['+3', 3], ['0.3e1', 3], ['000000000000000000001', 1], ['0e999', 0],
  ])('[X1] %s', (text, want) => reads(text, want))

  test('[X1] every double that is written is read back exactly, in every usual spelling', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('string', 'exponent', 'fixed', 'go'), (v, how) => {
      const text = how === 'string' ? String(v) : how === 'exponent' ? v.toExponential() : how === 'go' ? formatFloat(v) : Math.abs(v) < 1e20 ? v.toFixed(6) : String(v)
      reads(text, Number(text))
    }), { numRuns: 5000 })
  })

  test('[X1] short decimals, the common case, take the fast way and are exact', () => {
    fc.assert(fc.property(fc.integer({ min: -999999999, max: 999999999 }), fc.integer({ min: 0, max: 9 }), (n, digits) => {
      const text = (n / 10 ** digits).toFixed(digits)
      expect(floatFromBytes(Buffer.from(text), 0, text.length)).toBe(Number(text))
    }), { numRuns: 3000 })
  })

  test('[X1] what is no number is none', () => {
    for (const text of ['', '-', '.', 'e5', '1e', '1e+', '1.2.3', '--1', '1-', '0x10', 'Infinit', '1_0', ' 1', '1 ', 'NaN']) {
      const b = Buffer.from(text)
      expect(floatFromBytes(b, 0, b.length), text).toBeNaN()
      expect(floatFromDigits(b, 0, b.length), text).toBeNaN()
    }
  })

  test.each([[1, '1', '1.0'], [0, '0', '0.0'], [1e6, '1e+06', '1e+06'], [123456.5, '123456.5', '123456.5'], [0.0001, '0.0001', '0.0001'], [0.00001, '1e-05', '1e-05'], [1e21, '1e+21', '1e+21'],
    [Infinity, '+Inf', '+Inf'], [-Infinity, '-Inf', '-Inf'], [NaN, 'NaN', 'NaN'], [1048576, '1.048576e+06', '1.048576e+06'], [-2.5, '-2.5', '-2.5']])('[X1] %d is written %s', (v, text, open) => {
    expect(formatFloat(v)).toBe(text)
    expect(formatOpenMetricsFloat(v)).toBe(open)
  })
})

describe('X2 content negotiation', () => {
  test('[X2] the Accept header is that of Prometheus 3', () => {
    expect(acceptHeader(DEFAULT_SCRAPE_PROTOCOLS, 'allow-utf-8')).toBe('application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2')
    expect(acceptHeader(['PrometheusProto', 'PrometheusText0.0.4'], 'underscores')).toBe('application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4')
  })

  test('[X2] a fallback takes what says nothing usable, never what does', () => {
    expect(formatOf('application/json', 'OpenMetricsText1.0.0')).toBe('openmetrics')
    expect(formatOf('', 'PrometheusProto')).toBe('protobuf')
    expect(formatOf('text/plain', 'OpenMetricsText1.0.0')).toBe('text')
    expect(() => formatOf('text/html', undefined)).toThrow('received unsupported Content-Type "text/html"')
  })
})

describe('X3 exemplars', () => {
  test('[X3] are given out with labels, value and time', () => {
    const body = Buffer.from('# TYPE a counter\na_total 5 # {trace_id="x",b="y"} 0.5 1700000000.25\n# EOF\n')
    expect(parseExposition(body, 'openmetrics').samples).toEqual([
      { labels: ['__name__', 'a_total'], value: 5, exemplar: { labels: ['b', 'y', 'trace_id', 'x'], value: 0.5, timeMs: 1_700_000_000_250 } },
    ])
  })
})

/** Enough of a protobuf encoder for the tests. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))])
const bytesField = (field: number, b: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const textField = (field: number, s: string): number[] => bytesField(field, [...Buffer.from(s)])
const doubleField = (field: number, v: number): number[] => {
  const b = Buffer.alloc(8)
  b.writeDoubleLE(v)
  return [...varint(field * 8 + 1), ...b]
}
const intField = (field: number, n: number): number[] => [...varint(field * 8), ...varint(n)]
const family = (...fields: number[][]): number[] => {
  const b = fields.flat()
  return [...varint(b.length), ...b]
}
const label = (name: string, value: string): number[] => bytesField(1, [...textField(1, name), ...textField(2, value)])

describe('X4 protobuf', () => {
  const samples = (...families: number[][]): string[] => {
    const b = Uint8Array.from(families.flat())
    return parseExposition(b, 'protobuf').samples.map(s => `${s.labels.join(' ')} ${s.value}${s.timeMs === undefined ? '' : ` @${s.timeMs}`}`)
  }

  test('[X4] counter, gauge, untyped, times, any name', () => {
    expect(samples(
      family(textField(1, 'a_total'), textField(2, 'help "x"\n\\'), intField(3, 0), bytesField(4, [...label('x', 'q"\\\n'), ...bytesField(3, doubleField(1, 1.5)), ...intField(6, 1_700_000_000_123)])),
      family(textField(1, 'my.gauge'), intField(3, 1), bytesField(4, [...label('l.l', 'v'), ...bytesField(2, doubleField(1, NaN))])),
      family(textField(1, 'u'), intField(3, 3), bytesField(4, bytesField(5, doubleField(1, -Infinity)))),
    )).toEqual(['__name__ a_total x q"\\\n 1.5 @1700000000123', '__name__ my.gauge l.l v NaN', '__name__ u -Infinity'])
  })

  test('[X4] summaries and classic histograms become series; a missing +Inf bucket is the count', () => {
    const quantile = bytesField(3, [...doubleField(1, 0.5), ...doubleField(2, 7)])
    const bucket = bytesField(3, [...intField(1, 3), ...doubleField(2, 1)])
    expect(samples(
      family(textField(1, 's'), intField(3, 2), bytesField(4, bytesField(4, [...intField(1, 9), ...doubleField(2, 4.5), ...quantile]))),
      family(textField(1, 'h'), intField(3, 4), bytesField(4, bytesField(7, [...intField(1, 5), ...doubleField(2, 2.5), ...bucket]))),
    )).toEqual(['__name__ s_count 9', '__name__ s_sum 4.5', '__name__ s quantile 0.5 7', '__name__ h_count 5', '__name__ h_sum 2.5', '__name__ h_bucket le 1.0 3', '__name__ h_bucket le +Inf 5'])
  })

  test('[X4] native histograms are counted, their count and sum kept', () => {
    const b = Uint8Array.from(family(textField(1, 'n'), intField(3, 4), bytesField(4, bytesField(7, [...intField(1, 5), ...doubleField(2, 2.5), ...intField(5, 3), ...bytesField(12, [...intField(1, 0), ...intField(2, 1)])]))))
    expect(protobufToText(b, b.length).nativeHistograms).toBe(1)
    expect(samples([...b])).toEqual(['__name__ n_count 5', '__name__ n_sum 2.5', '__name__ n_bucket le +Inf 5'])
  })

  test('[X4] cut off anywhere it is an error or fewer families, never more', () => {
    const whole = family(textField(1, 'a_total'), intField(3, 0), bytesField(4, [...label('x', 'y'), ...bytesField(3, doubleField(1, 1.5))]))
    for (let n = 1; n < whole.length; n++) expect(() => samples(whole.slice(0, n)), String(n)).toThrow(ExpositionError)
  })
})

describe('X5 the writer', () => {
  test('[X5] what it writes is read back the same', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b_total', 'x:y'), fc.string({ minLength: 1, unit: 'grapheme' }).filter(s => !/[\0\p{Surrogate}]/u.test(s) && s.trim() === s))
    const value = fc.string({ unit: 'grapheme' }).filter(s => !/[\0\p{Surrogate}]/u.test(s))
    fc.assert(fc.property(name, fc.dictionary(name.filter(n => n !== '__name__' && n !== 'le' && n !== 'quantile'), value, { maxKeys: 4 }), fc.double(), fc.option(fc.nat()), (metric, labels, v, time) => {
      const out = new ExpositionWriter()
      out.family(metric, 'gauge', 'some\nhelp \\')
      out.sample(metric, labelsFromObject(labels), v, time ?? undefined)
      const parsed = parseExposition(out.bytes(), 'text')
      expect(parsed.families[0]).toEqual({ name: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric) ? metric : metric.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`)), type: 'gauge', help: 'some\nhelp \\', unit: '' })
      expect(parsed.samples).toEqual([{ labels: labelsFromObject({ ...labels, __name__: metric }), value: v, ...(time !== null && { timeMs: time }) }])
    }), { numRuns: 500 })
  })
})

describe('X6 foreign bytes', () => {
  const corpus = [
    '# HELP a text\n# TYPE a counter\na{x="1",y="é"} 1 1234\n{"b.c"} NaN\n', '# TYPE h histogram\nh_bucket{le="1"} 1 # {t="x"} 0.5 1.5\nh_sum 1\n# EOF\n', 'a{x="\\"\\\\\\n"} +Inf\n',
  ]

  test('[X6] any bytes give samples or an ExpositionError, in both readers, twice', () => {
    const resolver = { n: 0, resolve(): number { return ++this.n } }
    const edits = fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 32, 34, 35, 44, 61, 92, 123, 125)), fc.constantFrom('set', 'insert', 'delete')), { minLength: 1, maxLength: 6 })
    const mutated = fc.tuple(fc.constantFrom(...corpus), edits).map(([text, list]) => {
      const b = [...Buffer.from(text)]
      for (const [at, byte, how] of list) b.splice(at % (b.length + 1), how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [byte]))
      return Uint8Array.from(b)
    })
    const any = fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) })
    fc.assert(fc.property(any, any, fc.boolean(), (one, two, openMetrics) => {
      const reader = new BodyReader({ openMetrics, honorTimestamps: true, trackTimestamps: false })
      for (const body of [one, two, two, one]) {
        let count: number | string
        try {
          reader.read(Buffer.from(body), body.length, resolver)
          count = reader.columns.count
        } catch (err) {
          if (!(err instanceof ExpositionError)) throw err
          count = 'error'
        }
        let parsed: number | string
        try {
          parsed = parseExposition(body, openMetrics ? 'openmetrics' : 'text').samples.length
        } catch (err) {
          if (!(err instanceof ExpositionError)) throw err
          // Names are checked by whoever stores the series.
          parsed = /^(?:missing metric name|invalid metric name)/.test(err.message) ? count : 'error'
        }
        expect(count).toBe(parsed)
      }
    }), { numRuns: 4000 })
  })

  test('[X6] any bytes as protobuf', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), body => {
      try {
        parseExposition(body, 'protobuf')
      } catch (err) {
        if (!(err instanceof ExpositionError)) throw err
      }
    }), { numRuns: 3000 })
  })

  test.each(['a{x="', 'a{', '# HELP ', '{', '"', 'a{x="1",', '\\', 'a 1', '#', ' ', '{"a"', 'a{x="\\'])('[X6] time grows with length: %s', piece => {
    const time = (n: number): number => {
      const body = Buffer.from(piece.repeat(n))
      const from = performance.now()
      try {
        parseExposition(body, 'text')
      } catch (err) {
        if (!(err instanceof ExpositionError)) throw err
      }
      return performance.now() - from
    }
    time(1000)
    // A quadratic reader would need minutes here.
    expect(time(200_000)).toBeLessThan(3000)
  })
})

describe('X7 where two texts differ', () => {
  test('[X7] the first difference, at any offset and shift', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 90 }).map(b => b.map(c => c || 1)), fc.nat(7), fc.nat(89), fc.nat(255), (text, shift, at, byte) => {
      const other = Buffer.alloc(text.length + shift + 1, 120)
      other.set(text, shift)
      if (at < text.length) other[at + shift] = byte
      let want = 0
      while (want < text.length && text[want] === other[want + shift]) want++
      const a = Buffer.from(text)
      expect(mismatch(a, new DataView(a.buffer, a.byteOffset, a.length), other, new DataView(other.buffer, other.byteOffset, other.length), 0, text.length, shift)).toBe(want)
    }), { numRuns: 2000 })
  })
})
