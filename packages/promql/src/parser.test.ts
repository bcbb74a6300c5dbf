import { describe, expect, test } from 'vitest'
import type { Expr } from './ast.ts'
import { PromqlParseError } from './parse-error.ts'
import { parseExpr, parseMetricSelector } from './parser.ts'
import type { ParseOptions } from './parser.ts'
import { printExpr } from './printer.ts'

/** Every operation in parentheses. */
function grouped(e: Expr): string {
  switch (e.kind) {
    case 'binary': return `(${grouped(e.left)} ${e.op} ${grouped(e.right)})`
    case 'unary': return `(${e.op}${grouped(e.expr)})`
    case 'paren': return grouped(e.expr)
    default: return printExpr(e)
  }
}

const groups = (query: string, tree: string): void => test(`${query}  reads as  ${tree}`, () => expect(grouped(parseExpr(query))).toBe(tree))
const fails = (query: string, ...messages: string[]): void => failsWith({}, query, ...messages)
const failsWith = (options: ParseOptions, query: string, ...messages: string[]): void => test(`${JSON.stringify(query)} fails`, () => {
  let error: unknown
  try {
    parseExpr(query, options)
  } catch (err) {
    error = err
  }
  expect(error).toBeInstanceOf(PromqlParseError)
  expect((error as Error).message).toBe(messages[0])
  expect((error as PromqlParseError).errors.slice(1).map(e => e.text)).toEqual(messages.slice(1))
})

describe('[L4] operators bind as in Prometheus', () => {
  groups('1 - 2 - 3', '((1 - 2) - 3)')
  groups('2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))')
  groups('-a ^ 2', '(-(a ^ 2))')
  groups('-a * 2', '((-a) * 2)')
  groups('2 ^ -a * 3', '((2 ^ (-a)) * 3)')
  groups('a or b and c unless d', '(a or ((b and c) unless d))')
  groups('a == b + c * d ^ e', '(a == (b + (c * (d ^ e))))')
  groups('a atan2 b % c', '((a atan2 b) % c)')
  groups('-a offset 5m', '(-a offset 5m)')
  groups('a offset -5m ^ 2', '(a offset -5m ^ 2)')
})

describe('[L5] nodes know their places', () => {
  const spanOf = (query: string, e: { span: { start: number; end: number } }): string => query.slice(e.span.start, e.span.end)

  test('of calls, aggregations and modifiers', () => {
    const query = ' sum by (a) (rate(x{b="c"}[5m] offset 1m)) / y @ 5'
    const e = parseExpr(query)
    if (e.kind !== 'binary' || e.left.kind !== 'aggregate' || e.left.expr.kind !== 'call') throw new Error('another shape')
    expect(spanOf(query, e)).toBe(query.trim())
    expect(query.slice(e.opSpan.start, e.opSpan.end)).toBe('/')
    expect(spanOf(query, e.left)).toBe('sum by (a) (rate(x{b="c"}[5m] offset 1m))')
    expect(spanOf(query, e.left.expr)).toBe('rate(x{b="c"}[5m] offset 1m)')
    expect(query.slice(e.left.expr.nameSpan.start, e.left.expr.nameSpan.end)).toBe('rate')
    expect(spanOf(query, e.left.expr.args[0]!)).toBe('x{b="c"}[5m] offset 1m')
    expect(spanOf(query, e.right)).toBe('y @ 5')
  })

  test('an aggregation ends with its modifier', () => {
    const query = '(sum(x) by (a)) + 1'
    const e = parseExpr(query)
    if (e.kind !== 'binary' || e.left.kind !== 'paren') throw new Error('another shape')
    expect(spanOf(query, e.left.expr)).toBe('sum(x) by (a)')
  })
})

describe('[L6] columns are bytes, spans are UTF-16 units', () => {
  fails('"한글" + nosuch(up)', '1:12: parse error: unknown function with name "nosuch"')
  fails('up{a="한"} +\n "😀" nosuch', '2:9: parse error: unexpected identifier "nosuch"')
  test('span', () => {
    try {
      parseExpr('"한글" + nosuch(up)')
      expect.unreachable()
    } catch (err) {
      expect((err as PromqlParseError).errors[0]!.span).toEqual({ start: 7, end: 13 })
    }
  })
})

describe('[L7] all faults of types are reported, the first is the message', () => {
  fails('rate(up) + sum(1)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector', 'expected type instant vector in aggregation expression, got scalar')
  fails('1 and 2', '1:1: parse error: set operator "and" not allowed in binary scalar expression')
  fails('{a=""} + {b=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher', 'vector selector must contain at least one non-empty matcher')
})

describe('[L14] durations are calculated', () => {
  groups('a offset step() * 2', '(a offset step() * 2)')
  groups('a offset (step() * 2)', 'a offset (step() * 2)')
  groups('a offset -step() + 1', '(a offset -step() + 1)')
  groups('a offset -(5m) ^ 2', '(a offset -(5m) ^ 2)')
  groups('a offset (5m) + 3', 'a offset (5m) + 3')
  groups('sum_over_time(a[-2m ^ 2 + 5m * 3 - 1])', 'sum_over_time(a[-2m ^ 2 + 5m * 3 - 1])')
  groups('sum_over_time(a[max_of(step(), 5m):(range() / 10)])', 'sum_over_time(a[max_of(step(), 5m):(range() / 10)])')
  fails('a[5m / 0]', '1:6: parse error: division by zero')
  fails('a[step() % 0s]', '1:10: parse error: modulo by zero')
  fails('a[-5m]', '1:3: parse error: duration must be greater than 0')
  fails('a[1e12 * 2]', '1:3: parse error: duration out of range')
  fails('a[5m +]', '1:7: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()')
  fails('a[5m:*]', '1:6: parse error: unexpected <op:*> in subquery selector, expected number, duration, step(), range(), or "]"')
  fails('a offset by', '1:10: parse error: unexpected <by> in offset, expected number, duration, step(), or range()')
  fails('a offset 5m offset step()', '1:1: parse error: offset may not be set multiple times')
  fails('a offset step()[5m]', '1:16: parse error: no offset modifiers allowed before range')
})

