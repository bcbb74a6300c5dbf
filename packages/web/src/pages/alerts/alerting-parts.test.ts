import type { GrafanaRuleSummary, SilenceView } from '@haechi/server'
import { describe, expect, test } from 'vitest'
import { enAlerts } from '../../i18n/en-alerts.ts'
import { koAlerts } from '../../i18n/ko-alerts.ts'
import { commonLabels } from './alert-groups.ts'
import type { SayAlert } from './alert-words.ts'
import { currentAlerts, isKeptQuiet, isOpen, nextMorningMs } from './current-alerts.ts'
import { deliveriesCsv } from './delivery-csv.ts'
import { deliveryError } from './delivery-error.ts'
import { matcherText, matchersOfLabels, matchersText, parseLabels, parseMatchers, satisfies } from './matchers.ts'
import { copiedForm, grafanaForm, grafanaRule, isTime, newGrafanaForm } from './grafana-rule.ts'
import { hasTwin, pairsOf, recordOf, withPair } from './pairs.ts'
import { isTimesGood, specJson, specsOf } from './mute-timing.ts'
import { isSameTree, isStillAt, policyAt, withMoved, withMovedPolicy, withNewPolicy, withPolicy } from './policy-json.ts'
import { freeRefId, isNodeComplete } from './rule-nodes.ts'
import { otherRules } from './rule-rows.ts'
import { stateChanges } from './state-changes.ts'
import { playedFires, playedRule, playedSeries } from './use-rule-play.ts'

const silence = (id: string, more: Partial<SilenceView> = {}): SilenceView => ({ id, state: 'active', matchers: [], startsAtMs: 0, endsAtMs: 1, updatedAtMs: 0, createdBy: '', comment: '', ...more })

describe('[A5] matchers', () => {
  test.each(['a="b"', 'a="b", c!~"d.*"', 'job="we said \\"no\\"", x="a\\\\b"', 'a=""'])('[A5] what is written is read again: %s', text => expect(matchersText(parseMatchers(text)!)).toBe(text))
  test('[A5] braces and quotes may be left out; what is none is refused', () => {
    expect(parseMatchers('{severity=critical,job=~"a|b"}')?.map(matcherText)).toEqual(['severity="critical"', 'job=~"a|b"'])
    expect(parseMatchers('just words')).toBeUndefined()
    expect(parseLabels('a=b, c!=d')).toBeUndefined()
    expect(parseLabels('')).toEqual({})
  })
  test('[A5] private labels are not part of a silence', () => expect(matchersOfLabels({ b: '1', a: '2', __x__: '3' }).map(m => m.name)).toEqual(['a', 'b']))
  test.each([
    { text: 'job=orders', want: true }, { text: 'job=~"ord.*"', want: true }, { text: 'job=~"ord"', want: false }, { text: 'job!~"shop"', want: true }, { text: 'none=""', want: true }, { text: 'job=~"("', want: false },
  ])('[A5] $text -> $want', ({ text, want }) => expect(satisfies({ job: 'orders' }, parseMatchers(text)!)).toBe(want))
})

describe('[A7] why nobody is told', () => {
  const rule = { labels: { alertname: 'X', job: 'orders' }, annotations: {}, state: 'firing' as const, activeAt: '2026-01-01T00:00:00Z', value: '1' }
  const notified = (status: object, labels = rule.labels): Parameters<typeof currentAlerts>[1][number] => ({ fingerprint: 'f', labels, annotations: {}, startsAt: rule.activeAt, receivers: [], status: { state: 'suppressed', silencedBy: [], inhibitedBy: [], ...status } })
  test('[A6] an acknowledgement is no silence', () => {
    const [a] = currentAlerts([rule], [notified({ silencedBy: ['s'] })], [silence('s', { acknowledgement: true, createdBy: 'kim' })])
    expect([a!.acknowledgement?.createdBy, a!.silences, isKeptQuiet(a!), isOpen(a!)]).toEqual(['kim', [], false, false])
  })
  test('[A7] silences and the worse alert are named', () => {
    const worse = { ...notified({}), fingerprint: 'worse', labels: { alertname: 'Down', job: 'orders' } }
    const all = currentAlerts([rule], [notified({ silencedBy: ['s'], inhibitedBy: ['worse'] }, { ...rule.labels, cluster: 'added' } as never), worse], [silence('s')])
    expect(all).toHaveLength(2)
    expect(all[0]).toMatchObject({ silences: [{ id: 's' }], inhibitedBy: [{ alertname: 'Down' }] })
    expect(all[1]).toMatchObject({ labels: { alertname: 'Down' }, value: '' })
  })
  test('[A5] the next working morning is not on a weekend', () => {
    for (const [day, want] of [[5, 6], [9, 12], [10, 12], [11, 12]] as const) expect(new Date(nextMorningMs(new Date(2026, 0, day, 23).getTime()))).toEqual(new Date(2026, 0, want, 9))
  })
})

