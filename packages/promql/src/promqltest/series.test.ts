import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { POINT, parseMetric, parseSeriesDescription } from './series.ts'

/** The points as text: numbers, `_`, `stale`, `h`. */
function points(text: string): string {
  const { kinds, values } = parseSeriesDescription(text)
  return [...kinds].map((kind, i) => (kind === POINT.value ? String(values[i]) : kind === POINT.none ? '_' : kind === POINT.stale ? 'stale' : 'h')).join(' ')
}

const expands = (text: string, want: string): void => test(`${text}  is  ${want}`, () => expect(points(`m ${text}`)).toBe(want))
const fails = (text: string, message: string): void => test(`${JSON.stringify(text)} fails`, () => expect(() => parseSeriesDescription(text)).toThrow(message))

describe('[S3] points of a series description', () => {
  expands('1 2 3', '1 2 3')
  expands('1x3', '1 1 1 1')
  expands('1+2x3', '1 3 5 7')
  expands('-2-0.5x2', '-2 -2.5 -3')
  expands('0x0', '0')
  expands('_ _x3 1', '_ _ _ _ 1')
  expands('stale 1 stale', 'stale 1 stale')
  expands('Inf -Inf NaN +inf 1e3 .5 0x1', 'Infinity -Infinity NaN Infinity 1000 0.5 0 0')
  expands('1e+2+1x1', '100 101')
  expands('  1 \t 2 ', '1 2')
  expands('', '')
  expands('{{schema:1 sum:3 count:22 buckets:[5 10 7]}} {{}}x2 {{sum:1}}+{{sum:2}}x1', 'h h h h h h')
  fails('m 1 x', 'unexpected "x" in series values, expected number or "stale"')
  fails('m 1+2', 'unexpected end of a series value, expected "x" and a count')
  fails('m 1 2z', 'unexpected "z" in series values after "2"')
  fails('m {{sum:1', 'unexpected end of input in histogram description')
  fails('m stalex3', 'unexpected "stalex3"')
  fails('1 2', 'expected metric name or "{"')
})

describe('[S4] metrics of a series description', () => {
  test.each<[string, Record<string, string>]>([
    ['up', { __name__: 'up' }],
    ['up{}', { __name__: 'up' }],
    ['{}', {}],
    ['up{job="a", instance=\'b\',}', { __name__: 'up', job: 'a', instance: 'b' }],
    ['{job="a b"}', { job: 'a b' }],
    ['{"metric.name", "sp ace"="x"}', { __name__: 'metric.name', 'sp ace': 'x' }],
    ['by{on="1"}', { __name__: 'by', on: '1' }],
  ])('%s', (text, labels) => {
    expect(parseMetric(text)).toEqual(labelsFromObject(labels))
    expect(parseSeriesDescription(`${text} 1`).labels).toEqual(labelsFromObject(labels))
  })
  test.each([
    ['up{job}', '1:7: parse error: unexpected "}" in label set, expected "="'], ['up{job=a}', 'unexpected identifier "a" in label set, expected string'],
    ['up{job="a"', 'unexpected end of input inside braces'], ['up{job="a" b="c"}', 'unexpected identifier "b" in label set, expected "," or "}"'], ['up 1', 'unexpected "1"'],
  ])('%s fails', (text, message) => expect(() => parseMetric(text)).toThrow(message))
})