describe('[L8] what needs a feature flag says so', () => {
  fails('limitk(1, up)', '1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions')
  fails('mad_over_time(up[5m])', '1:1: parse error: function "mad_over_time" is not enabled')
  fails('info(up)', '1:1: parse error: function "info" is not enabled')
  fails('start()', '1:1: parse error: function "start" is not enabled')
  fails('up + fill (0) up', '1:1: parse error: binop fill modifiers are experimental and not enabled')
  fails('up * on (a) group_left (b) fill_left (0) fill_right (-1) up', '1:1: parse error: binop fill modifiers are experimental and not enabled')
  fails('up anchored', '1:1: parse error: anchored modifier is experimental and not enabled')
  fails('rate(up[5m] smoothed)', '1:6: parse error: smoothed modifier is experimental and not enabled')

  test.each(['limitk(1, up)', 'mad_over_time(up[5m])', 'sort_by_label(up, "a")', 'info(up, {a="b"})', 'info(up, {a=~".*"})', 'start() + step()'])('with its flag %s is read', query => {
    expect(printExpr(parseExpr(query, { experimentalFunctions: true }))).toBe(query)
  })
  test.each(['fill', 'fill + fill_left', 'step', 'range * min_of', 'anchored', 'smoothed - anchored'])('the words are still names: %s', query => {
    expect(printExpr(parseExpr(query))).toBe(query)
  })
  const without = { durationExpressions: false }
  failsWith(without, 'up[5m + 1m]', '1:4: parse error: experimental duration expression is not enabled')
  failsWith(without, 'up offset step()', '1:11: parse error: experimental duration expression is not enabled')
  failsWith(without, 'up[max_of(step(), 5m)]', '1:11: parse error: experimental duration expression is not enabled')
  const extended = { extendedRangeSelectors: true }
  failsWith(extended, 'up[5m] anchored smoothed', '1:1: parse error: anchored and smoothed modifiers cannot be used together')
  failsWith(extended, 'sum(up) smoothed', '1:1: parse error: smoothed modifier not implemented')
  failsWith(extended, 'up[5m:1m] anchored', '1:1: parse error: anchored modifier is not supported for subqueries')
  failsWith({ fillModifiers: true }, 'up and fill(1) up', '1:1: parse error: filling in missing series not allowed for set operators')
  failsWith({ fillModifiers: true }, 'up + fill(1) 2', '1:1: parse error: filling in missing series only allowed between instant vectors')
  test('the second argument of info is a list of matchers', () => {
    expect(() => parseExpr('info(up, down)', { experimentalFunctions: true })).toThrow('1:10: parse error: expected label selectors only, got vector selector instead')
    expect(() => parseExpr('info(up, 1)', { experimentalFunctions: true })).toThrow('1:10: parse error: expected label selectors only')
  })
})

describe('[L9] bytes that are no UTF-8', () => {
  test('are lone surrogates inside, escapes in print', () => {
    const e = parseExpr(String.raw`"a\xff\xc3\xa9"`)
    expect(e).toMatchObject({ kind: 'string', value: 'a\udcffé' })
    expect(printExpr(e)).toBe(String.raw`"a\xffé"`)
  })
  fails(String.raw`sum by ("\xff") (up)`, String.raw`1:9: parse error: invalid label name for grouping: "\xff"`)
})

describe('[L10] a lone selector', () => {
  test('is read to its matchers, the name last', () => {
    expect(parseMetricSelector('up{job="a"}').map(m => m.name + m.type + m.value)).toEqual(['job=a', '__name__=up'])
    expect(parseMetricSelector('{job=""}').map(m => m.name + m.type + m.value)).toEqual(['job='])
  })
  test.each([
    ['sum(up)', '1:4: parse error: unexpected "("'], ['up offset 5m', '1:4: parse error: unexpected <offset>'], ['1', '1:1: parse error: unexpected number "1"'],
    ['', 'unknown position: parse error: unexpected end of input'], ['up up', '1:4: parse error: unexpected identifier "up"'],
  ])('%s fails', (text, message) => expect(() => parseMetricSelector(text)).toThrow(message))
})

describe('[L11] no text is too odd', () => {
  test('the parser ends with a tree or a parse error', () => {
    let seed = 1
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return Math.floor(seed / 2 ** 32 * n)
    }
    const pieces = ['(', ')', '{', '}', '[', ']', ',', ':', '=', '~', '!', '+', '-', '^', '@', '"', "'", '`', '\\', '#', '\n', ' ', '.', '_', '0x', '1e', '5m', 'up', 'sum', 'by', 'offset', 'bool', 'on', 'é', '\ud800', '\ufffd', 'inf', 'step', 'fill']
    for (let i = 0; i < 20_000; i++) {
      let query = ''
      for (let n = random(12); n >= 0; n--) query += pieces[random(pieces.length)]
      try {
        parseExpr(query)
      } catch (err) {
        if (!(err instanceof PromqlParseError)) throw new Error(`on ${JSON.stringify(query)}`, { cause: err })
      }
    }
  })
  test('deep nesting is an error or a tree, not a crash', () => {
    for (const query of ['('.repeat(1000) + '1' + ')'.repeat(1000), '-'.repeat(1000) + 'up', `${'sum('.repeat(500)}up${')'.repeat(500)}`]) expect(() => parseExpr(query)).not.toThrow()
  })
})
