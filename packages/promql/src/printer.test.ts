import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Expr } from './ast.ts'
import { exprToJson } from './ast-json.ts'
import { parseExpr } from './parser.ts'
import { prettifyExpr } from './prettier.ts'
import { printExpr } from './printer.ts'

const name = fc.constantFrom('up', 'a:b', 'http_requests_total', 'sum', 'by', 'offset', 'start', 'and', '_x', 'fill')
const label = fc.constantFrom('job', 'le', '"sp ace"', '"é"', 'by', 'on', '"a.b"')
const text = fc.string({ unit: 'grapheme', maxLength: 6 }).filter(s => !/[\ufffd]/.test(s)).map(s => JSON.stringify(s).replace(/[\u007f-\u009f\u2028\u2029]/g, '?'))
const matcher = fc.oneof(
  fc.tuple(label.filter(l => !['by', 'on'].includes(l)), fc.constantFrom('=', '!='), text).map(([l, op, v]) => `${l}${op}${v}`),
  fc.tuple(fc.constantFrom('job', 'le'), fc.constantFrom('=~', '!~'), fc.constantFrom('"a.*"', '"a|b"', '".+"', "'x[0-9]'", '`\\d+`')).map(([l, op, v]) => `${l}${op}${v}`),
)
const { duration } = fc.letrec<{ duration: string }>(tie => ({
  duration: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('5m', '1h30m', '90s', '100ms', '1d', '300', '1.5', '2w') },
    fc.constantFrom('step()', 'range()', '-(5m)', '(STEP())', '-step() ^ 2', '((3))'),
    fc.tuple(tie('duration'), fc.constantFrom('+', '-', '*', '/', '%', '^'), tie('duration')).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(fc.constantFrom('min_of', 'max_of'), tie('duration'), tie('duration')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    tie('duration').map(d => `(${d})`),
  ),
}))
const extension = fc.constantFrom('', '', '', ' anchored', ' smoothed')
// Infinity stands in parentheses: Prometheus prints it with a sign, which before "^" belongs to the power when read again.
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }).map(String), fc.constantFrom('NaN', '(Inf)', '0x1F', '017', '1_000', '5m', '1e-7', '1e300'))
const labels = fc.array(label, { maxLength: 3 }).map(l => `(${l.join(', ')})`)
const selector = fc.tuple(name, fc.array(matcher, { maxLength: 3 })).map(([n, ms]) => (ms.length === 0 ? n : `${n}{${ms.join(',')}}`))
const at = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.constantFrom(' @ 12.345', ' @ -5', ' @ start()', ' @ end()'))
const offset = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.tuple(fc.constantFrom('', '-'), fc.constantFrom('5m', '1h30m', 'min_of(5m, range())')).map(([sign, d]) => ` offset ${sign}${d}`))
// An operator behind a duration in parentheses would belong to the offset.
const offsetInParens = fc.oneof(offset, duration.map(d => ` offset (${d})`))
// As in Prometheus, a colon is read only behind a number.
const subqueryRange = fc.constantFrom('5m', '300', '5m * 2', 'step() + 1m', 'max_of(1m, step())', '(1h)')