describe('[A12] why an attempt failed, in both languages', () => {
  const say = (catalogue: Readonly<Record<string, string>>): SayAlert => (key, values = {}) => catalogue[key]!.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => String(values[name]))
  const [english, korean] = [say(enAlerts), say(koAlerts)]
  test.each([
    ['connection refused', undefined, 'Connection refused', '연결을 거부했습니다'], ['no such host', undefined, 'No such host', '호스트를 찾을 수 없습니다'], ['its certificate is self-signed', undefined, 'The certificate cannot be trusted', '인증서를 믿을 수 없습니다'],
    ['timed out', undefined, 'No answer in time', '제때 응답하지 않았습니다'], ['connection closed by the other side', undefined, 'The connection was cut', '연결이 끊겼습니다'],
    ['Discord answered HTTP 404: Unknown Webhook', 404, 'It answered HTTP 404: Unknown Webhook', 'HTTP 404 응답: Unknown Webhook'], ['The webhook answered HTTP 429', 429, 'It answered HTTP 429', 'HTTP 429 응답'], ['The webhook answered HTTP 502', 502, 'It answered HTTP 502', 'HTTP 502 응답'],
  ])('%s', (error, httpStatus, en, ko) => {
    const d = { ok: false, error, ...(httpStatus === undefined ? {} : { httpStatus }) }
    expect([deliveryError(d, english)?.what, deliveryError(d, korean)?.what]).toEqual([en, ko])
    expect(deliveryError(d, korean)?.advice).toMatch(/[가-힣]/)
    expect(deliveryError(d, english)?.advice).not.toContain('|')
  })
  test('[A12] what nobody knows stays as it was said', () => {
    expect(deliveryError({ ok: false, error: '550 no such user', httpStatus: 550 }, korean)).toEqual({ what: '550 no such user', advice: undefined })
    expect(deliveryError({ ok: true }, korean)).toBeUndefined()
  })
})

test('[A12] the history as a file: every attempt with its answer, nothing of it a formula', () => {
  const text = deliveriesCsv([{ id: 1, tMs: 0, contactPoint: 'a, b', status: 'firing', title: '=1+1', alerts: 2, alertNames: ['A', 'B'], attempt: 1, ok: false, httpStatus: 500, error: 'say "no"', durationMs: 1500, nextAttemptMs: 1000 }])
  expect(text.split('\r\n')[1]).toBe("1970-01-01T00:00:00.000Z,\"a, b\",firing,'=1+1,A B,2,1,failed,500,1.5,\"say \"\"no\"\"\",,1970-01-01T00:00:01.000Z,")
})

test('[A3] what all alerts of a rule have in common', () => {
  expect(commonLabels([{ a: '1', b: '2' }, { a: '1', b: '3' }])).toEqual({ a: '1' })
  expect(commonLabels([])).toEqual({})
})

test('[A3] an alert has the limit that the server knows, also one that another server sent', () => {
  const limit = { op: 'outside', value: 10, high: 90, unit: '' }
  const sent = { fingerprint: 'f', labels: { alertname: 'X' }, annotations: {}, startsAt: '2026-01-01T00:00:00Z', receivers: [], status: { state: 'active', silencedBy: [], inhibitedBy: [] } } as const
  expect(currentAlerts([], [sent], [], [{ fingerprint: 'f', value: 95, threshold: limit }])).toMatchObject([{ value: '95', limit }])
  expect(currentAlerts([], [sent], [], [])[0]).not.toHaveProperty('limit')
})

