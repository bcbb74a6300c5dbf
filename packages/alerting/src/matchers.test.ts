import { labelsFromObject, matchesLabels } from '@haechi/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HAS_AMTOOL, checkConfigs } from '../test/amtool.ts'
import { MatcherError, parseClassicMatchers, parseMatcher, parseMatchers, parseUtf8Matchers, printMatchers, sortMatchers } from './matchers.ts'

const reads = (input: string, printed: string): void => test(`[A50] ${input}  reads as  ${printed}`, () => expect(printMatchers(parseUtf8Matchers(input))).toBe(printed))
const fails = (input: string, error: string): void => test(`[A50] ${input}  fails: ${error}`, () => expect(() => parseUtf8Matchers(input)).toThrow(new MatcherError(error)))

describe('[A50] the UTF-8 parser', () => {
  reads('', '{}')
  reads('{}', '{}')
  reads('{foo=bar,}', '{foo="bar"}')
  reads('foo!=bar', '{foo!="bar"}')
  reads('foo=~[a-z]+ , bar!~"x,y"', '{foo=~"[a-z]+",bar!~"x,y"}')
  reads('{가=🙂bar}', '{가="🙂bar"}')
  reads('"foo bar"="\\xf0\\x9f\\x99\\x82\\t\\U0001f642"', '{"foo bar"="🙂\\t🙂"}')
  reads('{"foo"="\\"bar\\\\"}', '{foo="\\"bar\\\\"}')
  fails(',', '0:1: unexpected ,: expected label name')
  fails('{,}', '1:2: unexpected ,: expected label name')
  fails('{', '0:1: end of input: expected close brace')
  fails('}', '0:1: }: expected opening brace')
  fails('foo=bar}', '0:8: }: expected opening brace')
  fails('{foo=bar', '0:8: end of input: expected close brace')
  fails('{foo=:"bar"}', '6:11: unexpected "bar": expected a comma or close brace')
  fails('{foo="bar\\w"}', '5:12: "bar\\w": invalid input')
  fails('{foo=bar\\n}', '8:9: \\: invalid input: expected a comma or close brace')
  fails('{"foo"="\\xf0\\x9f"}', '7:17: "\\xf0\\x9f": invalid input')
  fails('foo==bar', '4:5: unexpected =: expected label value')
  fails('foo=~(', 'failed to create matcher: error parsing regexp: missing closing ): `^(?:()$`')
})

describe('[A51] both parsers', () => {
  test.each([
    ['foo==bar', '{foo="=bar"}'], ['foo="a\\d"', '{foo="a\\\\d"}'], ['foo=', '{foo=""}'], ['{foo="bar", a!="b", }', '{foo="bar",a!="b"}'], ['가="나"', '{가="나"}'],
    ['quote="She said: \\"Hi, ladies!\\""', '{quote="She said: \\"Hi, ladies!\\""}'], ['a="x\\ny"', '{a="x\\ny"}'],
  ])('[A51] %s reads as %s', (input, printed) => expect(printMatchers(parseMatchers(input))).toBe(printed))
  test.each([
    ['=', 'bad matcher format: ='], ['foo="a', 'matcher value contains unescaped double quote: "a'], ['foo=a"b', 'matcher value contains unescaped double quote: a"b'], ['foo', 'bad matcher format: foo'],
  ])('[A51] %s fails: %s', (input, error) => expect(() => parseMatchers(input)).toThrow(new MatcherError(error)))
  test('[A51] one matcher is exactly one', () => {
    expect(() => parseMatcher('{a="b"}')).toThrow('unexpected open or close brace: {a="b"}')
    expect(printMatchers([parseMatcher('a=b,c=d')])).toBe('{a="b,c=d"}')
  })
  test('[A51] order is name, value, operator', () => {
    expect(printMatchers(sortMatchers(parseMatchers('b="1",a!~"x",a="x",a="a"')))).toBe('{a="a",a="x",a!~"x",b="1"}')
  })
  test('[A51] what is printed reads the same again', () => {
    const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    fc.assert(fc.property(fc.array(fc.record({ name: label, value: fc.string({ unit: 'grapheme', maxLength: 8 }), not: fc.boolean() }), { maxLength: 4 }), list => {
      const matchers = list.map(m => ({ type: m.not ? '!=' as const : '=' as const, name: m.name, value: m.value }))
      expect(parseUtf8Matchers(printMatchers(matchers))).toEqual(matchers)
    }))
  })
  test('[A51] whatever is sent, the answer is matchers or a MatcherError', () => {
    const piece = fc.constantFrom('{', '}', ',', '=', '!=', '=~', '!~', '"', '\\', ' ', 'a', 'foo', '가', '(', '\n', '\\x41', '.*')
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(piece).map(p => p.join(''))), text => {
      for (const read of [parseMatchers, parseUtf8Matchers, parseClassicMatchers, parseMatcher]) {
        try {
          read(text)
        } catch (err) {
          expect(err).toBeInstanceOf(MatcherError)
        }
      }
    }), { numRuns: 500 })
  })
  test('[A51] a missing label is an empty one', () => {
    expect(matchesLabels(parseMatchers('a=""'), labelsFromObject({ b: 'x' }))).toBe(true)
    expect(matchesLabels(parseMatchers('a!~"x|y"'), labelsFromObject({ b: 'x' }))).toBe(true)
  })
})

describe.skipIf(!HAS_AMTOOL)('[A52] the real amtool takes and refuses the same, with the same words', () => {
  const piece = fc.constantFrom('{', '}', ',', ',', '=', '=', '!=', '=~', '!~', '"', '"', '\\', ' ', 'a', 'foo', '가', '(', '\\n', '\\"', '.*', '!', '~')
  const shaped = fc.tuple(fc.constantFrom('', '{'), fc.array(fc.tuple(fc.constantFrom('a', '"a b"', '가', '"', ''), fc.constantFrom('=', '!=', '=~', '!~', '!', '=='), fc.constantFrom('b', '"b"', '"\\d"', '"\\u00e9"', '[a-z]+', '(', '')).map(t => t.join('')), { maxLength: 3 }).map(p => p.join(',')), fc.constantFrom('', '}', ','))
    .map(t => t.join(''))
  const inputs = fc.sample(fc.oneof(fc.array(piece, { minLength: 1, maxLength: 8 }).map(p => p.join('')), shaped), { numRuns: 400, seed: 7 })
  const config = (input: string): string => JSON.stringify({ route: { receiver: 'a', routes: [{ matchers: [input] }] }, receivers: [{ name: 'a' }] })
  const outcome = (read: (text: string) => unknown, text: string): string | undefined => {
    try {
      read(text)
      return undefined
    } catch (err) {
      return (err as Error).message.trim()
    }
  }
  const varied = (real: readonly (string | undefined)[]): void => {
    expect(new Set(real).size).toBeGreaterThan(50)
    expect(real.filter(r => r === undefined).length).toBeGreaterThan(20)
  }
  test('[A52] strict', async () => {
    const real = await checkConfigs(inputs.map(config), '--enable-feature=utf8-strict-mode')
    varied(real)
    expect(inputs.map((text, i) => [text, outcome(parseUtf8Matchers, text)?.trim(), i])).toEqual(inputs.map((text, i) => [text, real[i]?.trim(), i]))
  })
  test('[A52] as it comes', async () => {
    const real = await checkConfigs(inputs.map(config))
    varied(real)
    expect(inputs.map(text => [text, outcome(parseMatchers, text)?.trim()])).toEqual(inputs.map((text, i) => [text, real[i]?.trim()]))
  })
})