const { scalar, vector } = fc.letrec<{ scalar: string; vector: string }>(tie => ({
  scalar: fc.oneof(
    { maxDepth: 3 },
    number,
    fc.tuple(tie('scalar'), fc.constantFrom('+', '-', '*', '/', '%', '^', 'atan2', '== bool', '< bool'), tie('scalar')).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(fc.constantFrom('-', '+'), tie('scalar')).map(([op, e]) => `${op}${e}`),
    tie('scalar').map(e => `(${e})`),
    fc.constantFrom('time()', 'pi()'),
  ),
  vector: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(selector, at, extension, offset).map(parts => parts.join('')),
    fc.tuple(selector, duration, extension, at, offsetInParens).map(([s, d, x, a, o]) => `rate(${s}[${d}]${x}${a}${o})`),
    fc.tuple(tie('vector'), subqueryRange, fc.oneof(fc.constant(''), duration), at, offsetInParens).map(([e, d, s, a, o]) => `max_over_time((${e})[${d}:${s}]${a}${o})`),
    fc.tuple(tie('vector'), fc.constantFrom('+', '*', '==', '> bool', 'and', 'or', 'unless', '^'), tie('vector')).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(selector, fc.constantFrom('+', '*', '>= bool'), fc.constantFrom('on', 'ignoring'), labels, fc.constantFrom('', 'group_left', 'group_right ("x y")', 'group_left ()'), fc.constantFrom('', '', 'fill (0)', 'fill_left (-1.5)', 'fill_right (Inf) fill_left (1e30)', 'fill_left (2) fill_right (2)'), selector)
      .map(([a, op, on, ls, group, fill, b]) => `(${a} ${op} ${on} ${ls} ${group} ${fill} ${b})`),
    fc.tuple(fc.constantFrom('sum', 'avg', 'count', 'group'), fc.constantFrom('by', 'without'), labels, tie('vector')).map(([op, by, ls, e]) => `${op} ${by} ${ls} (${e})`),
    fc.tuple(fc.constantFrom('topk', 'quantile'), tie('scalar'), tie('vector')).map(([op, p, e]) => `${op}(${p}, ${e})`),
    fc.tuple(text, tie('vector')).map(([t, e]) => `count_values(${t}, ${e})`),
    fc.tuple(fc.constantFrom('abs', 'absent', 'sort'), tie('vector')).map(([f, e]) => `${f}(${e})`),
    fc.tuple(tie('vector'), text, text).map(([e, a, b]) => `label_replace(${e}, ${a}, "$1", ${b}, "(.*)")`),
    fc.tuple(tie('scalar'), tie('vector')).map(([s, v]) => `(${s}) * ${v}`),
    fc.tuple(fc.constantFrom('-', '+'), tie('vector')).map(([op, e]) => `${op}${e}`),
  ),
}))

const read = (query: string): Expr => parseExpr(query, { extendedRangeSelectors: true, fillModifiers: true })

/** The tree without places and with matchers in the order of the printer. */
function shape(query: string): unknown {
  return JSON.parse(JSON.stringify(exprToJson(read(query)), (key, value: unknown) =>
    (key === 'matchers' ? (value as { name: string; type: string; value: string }[]).map(m => `${m.name} ${m.type} ${m.value}`).sort() : value)))
}

describe('[L12] reading what was printed gives the same tree', () => {
  test('normalised', () => {
    fc.assert(fc.property(fc.oneof(vector, scalar), query => {
      const printed = printExpr(read(query))
      expect(shape(printed)).toEqual(shape(query))
      expect(printExpr(read(printed))).toBe(printed)
    }), { numRuns: 2000 })
  })
  test('prettified', () => {
    fc.assert(fc.property(vector, query => {
      expect(shape(prettifyExpr(read(query)))).toEqual(shape(query))
    }), { numRuns: 1000 })
  })
})

describe('[L13] the normal form', () => {
  test.each([
    ['up{b="2",a="1"}', 'up{a="1",b="2"}'],
    ['sum(up)by(job)', 'sum by (job) (up)'],
    ['sum without() (up)', 'sum without () (up)'],
    ['{__name__="up"}', '{__name__="up"}'],
    ['{"up"}', '{__name__="up"}'],
    ['{"a b"=\'c"d\'}', '{"a b"="c\\"d"}'],
    ['up offset 90s @ 5', 'up @ 5.000 offset 1m30s'],
    ['up[300]', 'up[5m]'],
    ['300s', '5m'],
    ['1e3', '1000'],
    ['a/on(b)group_left c', 'a / on (b) group_left () c'],
    ['a / ignoring () group_left (x) b', 'a / ignoring () group_left (x) b'],
    ['rate(a[5m:30s]offset -1m)', 'rate(a[5m:30s] offset -1m)'],
    ['rate(a[(STEP()) *2] smoothed @ 5)', 'rate(a[(step()) * 2] smoothed @ 5.000)'],
    ['a anchored offset (-1m)', 'a anchored offset (-1m)'],
    ['a + fill_left(1) fill_right(1) b', 'a + fill (1) b'],
    ['a * on(x) group_left fill_right(-1e7) b', 'a * on (x) group_left () fill_right (-1e+07) b'],
  ])('%s is %s', (query, want) => expect(printExpr(read(query))).toBe(want))
})