test('[A8] a change is made only to what was looked at', () => {
  const tree = { receiver: 'a', routes: [{ object_matchers: [['x', '=', '1'], ['b', '=~', 'c']] as const }, { receiver: 'old' }] }
  const matchers = [{ name: 'b', value: 'c', isRegex: true, isEqual: true }, { name: 'x', value: '1', isRegex: false, isEqual: true }]
  expect([isStillAt(tree, [0], matchers), isStillAt(tree, [0], matchers.slice(1)), isStillAt(tree, [1], []), isStillAt(tree, [2], [])]).toEqual([true, false, true, false])
  expect(isSameTree(tree, { ...tree })).toBe(true)
  expect(withMoved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b'])
  expect(withMoved(['a'], 0, 1)).toEqual(['a'])
})

test('[A8] a policy is changed, added and removed at its place; the rest stays', () => {
  const tree = { receiver: 'a', routes: [{ receiver: 'b', routes: [{ receiver: 'c' }] }, { receiver: 'd' }] }
  expect(policyAt(tree, [0, 0])).toEqual({ receiver: 'c' })
  expect(withPolicy(tree, [0, 0], { receiver: 'x' })).toEqual({ receiver: 'a', routes: [{ receiver: 'b', routes: [{ receiver: 'x' }] }, { receiver: 'd' }] })
  expect(withPolicy(tree, [0], undefined)).toEqual({ receiver: 'a', routes: [{ receiver: 'd' }] })
  expect(withNewPolicy(tree, [1], { receiver: 'y' }).routes![1]).toEqual({ receiver: 'd', routes: [{ receiver: 'y' }] })
  expect(withMovedPolicy(tree, [1], -1).routes!.map(r => r.receiver)).toEqual(['d', 'b'])
  expect(withMovedPolicy(tree, [0, 0], 1)).toBe(tree)
  expect(withMovedPolicy(tree, [0], -1)).toBe(tree)
  expect(tree.routes[0]!.routes).toHaveLength(1)
})

describe('[A14] mute timings', () => {
  test('[A14] what Grafana writes comes out again', () => {
    const json = { times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday', 'tuesday', 'sunday'], days_of_month: ['1:5', '-1'], months: ['1:3', 'december'], years: ['2026'], location: 'Asia/Seoul' }
    expect(specJson(specsOf([json])[0]!)).toEqual({ ...json, weekdays: ['sunday', 'monday', 'tuesday'] })
    expect([...specsOf([{ weekdays: ['monday:wednesday', 'saturday'] }])[0]!.weekdays]).toEqual([1, 2, 3, 6])
    expect(specJson(specsOf([{}])[0]!)).toEqual({})
  })
  test('[A14] a night is cut at midnight', () => {
    const spec = { ...specsOf([{}])[0]!, times: '22:00-7:00, 12:00~13:00, 20:00-00:00' }
    expect(specJson(spec)['times']).toEqual([{ start_time: '22:00', end_time: '24:00' }, { start_time: '00:00', end_time: '07:00' }, { start_time: '12:00', end_time: '13:00' }, { start_time: '20:00', end_time: '24:00' }])
    expect(['', '9-10', '25:00-26:00', '09:00-10:00'].map(isTimesGood)).toEqual([true, false, false, true])
  })
})

test('[L1] the alerts page says the same in both languages, with the same placeholders', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]!).sort()
  for (const [key, text] of Object.entries(enAlerts)) expect({ key, holes: holes(koAlerts[key as keyof typeof enAlerts]) }).toEqual({ key, holes: holes(text) })
})

test('[A12] changes of state, newest first; what holds at the first step is none', () => {
  const line = (alertstate: string, vs: number[]): Parameters<typeof stateChanges>[0][number] => ({ id: alertstate, name: '', labels: { __name__: 'ALERTS', alertname: 'X', alertstate, job: 'a' }, ts: Float64Array.from([0, 1, 2, 3, 4]), vs: Float64Array.from(vs) })
  expect(stateChanges([line('pending', [1, 1, NaN, NaN, NaN]), line('firing', [NaN, NaN, 1, 1, NaN])])).toEqual([{ tMs: 4, labels: { alertname: 'X', job: 'a' }, to: 'inactive' }, { tMs: 2, labels: { alertname: 'X', job: 'a' }, to: 'firing' }])
  expect(stateChanges([])).toEqual([])
})

