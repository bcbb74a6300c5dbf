import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeNext } from '../pages/login/safe-next.ts'
import { decodeSearch, encodeSearch, keepTime, patchSearch } from './search.ts'
import type { PageSearch } from './search.ts'

const word = fc.string({ minLength: 1, unit: 'grapheme' })
const names = fc.stringMatching(/^[a-zA-Z_]\w{0,8}$/).filter(n => n !== '__proto__')
const searches: fc.Arbitrary<PageSearch> = fc.record({
  from: word, to: word, refresh: word, filter: word, tab: word, open: word, next: word,
  expr: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }),
  variables: fc.dictionary(names, fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
}, { requiredKeys: [] })

describe('[U1] the address', () => {
  test('[U1] reads back what was written', () => {
    fc.assert(fc.property(searches, s => {
      expect(decodeSearch(encodeSearch(s))).toEqual(s)
    }))
  })
  test('[U1] keeps a query with every sign', () => {
    const s = { expr: ['sum by (job) (rate(a{b=~"x|y+z&=#"}[5m])) > 0.5 # 한글'] }
    expect(decodeSearch(encodeSearch(s))).toEqual(s)
  })
})

describe('[U2] what is not written', () => {
  test.each([
    { name: 'nothing', s: {}, want: '' },
    { name: 'empty filter', s: { filter: '' }, want: '' },
    { name: 'one member', s: { from: 'now-6h' }, want: '?from=now-6h' },
  ])('[U2] $name', ({ s, want }) => expect(encodeSearch(s)).toBe(want))
  test('[U2] drops unknown names', () => expect(decodeSearch('?utm_source=x&var-=y&from=now-1d')).toEqual({ from: 'now-1d' }))
  test('[U2] a patch with undefined takes away', () => expect(patchSearch({ from: 'a', filter: 'b' }, { filter: undefined, tab: 'c' })).toEqual({ from: 'a', tab: 'c' }))
})

test('[U3] a link keeps the time only', () => {
  expect(keepTime({ from: 'now-6h', to: 'now', refresh: '5s', filter: 'x', expr: ['up'], open: 'y' })).toEqual({ from: 'now-6h', to: 'now', refresh: '5s' })
})

describe('[U4] links of Prometheus', () => {
  test('[U4] queries and table tab', () => expect(decodeSearch('?g0.expr=up%20%3D%3D%200&g0.tab=1&g1.expr=foo')).toEqual({ expr: ['up == 0', 'foo'], tab: 'table' }))
  test('[U4] graph tab is the default', () => expect(decodeSearch('?g0.expr=up&g0.tab=0')).toEqual({ expr: ['up'] }))
  test('[U4] our own queries win', () => expect(decodeSearch('?expr=a&g0.expr=b')).toEqual({ expr: ['a'] }))
})

describe('[U5] after signing in', () => {
  test.each([
    { next: undefined, base: '', want: '/' },
    { next: '/explore?expr=up', base: '', want: '/explore?expr=up' },
    { next: '/watch/alerts', base: '/watch', want: '/alerts' },
    { next: '/watch', base: '/watch', want: '/' },
    { next: '//evil.example', base: '', want: '/' },
    { next: '/\\evil.example', base: '', want: '/' },
    { next: 'https://evil.example', base: '', want: '/' },
    { next: '/watch//evil.example', base: '/watch', want: '/' },
    { next: '/login?next=/login', base: '', want: '/' },
  ])('[U5] $next below "$base" -> $want', ({ next, base, want }) => expect(safeNext(next, base)).toBe(want))
})
