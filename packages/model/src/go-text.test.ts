import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goFormatFloat, goQuote, goQuoteRune, goUnicode, isLabelName, isWellFormed, utf8Length } from './go-text.ts'

describe('[G1] quoted text is that of strconv.Quote', () => {
  test.each([
    ['plain', '"plain"'], ['a"b\\c', '"a\\"b\\\\c"'], ["it's", '"it\'s"'], ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'], ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"'], ['한글 é 😀', '"한글 é 😀"'],
    ['\u00a0\u200b\u2028\ufeff', '"\\u00a0\\u200b\\u2028\\ufeff"'], ['\u{e0001}', '"\\U000e0001"'], ['\udcff', '"\\xff"'], ['\ud800', '"\\ufffd"'],
  ])('%j', (text, want) => expect(goQuote(text)).toBe(want))
  test('runes', () => {
    expect(goQuoteRune("'")).toBe("'\\''")
    expect(goQuoteRune('"')).toBe(`'"'`)
    expect(goUnicode('q')).toBe("U+0071 'q'")
    expect(goUnicode('\n')).toBe('U+000A')
  })
})

describe('[G2] floats without exponent are those of strconv.FormatFloat', () => {
  test.each([
    [0, '0'], [-0, '-0'], [1.5, '1.5'], [1e21, '1000000000000000000000'], [-1.25e22, '-12500000000000000000000'], [1e-7, '0.0000001'], [1.5e-9, '0.0000000015'], [123456.789, '123456.789'],
    [NaN, 'NaN'], [Infinity, '+Inf'], [-Infinity, '-Inf'], [5e-324, `0.${'0'.repeat(323)}5`], [1.7976931348623157e308, `17976931348623157${'0'.repeat(292)}`],
  ])('%d', (v, want) => expect(goFormatFloat(v)).toBe(want))
  test('read again it is the same number', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), v => {
      const text = goFormatFloat(v)
      expect(text).not.toMatch(/e/)
      expect(Number(text)).toBe(v)
    }))
  })
})

describe('[G3] UTF-8', () => {
  test('length in bytes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text))
    }))
    expect(utf8Length('\ud800a')).toBe(4)
  })
  test('halves of pairs', () => {
    expect(isWellFormed('a😀')).toBe(true)
    expect(isWellFormed('a\ud83d')).toBe(false)
    expect([isLabelName('한 글'), isLabelName(''), isLabelName('\udcff')]).toEqual([true, false, false])
  })
})
