import { parseExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { BUILTIN_RULE_UIDS, builtinRule, builtinRules, checkGroups, exprThreshold, exprWithThreshold, exprWithoutThreshold } from './index.ts'
import type { RuleServiceKind } from './index.ts'

const FASTAPI: RuleServiceKind = {
  id: 'fastapi', requests: { metric: 'http_requests_total', when: ['handler!=""', 'status!=""'], status: 'status' },
  latency: { metric: 'http_request_duration_highr_seconds', when: [], toSeconds: 1, hasEndpoint: false }, exclude: [{ label: 'handler', values: ['/metrics'] }],
}
const DJANGO: RuleServiceKind = {
  id: 'django', requests: { metric: 'django_http_responses_total_by_status_view_method_total', when: [], status: 'status' },
  latency: { metric: 'django_http_requests_latency_seconds_by_view_method', when: [], toSeconds: 1, hasEndpoint: true }, exclude: [{ label: 'view', values: ['prometheus-django-metrics'] }],
}
const LOWR: RuleServiceKind = { ...FASTAPI, id: 'lowr', latency: { metric: 'http_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true, highestSeconds: 1 } }

describe('[R30] the built-in rules', () => {
  test('can be loaded for no, one and many kinds', () => {
    for (const kinds of [[], [FASTAPI], [DJANGO, FASTAPI, { ...FASTAPI, id: 'again' }]]) expect(checkGroups([builtinRules({ kinds })])).toEqual([])
  })
  test('have the names, limits and times that people expect', () => {
    expect(builtinRules({ kinds: [FASTAPI] }).rules.map(r => (r.kind === 'alerting' ? [r.uid, r.name, r.threshold, r.forMs, r.labels] : []))).toEqual([
      ['builtin-5xx', 'High 5xx Error Rate', { op: '>', value: 0.01, unit: 'ratio' }, 300_000, ['severity', 'warning']],
      ['builtin-p95', 'p95 latency > 1.5 s', { op: '>', value: 1.5, unit: 's' }, 300_000, ['severity', 'warning']],
      ['builtin-down', 'Service down', { op: '==', value: 0, unit: '' }, 60_000, ['severity', 'critical']],
    ])
  })
  test('speak English and Korean', () => {
    for (const uid of BUILTIN_RULE_UIDS) {
      const { annotations } = builtinRule(uid, [FASTAPI])
      expect(annotations.filter((_, i) => i % 2 === 0)).toEqual(['description', 'description_ko', 'summary', 'summary_ko'])
      expect(annotations.join('')).toMatch(/[가-힣]/)
    }
  })
  test('look back two minutes further than `for`, so that one burst can fire them', () => {
    expect(builtinRule('builtin-5xx', [FASTAPI]).expr).toContain('[7m]')
    expect(builtinRule('builtin-5xx', [FASTAPI], { forMs: 900_000 }).expr).toContain('[17m]')
    expect(builtinRule('builtin-5xx', [FASTAPI], { forMs: 0 }).expr).toContain('[5m]')
  })
  test('count two kinds with the same series once', () => {
    expect(builtinRule('builtin-5xx', [FASTAPI, { ...FASTAPI, id: 'node' }]).expr).toBe(builtinRule('builtin-5xx', [FASTAPI]).expr)
  })
  test('leave out histograms that can not show the limit', () => {
    expect(builtinRule('builtin-p95', [LOWR]).expr).toContain('vector(0)')
    expect(builtinRule('builtin-p95', [LOWR], { threshold: 0.5 }).expr).toContain('http_request_duration_seconds_bucket')
  })
  test('say a changed limit in their texts and expressions', () => {
    const rule = builtinRule('builtin-5xx', [DJANGO], { threshold: 0.05 })
    expect(rule.annotations.join(' ')).toContain('5%')
    expect(exprThreshold(rule.expr)).toEqual({ op: '>', value: 0.05, unit: '' })
  })
})

describe('[R31] the limit of an expression', () => {
  test.each([
    ['a > 0.01', '>', 0.01, 'a'], ['0.5 < rate(a[5m])', '>', 0.5, 'rate(a[5m])'], ['(a / b) >= -1', '>=', -1, 'a / b'], ['up == 0', '==', 0, 'up'], ['(a > 2) and b', '>', 2, 'a'], ['a < 3 unless on (x) c', '<', 3, 'a'],
  ])('%s', (expr, op, value, side) => {
    expect(exprThreshold(expr)).toEqual({ op, value, unit: '' })
    expect(exprWithoutThreshold(expr)).toBe(side)
    expect(exprThreshold(exprWithThreshold(expr, 7))!.value).toBe(7)
    parseExpr(exprWithThreshold(expr, -0.5))
  })
  test.each([
    ['a < 10 or a > 90', 'outside', 'a'], ['sum(a) > 90 or (sum(a)) <= 10', 'outside', 'sum(a)'], ['a > 10 and a < 90', 'within', 'a'], ['a > 10 < 90', 'within', 'a'], ['10 <= a <= 90', 'within', 'a'],
  ])('[R31] a range: %s', (expr, op, side) => {
    expect(exprThreshold(expr)).toEqual({ op, value: 10, high: 90, unit: '' })
    expect(exprWithoutThreshold(expr)).toBe(side)
    expect(() => exprWithThreshold(expr, 7)).toThrow('one number')
  })
  test('two comparisons that are no range', () => {
    expect(exprThreshold('a > 10 and b < 90')).toEqual({ op: '>', value: 10, unit: '' })
    for (const expr of ['a > 10 or b > 90', 'a > 10 or a > 90', 'a < 10 or b > 90']) expect(exprThreshold(expr)).toBeUndefined()
  })
  test.each(['a', 'a > b', 'a or b > 1', 'a > bool 1', 'absent(up)'])('%s has none', expr => expect(exprThreshold(expr)).toBeUndefined())
})