describe('[A11] the form of a Grafana-managed rule', () => {
  const summary = (rule: Readonly<Record<string, unknown>>): GrafanaRuleSummary => ({
    uid: 'u', title: 'T', folderUid: 'f', folderTitle: 'F', group: 'g', intervalMs: 60_000, provenance: '', paused: false, state: 'inactive', health: 'ok', lastEvaluationMs: null, instances: [], rule,
  })
  test('[A11] a new one compares the value now with the limit', () => {
    const form = { ...grafanaForm(summary({})), ...newGrafanaForm('up', '<', '0,5'), hold: '2m', noData: 'OK' }
    const rule = grafanaRule(form)
    expect(rule).toMatchObject({ title: 'T', folderUID: 'f', ruleGroup: 'g', condition: 'C', for: '2m', noDataState: 'OK', data: [{ model: { expr: 'up', instant: true } }, { datasourceUid: '__expr__', model: { type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: 'lt', params: [0.5] } }] } }] })
    expect(rule).not.toHaveProperty('notification_settings')
  })
  test('[A11] one that exists comes out as it went in, with all kinds of expressions and what the form does not show', () => {
    const query = (refId: string, model: object, from = 0): object => ({ refId, queryType: '', relativeTimeRange: { from, to: 0 }, datasourceUid: '__expr__', model: { refId, ...model } })
    const rule = {
      uid: 'u', title: 'T', folderUID: 'f', ruleGroup: 'g', orgID: 1, condition: 'E', for: '1w', keep_firing_for: '5m', noDataState: 'KeepLast', execErrState: 'OK', isPaused: false, missingSeriesEvalsToResolve: 4,
      labels: { team: 'a' }, annotations: { summary: '{{ $values.A }}' }, notification_settings: { receiver: 'r', group_by: ['x'] },
      data: [
        { ...query('A', { expr: 'up', instant: false, range: true, intervalMs: 5000, datasource: { type: 'prometheus', uid: 'p' } }, 900), datasourceUid: 'p' },
        query('B', { type: 'reduce', expression: 'A', reducer: 'mean', settings: { mode: 'replaceNN', replaceWithValue: 3 } }),
        query('C', { type: 'math', expression: '$B * 2' }),
        query('D', { type: 'resample', expression: 'A', window: '30s', downsampler: 'max', upsampler: 'fillna' }),
        query('E', { type: 'threshold', expression: 'C', conditions: [{ type: 'query', evaluator: { type: 'within_range', params: [1, 5] }, unloadEvaluator: { type: 'outside_range', params: [0, 6] } }] }),
        query('F', { type: 'classic_conditions', conditions: [{ type: 'query', evaluator: { type: 'no_value', params: [] }, operator: { type: 'or' }, query: { params: ['A'] }, reducer: { type: 'percent_diff', params: [] } }] }),
      ],
    }
    const form = grafanaForm(summary(rule))
    expect(grafanaRule(form)).toEqual(rule)
    expect(form.nodes.every(n => isNodeComplete(n, isTime))).toBe(true)
    expect(freeRefId(form.nodes)).toBe('G')
    const { uid: _u, ...copy } = rule
    expect(grafanaRule(copiedForm(summary(rule), 'T (copy)'))).toEqual({ ...copy, title: 'T (copy)' })
  })
  test('[A11] a rule is played without names and texts; an alert that goes on in another state is one', () => {
    const played = playedRule({ ...grafanaForm(summary({})), ...newGrafanaForm('up', '<', '0.5') })
    expect(played).toMatchObject({ condition: 'C', data: [{}, {}], noDataState: 'NoData' })
    expect(played).not.toHaveProperty('title')
    const view = {
      nodes: [], startMs: 1000, stepMs: 100, steps: 10, series: [{ labels: { job: 'a' }, values: [1, null] }, { labels: { job: 'b' }, values: [3, 4] }],
      instances: [{ labels: { job: 'a' }, spans: [{ from: 0, to: 1, state: 'Pending' as const }, { from: 2, to: 3, state: 'Alerting' as const }, { from: 4, to: 5, state: 'Recovering' as const }, { from: 8, to: 8, state: 'Alerting' as const }] }, { labels: { job: 'b' }, spans: [{ from: 3, to: 6, state: 'NoData' as const }] }],
    }
    expect(playedFires(view)).toEqual({ times: 3, totalMs: 900, spans: [{ fromMs: 1200, toMs: 1600 }, { fromMs: 1800, toMs: 1800 }] })
    expect(playedSeries(view).map(s => [s.name, Array.from(s.vs)])).toEqual([['a', [1, NaN]], ['b', [3, 4]]])
  })
  test('[A11] what is missing is known before it is sent', () => {
    const [a, c] = newGrafanaForm('', '>', '').nodes
    expect([a!, c!].map(n => isNodeComplete(n, isTime))).toEqual([false, false])
    expect(isNodeComplete({ ...c!, compare: { type: 'outside_range', low: '1', high: '' } }, isTime)).toBe(false)
  })
  test('[A11] names of labels are unique; a text that is empty takes its row away', () => {
    expect(hasTwin([{ name: 'a', value: '1' }, { name: ' a', value: '2' }, { name: '', value: '' }, { name: '', value: '' }])).toBe(true)
    expect(recordOf(withPair(withPair(pairsOf({ a: '1', b: '2' }), 'a', ''), 'c', '3'))).toEqual({ b: '2', c: '3' })
  })
})

test('[A13] rules of files stand worst first beside those made here, without the latter', () => {
  const rule = (name: string, more: object = {}) => ({ name, type: 'alerting' as const, query: 'up', health: 'ok' as const, evaluationTime: 0.002, lastEvaluation: '2026-01-01T00:00:00Z', state: 'inactive' as const, ...more })
  const lines = otherRules([{ name: 'own', file: 'haechi:builtin', interval: 15, rules: [rule('no')] }, { name: 'g', file: '/x/disks.yml', interval: 15, rules: [rule('b'), rule('a', { state: 'firing' }), rule('c', { lastEvaluation: '0001-01-01T00:00:00Z', health: 'unknown' })] }], [])
  expect(lines.map(l => [l.title, l.state, l.from, l.tookMs])).toEqual([['a', 'firing', 'disks.yml · g', 2], ['c', 'unknown', 'disks.yml · g', 2], ['b', 'inactive', 'disks.yml · g', 2]])
  expect(lines[1]!.lastMs).toBeUndefined()
})
