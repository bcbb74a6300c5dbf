import { parseFields } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { GrafanaRuleManager, readRuleProvisioning, ruleFields } from '@haechi/rules'
import type { GrafanaRule, RuleProvisioning } from '@haechi/rules'
import { openState } from '@haechi/server'
import type { StateStore } from '@haechi/server'
import { MemoryStorage } from '@haechi/storage'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { withDirectRoutes } from './direct-routes.ts'
import { GrafanaRules } from './grafana-rules.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function rule(more: Record<string, unknown> = {}): GrafanaRule {
  const json = {
    uid: 'r1', title: 'R1', folderUID: 'team', ruleGroup: 'g', condition: 'A', data: [{ refId: 'A', relativeTimeRange: { from: 60, to: 0 }, datasourceUid: 'p', model: { expr: 'up', instant: true } }], ...more,
  }
  return ruleFields(parseFields(JSON.stringify(json), 'body'), 'api', t => t, { group: '', folderUid: '' })
}
function files(yaml: string): RuleProvisioning {
  return readRuleProvisioning(parseFields(yaml, 'rules.yaml'), t => t)
}
const FILE = 'groups: [{name: f, folder: Obs, interval: 10s, rules: [{uid: ff, title: F, condition: A, data: [{refId: A, datasourceUid: p, model: {expr: up, instant: true}}]}]}]\n'

async function bench(state?: StateStore): Promise<{ state: StateStore; rules: GrafanaRules; direct: string[] }> {
  const store = state ?? await openState(':memory:', { log: silent })
  const storage = new MemoryStorage()
  const manager = new GrafanaRuleManager({
    query: new LocalQueryEngine(storage), appendable: storage, clock: new VirtualClock(0), log: silent, externalUrl: 'http://h', scrapeIntervalMs: 15_000, evaluationTimeoutMs: 30_000, maxAttempts: 1,
    store: store.grafanaRules, notify: () => {},
  })
  const direct: string[] = []
  const rules = new GrafanaRules(store, manager, { names: () => new Set(['team']), setDirect: found => { direct.splice(0, direct.length, ...found.map(r => r.uid)) } }, () => {})
  return { state: store, rules, direct }
}

describe('[P20] Grafana-managed rules that are kept', () => {
  test('are made, changed, moved and removed; a start finds them again', async () => {
    const { state, rules, direct } = await bench()
    await state.folders.put('team', 'Team', '')
    await rules.load({ groups: [], deleteRules: [] })
    await rules.putRule(rule(), true, '')
    await rules.putRule(rule({ uid: 'r2', title: 'R2', notification_settings: { receiver: 'team' } }), true, 'api')
    expect(rules.groups()).toMatchObject([{ name: 'g', folderUid: 'team', folderTitle: 'Team', intervalMs: 60_000, rules: [{ uid: 'r1' }, { uid: 'r2' }] }])
    expect([rules.rules().map(k => k.provenance), direct]).toEqual([['', 'api'], ['r2']])
    await rules.putGroup({ name: 'g', folderUid: 'team', intervalMs: 20_000, rules: [rule({ for: '1m' })] }, '')
    expect(rules.groups()).toMatchObject([{ intervalMs: 20_000, rules: [{ uid: 'r1', forMs: 60_000 }] }])
    const again = (await bench(state)).rules
    await again.load({ groups: [], deleteRules: [] })
    expect(again.groups()).toEqual(rules.groups())
    await rules.deleteGroup('team', 'g')
    expect(rules.groups()).toEqual([])
    await state.close()
  })
  test('what contradicts is refused with the reason, and nothing changes', async () => {
    const { state, rules } = await bench()
    await state.folders.put('team', 'Team', '')
    await rules.load(files(FILE))
    await rules.putRule(rule(), true, '')
    const before = rules.rules()
    await expect(rules.putRule(rule(), true, '')).rejects.toMatchObject({ status: 409, message: /uid r1 already/ })
    await expect(rules.putRule(rule({ uid: 'r9' }), true, '')).rejects.toMatchObject({ status: 409, message: /rule titles of a folder are unique/ })
    await expect(rules.putRule(rule({ uid: 'r9', title: 'x', folderUID: 'nope' }), true, '')).rejects.toMatchObject({ status: 400, message: /there is no folder "nope"/ })
    await expect(rules.putRule(rule({ uid: 'r9', title: 'x', notification_settings: { receiver: 'who' } }), true, '')).rejects.toMatchObject({ status: 400, message: /no contact point "who"/ })
    await expect(rules.putRule(rule({ uid: 'r9' }), false, '')).rejects.toMatchObject({ status: 404 })
    await expect(rules.deleteRule('ff')).rejects.toMatchObject({ status: 409, message: /comes from a file/ })
    await expect(rules.deleteGroup('team', 'none')).rejects.toMatchObject({ status: 404 })
    expect(rules.rules()).toEqual(before)
    await state.close()
  })
  test('files: folders are made by title, rules go with their files, deleteRules removes what was made here', async () => {
    const { state, rules } = await bench()
    await state.folders.put('team', 'Team', '')
    await rules.load(files(FILE))
    await rules.putRule(rule(), true, '')
    const folder = (await state.folders.list()).find(f => f.title === 'Obs')!
    expect(rules.rules().map(k => [k.rule.uid, k.rule.folderUid, k.provenance])).toEqual([['ff', folder.uid, 'file'], ['r1', 'team', '']])
    await rules.load(files('deleteRules: [{uid: r1}]\n'))
    expect(rules.rules()).toEqual([])
    await expect(rules.load(files(FILE.replace('condition: A', 'condition: A, notification_settings: {receiver: who}')))).rejects.toThrow('rules.yaml: rule "F": notification_settings.receiver: there is no contact point "who"')
    await state.close()
  })
})

test('[P21] rules with a contact point of their own have a first branch of the tree, as Grafana makes it', () => {
  const config = { contactPoints: [{ uid: 'c1', name: 'team', type: 'webhook', url: 'http://x', origin: 'ui' }, { uid: 'c2', name: 'other', type: 'webhook', url: 'http://y', origin: 'ui' }] } as const
  const { routing } = withDirectRoutes(config, [rule({ notification_settings: { receiver: 'team', group_by: ['job'], group_wait: '5s' } }), rule({ notification_settings: { receiver: 'other' } })], [])
  const text = (m: readonly Matcher[]): string => m.map(x => `${x.name}${x.type}${x.value}`).join()
  const first = routing!.route.routes[0]!
  expect([routing!.route.receiver, text(first.matchers), first.groupBy]).toEqual(['default', '__grafana_autogenerated__=true', ['grafana_folder', 'alertname']])
  expect(first.routes.map(r => [text(r.matchers), r.receiver])).toEqual([['__grafana_receiver__=team', 'team'], ['__grafana_receiver__=other', 'other']])
  expect(first.routes[0]!.routes[0]).toMatchObject({ groupBy: ['grafana_folder', 'alertname', 'job'], groupWaitMs: 5_000 })
  expect(routing!.receivers).toMatchObject([{ name: 'default', contactPoints: ['c1', 'c2'] }, { name: 'team', contactPoints: ['c1'] }, { name: 'other', contactPoints: ['c2'] }])
})
