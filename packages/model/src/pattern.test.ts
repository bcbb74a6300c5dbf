import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, test } from 'vitest'
import { PatternError, compilePattern } from './pattern.ts'
import { patternShape } from './pattern-shape.ts'

const fails = (source: string, message: string): void => test(`${source} fails`, () => expect(() => compilePattern(source)).toThrow(new PatternError(message)))

describe('[P1] errors are those of Go', () => {
  fails('foo(', 'error parsing regexp: missing closing ): `foo(`')
  fails('*a', 'error parsing regexp: missing argument to repetition operator: `*`')
  fails('a**', 'error parsing regexp: invalid nested repetition operator: `**`')
  fails('[z-a]', 'error parsing regexp: invalid character class range: `z-a`')
  fails('a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`')
  fails('(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`')
  fails('\\8', 'error parsing regexp: invalid escape sequence: `\\8`')
  fails('a)', 'error parsing regexp: unexpected ): `a)`')
  fails('[a', 'error parsing regexp: missing closing ]: `[a`')
  fails('a\\', 'error parsing regexp: trailing backslash at end of expression: ``')
})

describe('[P2] literals and prefix', () => {
  test.each<[source: string, literals: readonly string[] | undefined, prefix: string | undefined]>([
    ['', [''], undefined],
    ['foo', ['foo'], 'foo'],
    ['foo|bar|foo', ['foo', 'bar'], undefined],
    ['a(b|c)d', ['abd', 'acd'], 'a'],
    ['^(?:5..|x)$', undefined, undefined],
    ['^foo$', ['foo'], 'foo'],
    ['web-[1-3]', ['web-1', 'web-2', 'web-3'], 'web-'],
    ['https?', ['https', 'http'], 'http'],
    ['a\\.b', ['a.b'], 'a.b'],
    ['foo.*', undefined, 'foo'],
    ['foo.+|fox', undefined, 'fo'],
    ['.*foo', undefined, undefined],
    ['5\\d\\d', undefined, '5'],
    ['ab*', undefined, 'a'],
    ['ab+', undefined, 'ab'],
    ['(?i)foo', undefined, undefined],
    ['[^a]', undefined, undefined],
    ['/api/.*|/v1/.*', undefined, '/'],
  ])('%s', (source, literals, prefix) => {
    const p = compilePattern(source)
    expect(p.literals).toEqual(literals)
    expect(p.prefix).toBe(prefix)
  })

  test('a list of more than 256 words is matched but not listed', () => {
    const words = Array.from({ length: 5000 }, (_, i) => `host-${i}`)
    const p = compilePattern(words.join('|'))
    expect(p.literals).toBeUndefined()
    expect(p.matches('host-4999')).toBe(true)
    expect(p.matches('host-5000')).toBe(false)
  })
})

describe('[P3] the whole text must match, dot matches newline', () => {
  test.each([
    ['foo.*', 'foo\nbar', true], ['foo.*', 'xfoo', false], ['.+', '', false], ['.+', '\n', true], ['.*', '', true], ['a.+b', 'ab', false], ['a.*b', 'ab', true], ['a.*a', 'a', false],
    ['.*a.+a.*', 'aa', false], ['.*a.+a.*', 'aba', true], ['.+.+', 'x', false], ['.+.+', 'xy', true], ['é.+', 'é😀', true], ['(?i)foo', 'FOO', true],
  ])('%s on %j: %s', (source, text, want) => expect(compilePattern(source).matches(text)).toBe(want))
})

describe('[P4] the shortcuts agree with RE2', () => {
  const atom = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', 'é', '😀', '\\.', '-', '_', ' ', '\\|') },
    { weight: 3, arbitrary: fc.constantFrom('.*', '.+', '.*?') },
    fc.constantFrom('[ab]', '[a-c]', '[0-2]', '[a.]', 'a?', '(a|b)', '(?:a|b)?', '(ab|)', '(?:a.*|b)', '()', '^', '$', '.', 'a*', 'b+', '(?i)a', '\\d', '{', '}', ']', 'a{2}', '[^a]', '??', '*', '('),
  )
  const source = fc.array(fc.array(atom, { maxLength: 4 }).map(a => a.join('')), { minLength: 1, maxLength: 3 }).map(a => a.join('|'))
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'ab', 'é', '😀', '.', '-', '|', '0', '\n', '{', '}'), { maxLength: 6 }).map(a => a.join(''))

  test('on any text', () => {
    let shortcuts = 0
    fc.assert(fc.property(source, fc.array(text, { minLength: 5, maxLength: 12 }), (s, texts) => {
      let re: RE2JS | undefined
      try {
        re = RE2JS.compile(s, RE2JS.DOTALL)
      } catch {
        expect(() => compilePattern(s)).toThrow(PatternError)
        return
      }
      const p = compilePattern(s)
      if (patternShape(s) !== undefined) shortcuts++
      for (const t of [...texts, ...(p.literals ?? [])]) {
        const want = re.matches(t)
        expect(`${JSON.stringify(t)} ${p.matches(t)}`).toBe(`${JSON.stringify(t)} ${want}`)
        if (p.literals !== undefined) expect(p.literals.includes(t)).toBe(want)
        if (want && p.prefix !== undefined) expect(t.startsWith(p.prefix)).toBe(true)
      }
    }), { numRuns: 4000 })
    expect(shortcuts).toBeGreaterThan(1000)
  })
})

describe('[P5] compiled patterns are remembered', () => {
  test('the same source gives the same object until 1,000 others were used', () => {
    const p = compilePattern('remember.*')
    expect(compilePattern('remember.*')).toBe(p)
    for (let i = 0; i < 999; i++) compilePattern(`other-${i}`)
    expect(compilePattern('remember.*')).toBe(p)
    for (let i = 0; i < 1000; i++) compilePattern(`another-${i}`)
    expect(compilePattern('remember.*')).not.toBe(p)
  })
})
