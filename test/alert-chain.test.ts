import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, own } from './support/api.ts'
import { everythingSaid, newFolder, note, runHaechi, sleep, startHaechi, startRelayProcess, waitFor } from './support/haechi.ts'
import type { RunningHaechi } from './support/haechi.ts'
import { NO_PEERS, peerPorts, runPeer, startPeers } from './support/peers.ts'
import { recorder, serve } from './support/targets.ts'

/** Discord's message as far as it is looked at here. */
interface Message { readonly embeds?: readonly { readonly title?: string; readonly description?: string; readonly color?: number; readonly fields?: readonly { readonly name: string; readonly value: string }[] }[]; readonly content?: string }
interface Webhook { readonly status: string; readonly receiver: string; readonly groupLabels: Record<string, string>; readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string>; readonly startsAt: string; readonly endsAt: string }[] }

const SECRET = 'discord-secret-e5b1f0'

/** A target that can be made to fail. */
async function patient(): Promise<{ readonly address: string; fail: boolean }> {
  const state = { address: '', fail: false }
  const { address } = await serve((_req, res) => {
    if (state.fail) res.writeHead(500).end('broken')
    else res.setHeader('content-type', 'text/plain; version=0.0.4').end('patient_info 1\n')
  })
  state.address = address
  return state
}

function chainConfig(target: string): string {
  return JSON.stringify({
    global: { scrape_interval: '500ms', evaluation_interval: '500ms' }, rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'patient', static_configs: [{ targets: [target] }] }],
  })
}
const RULES = JSON.stringify({
  groups: [{ name: 'chain', rules: [{ alert: 'PatientDown', expr: 'up{job="patient"} == 0', for: '2s', labels: { severity: 'critical' }, annotations: { summary: '{{ $labels.job }} does not answer', description: 'value {{ $value }}' } }] }],
})

async function alertState(haechi: RunningHaechi): Promise<string | undefined> {
  return (await ask<{ alerts: { state: string; labels: Record<string, string> }[] }>(haechi.url, 'alerts')).data.alerts.find(a => a.labels['alertname'] === 'PatientDown')?.state
}

describe.concurrent('N1 from a failing target to a message', { retry: 1 }, () => {
  test('[N1] pending, firing, refused once with 429, delivered; killed and restarted; resolved: one message each', { timeout: 150_000 }, async () => {
    // The first message of each place is refused; whoever counts those that were taken must find one of each kind.
    const discord = await recorder(n => (n === 0 ? 429 : 200))
    const hook = await recorder()
    const target = await patient()
    const cwd = newFolder()
    writeFileSync(join(cwd, 'prometheus.yml'), chainConfig(target.address))
    writeFileSync(join(cwd, 'rules.yml'), RULES)
    // Receivers without an address stand for the contact points of their names.
    writeFileSync(join(cwd, 'alertmanager.yml'), JSON.stringify({
      route: { receiver: 'Discord', group_wait: '2s', group_interval: '6s', repeat_interval: '1h', routes: [{ receiver: 'my webhook', continue: true }, { receiver: 'Discord' }] },
      receivers: [{ name: 'Discord' }, { name: 'my webhook' }],
    }))
    writeFileSync(join(cwd, 'secrets.env'), `DISCORD_WEBHOOK=${discord.url}/api/webhooks/1/${SECRET}\n`)
    const start = (): Promise<RunningHaechi> => startHaechi({ cwd, args: ['--env-file', 'secrets.env'] })

    const first = await start()
    const made = await own<{ uid: string; url: string }>(first.url, 'contact-points', { method: 'POST', body: JSON.stringify({ name: 'my webhook', type: 'webhook', url: `${hook.url}/hook/${SECRET}` }) })
    expect(made.code).toBe(201)
    expect(made.body.url).not.toContain(SECRET)
    await waitFor('the target to be up', 10_000, async () => (await ask<{ result: { value: [number, string] }[] }>(first.url, 'query', { query: 'up{job="patient"}' })).data.result[0]?.value[1] === '1')
    expect(await alertState(first)).toBeUndefined()

    target.fail = true
    await waitFor('the alert to be pending', 10_000, async () => (await alertState(first)) === 'pending')
    await waitFor('the alert to fire', 15_000, async () => (await alertState(first)) === 'firing')
    const pipeline = await fetch(`${first.url}/api/v2/alerts`).then(r => r.json()) as { labels: Record<string, string>; status: { state: string } }[]
    expect(pipeline.map(a => a.labels['alertname'])).toEqual(['PatientDown'])
    // The group waits for two seconds, then Discord asks to wait for 0.7 s more.
    await waitFor('the message to be taken', 30_000, () => discord.records.some(r => r.status === 200) && hook.records.length === 1)
    expect(discord.records.map(r => r.status)).toEqual([429, 200])
    expect(discord.records[1]!.tMs - discord.records[0]!.tMs).toBeGreaterThanOrEqual(690)
    await waitFor('both attempts to be in the log of deliveries', 5_000, async () => {
      const attempts = (await own<{ contactPoint: string; ok: boolean; httpStatus?: number }[]>(first.url, 'deliveries?limit=10')).body
      return attempts.filter(d => d.contactPoint === 'Discord').map(d => `${d.ok} ${d.httpStatus}`).join() === 'true 200,false 429'
    })

    await first.kill()
    await sleep(1_000)
    const second = await start()
    await waitFor('the alert to fire after the restart', 10_000, async () => (await alertState(second)) === 'firing')
    // Longer than the interval of the group: there was something to be told twice.
    await sleep(8_000)
    expect(discord.records.filter(r => r.status === 200), 'nothing is told twice').toHaveLength(1)
    target.fail = false
    await waitFor('the alert to be over', 15_000, async () => (await alertState(second)) === undefined)
    await waitFor('the resolved message', 90_000, () => discord.records.length >= 3 && hook.records.length >= 2)
    await sleep(2_000)

    const messages = discord.records.filter(r => r.status === 200).map(r => r.body as Message)
    expect(messages).toHaveLength(2)
    const [firing, resolved] = messages.map(m => JSON.stringify(m))
    expect(firing).toContain('patient does not answer')
    expect(resolved).toContain('patient does not answer')
    expect(messages[0]!.embeds![0]!.color).not.toBe(messages[1]!.embeds![0]!.color)
    const bodies = hook.records.map(r => r.body as Webhook)
    expect(bodies.map(b => [b.status, b.alerts.map(a => a.status)])).toEqual([['firing', ['firing']], ['resolved', ['resolved']]])
    expect(bodies[0]!.alerts[0]!.startsAt, 'the same alert, not a new one').toBe(bodies[1]!.alerts[0]!.startsAt)
    expect((await second.stop()).code).toBe(0)
    expect(everythingSaid()).not.toContain(SECRET)
  })

  test('[N2] a contact point made by the API: masked, tested, refused when it is wrong, removed', { timeout: 30_000 }, async () => {
    const hook = await recorder((_n, path) => (path.startsWith('/gone') ? 404 : 200))
    const haechi = await startHaechi({ cwd: withEmptyConfig(), env: { DISCORD_WEBHOOK: `${hook.url}/env/${SECRET}` } })
    const listed = await own<{ uid: string; name: string; url: string; origin: string }[]>(haechi.url, 'contact-points')
    expect(listed.body).toEqual([{ uid: 'env-discord', file: '.env', name: 'Discord', type: 'discord', url: `${hook.url}/…`, origin: 'env' }])
    const add = (body: object): Promise<{ code: number; body: { uid: string; url: string; error?: string } }> => own(haechi.url, 'contact-points', { method: 'POST', body: JSON.stringify(body) })
    const good = await add({ name: 'hook', type: 'webhook', url: `${hook.url}/x/${SECRET}` })
    expect(good.code).toBe(201)
    expect((await add({ name: 'hook', type: 'webhook', url: hook.url })).code).toBe(409)
    for (const wrong of [{ name: '', type: 'webhook', url: hook.url }, { name: 'x', type: 'pager', url: hook.url }, { name: 'x', type: 'webhook', url: `file:///${SECRET}` }, { name: 'x', type: 'webhook' }]) {
      expect((await add(wrong)).code, JSON.stringify(wrong)).toBe(400)
    }
    const tested = await own<{ ok: boolean; httpStatus: number }>(haechi.url, `contact-points/${good.body.uid}/test`, { method: 'POST' })
    expect(tested.body).toMatchObject({ ok: true, httpStatus: 200 })
    expect(hook.records).toHaveLength(1)
    const bad = await add({ name: 'gone', type: 'webhook', url: `${hook.url}/gone/${SECRET}` })
    expect((await own(haechi.url, `contact-points/${bad.body.uid}/test`, { method: 'POST' })).body).toMatchObject({ ok: false, httpStatus: 404 })
    const am = await fetch(`${haechi.url}/api/v2/status`).then(r => r.json()) as { config: { original: string } }
    note(JSON.stringify(am))
    expect(am.config.original).toContain('webhook_configs')
    expect((await own(haechi.url, `contact-points/${good.body.uid}`, { method: 'DELETE' })).code).toBeLessThan(300)
    expect((await own<unknown[]>(haechi.url, 'contact-points')).body).toHaveLength(2)
    expect((await own(haechi.url, 'contact-points/none/test', { method: 'POST' })).code).toBe(404)
    await haechi.stop()
    const garbage = await startHaechi({ cwd: withEmptyConfig(), env: { DISCORD_WEBHOOK: `no-address-${SECRET}` } })
    expect((await own(garbage.url, 'contact-points/env-discord/test', { method: 'POST' })).body).toMatchObject({ ok: false })
    await garbage.stop()
    expect(everythingSaid()).not.toContain(SECRET)
  })

  test('[N3] the relay turns the webhooks of Grafana and of Alertmanager into messages', { timeout: 30_000 }, async () => {
    const discord = await recorder(n => (n === 0 ? 429 : 200))
    const cwd = newFolder()
    writeFileSync(join(cwd, '.env'), `DISCORD_WEBHOOK="${discord.url}/api/webhooks/2/${SECRET}"\n`)
    const relay = await startRelayProcess(cwd)
    const post = (path: string, body: unknown): Promise<Response> => fetch(`${relay.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) })
    expect((await post('/grafana', GRAFANA)).status).toBe(200)
    expect((await post('/alertmanager', ALERTMANAGER)).status).toBe(200)
    expect((await post('/grafana', { ...GRAFANA, status: 'resolved', alerts: GRAFANA.alerts.map(a => ({ ...a, status: 'resolved', endsAt: '2026-01-01T00:10:00Z' })) })).status).toBe(200)
    expect(discord.records.map(r => r.status)).toEqual([429, 200, 200, 200])
    const texts = discord.records.slice(1).map(r => JSON.stringify(r.body))
    expect(texts[0]).toContain('5xx error rate is high')
    expect(texts[1]).toContain('api is down')
    expect(texts[2]).toContain('5xx error rate is high')
    expect(texts[2]).not.toBe(texts[0])
    for (const [path, body, status] of [['/nothing', '{}', 404], ['/grafana', '{', 400], ['/grafana', '[]', 400], ['/alertmanager', '{"alerts":5}', 400]] as const) expect((await post(path, body)).status, `${path} ${body}`).toBe(status)
    expect(discord.records, 'wrong bodies are not passed on').toHaveLength(4)
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
    expect(await relay.stop()).toBe(0)
    expect(everythingSaid()).not.toContain(SECRET)
  })

  test('[N4] the relay without an address, on a taken port, with a wrong address: one sentence', async () => {
    const cwd = newFolder()
    const none = await runHaechi(['relay', '--listen-address', '127.0.0.1:0'], { cwd })
    expect([none.code, none.err]).toEqual([1, expect.stringMatching(/^haechi relay: DISCORD_WEBHOOK is not set.*\n$/)])
    writeFileSync(join(cwd, '.env'), `DISCORD_WEBHOOK=not-an-address-${SECRET}\n`)
    const wrong = await runHaechi(['relay', '--listen-address', '127.0.0.1:0'], { cwd })
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^haechi relay: [^\n]+\n$/)])
    const taken = await serve((_q, res) => void res.end())
    writeFileSync(join(cwd, '.env'), `DISCORD_WEBHOOK=https://discord.example/api/webhooks/2/${SECRET}\n`)
    const port = await runHaechi(['relay', '--listen-address', taken.address], { cwd })
    expect([port.code, port.err]).toEqual([1, expect.stringMatching(/^haechi relay: .*in use by another program.*\n$/)])
    expect((await runHaechi(['relay', '--listen-address', 'nowhere'], { cwd })).code).toBe(2)
    expect(everythingSaid()).not.toContain(SECRET)
  })

  test.skipIf(NO_PEERS !== undefined)('[N5] real Prometheus -> real Alertmanager -> haechi relay, and Haechi -> real Alertmanager', { timeout: 90_000 }, async () => {
    const discord = await recorder()
    const target = await patient()
    target.fail = true
    const cwd = newFolder()
    writeFileSync(join(cwd, '.env'), `DISCORD_WEBHOOK=${discord.url}/api/webhooks/3/${SECRET}\n`)
    const relay = await startRelayProcess(cwd)
    const given = await peerPorts(['alertmanager', 'prometheus'])
    const am = `127.0.0.1:${given.ports['alertmanager']}`
    writeFileSync(join(cwd, 'am.yml'), JSON.stringify({
      route: { receiver: 'relay', group_by: ['alertname', 'source'], group_wait: '1s', group_interval: '2s', repeat_interval: '1h' },
      receivers: [{ name: 'relay', webhook_configs: [{ url: `${relay.url}/alertmanager`, send_resolved: true }] }],
    }))
    const config = (source: string): string => JSON.stringify({ ...JSON.parse(chainConfig(target.address)) as object, alerting: { alertmanagers: [{ static_configs: [{ targets: [am] }] }] }, rule_files: [`${source}.rules.yml`] })
    for (const source of ['Prometheus', 'Haechi']) {
      const rules = JSON.parse(RULES) as { groups: { rules: { labels: Record<string, string>; annotations: Record<string, string> }[] }[] }
      rules.groups[0]!.rules[0]!.labels['source'] = source
      rules.groups[0]!.rules[0]!.annotations['summary'] = `down, says ${source}`
      writeFileSync(join(cwd, `${source}.rules.yml`), JSON.stringify(rules))
      writeFileSync(join(cwd, `${source}.yml`), config(source))
    }
    const peers = await startPeers(['alertmanager', 'prometheus'], given, { AM_CONFIG: join(cwd, 'am.yml'), PROM_CONFIG: join(cwd, 'Prometheus.yml'), RULES: join(cwd, 'Prometheus.rules.yml') })
    // The script puts rule files into the folder rules/ of the run; the configuration names the one beside it.
    writeFileSync(join(peers.runDir, 'Prometheus.rules.yml'), readFileSync(join(cwd, 'Prometheus.rules.yml')))
    expect((await fetch(`http://${peers.address['prometheus']}/-/reload`, { method: 'POST' })).status).toBe(200)
    const haechi = await startHaechi({ cwd, args: ['--config.file=Haechi.yml'] })
    const text = (): string[] => discord.records.map(r => JSON.stringify(r.body))
    await waitFor('a message from either', 40_000, () => ['Prometheus', 'Haechi'].every(source => text().some(t => t.includes(`down, says ${source}`))))
    const [theirs, ours] = ['Prometheus', 'Haechi'].map(source => discord.records.find(r => JSON.stringify(r.body).includes(`down, says ${source}`))!.body as Message)
    const shape = (m: Message): unknown => m.embeds!.map(e => [e.color, e.fields?.map(f => f.name)])
    expect(shape(ours!)).toEqual(shape(theirs!))
    // amtool reads our API too.
    const shown = await runPeer(['amtool', `--alertmanager.url=${haechi.url}`, 'alert', 'query', '-o', 'json'], cwd)
    expect((JSON.parse(shown) as { labels: Record<string, string> }[]).map(a => a.labels['alertname'])).toEqual(['PatientDown'])
    const before = discord.records.length
    target.fail = false
    await waitFor('both to be resolved', 40_000, () => discord.records.length >= before + 2)
    await haechi.stop()
    expect(await relay.stop()).toBe(0)
    await peers.stop()
    expect(everythingSaid()).not.toContain(SECRET)
  })

  test.skipIf(NO_PEERS !== undefined)('[N6] Haechi is the Alertmanager of a real Prometheus: one message, and its end', { timeout: 90_000 }, async () => {
    const discord = await recorder()
    const target = await patient()
    target.fail = true
    const cwd = newFolder()
    writeFileSync(join(cwd, 'prometheus.yml'), 'scrape_configs: []\n')
    writeFileSync(join(cwd, 'alertmanager.yml'), JSON.stringify({
      route: { receiver: 'd', group_by: ['alertname'], group_wait: '1s', group_interval: '2s', repeat_interval: '1h' }, receivers: [{ name: 'd', discord_configs: [{ webhook_url: `${discord.url}/api/webhooks/4/${SECRET}` }] }],
    }))
    const haechi = await startHaechi({ cwd })
    const given = await peerPorts(['prometheus'])
    writeFileSync(join(cwd, 'theirs.yml'), JSON.stringify({ ...JSON.parse(chainConfig(target.address)) as object, alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(haechi.url).host] }] }] }, rule_files: ['theirs.rules.yml'] }))
    writeFileSync(join(cwd, 'theirs.rules.yml'), RULES)
    const peers = await startPeers(['prometheus'], given, { PROM_CONFIG: join(cwd, 'theirs.yml'), RULES: join(cwd, 'theirs.rules.yml') })
    writeFileSync(join(peers.runDir, 'theirs.rules.yml'), RULES)
    expect((await fetch(`http://${peers.address['prometheus']}/-/reload`, { method: 'POST' })).status).toBe(200)
    await waitFor('the message', 40_000, () => discord.records.length === 1)
    const alerts = await (await fetch(`${haechi.url}/api/v2/alerts`)).json() as { labels: Record<string, string>; generatorURL: string }[]
    expect(alerts.map(a => a.labels['alertname'])).toEqual(['PatientDown'])
    target.fail = false
    await waitFor('its end', 40_000, () => discord.records.length === 2)
    await haechi.stop()
    await peers.stop()
    expect(everythingSaid()).not.toContain(SECRET)
  })
})

function withEmptyConfig(): string {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'prometheus.yml'), 'scrape_configs: []\n')
  return cwd
}

const GRAFANA = {
  receiver: 'relay', status: 'firing', orgId: 1, groupKey: '{}:{alertname="High 5xx Error Rate"}', version: '1', state: 'alerting', title: '[FIRING:1] High 5xx Error Rate', message: '**Firing**', truncatedAlerts: 0,
  groupLabels: { alertname: 'High 5xx Error Rate' }, commonLabels: { alertname: 'High 5xx Error Rate', severity: 'warning' }, commonAnnotations: { summary: '5xx error rate is high' }, externalURL: 'http://localhost:3000/',
  alerts: [{
    status: 'firing', labels: { alertname: 'High 5xx Error Rate', severity: 'warning' }, annotations: { summary: '5xx error rate is high' }, startsAt: '2026-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://localhost:3000/alerting/grafana/abc/view', fingerprint: 'c6eadffa33fcdf37', silenceURL: '', dashboardURL: '', panelURL: '', values: { A: 0.5 }, valueString: '[ var=\'A\' labels={} value=0.5 ]',
  }],
}
const ALERTMANAGER = {
  receiver: 'relay', status: 'firing', version: '4', groupKey: '{}:{alertname="InstanceDown"}', truncatedAlerts: 0, groupLabels: { alertname: 'InstanceDown' }, commonLabels: { alertname: 'InstanceDown', job: 'api' },
  commonAnnotations: { summary: 'api is down' }, externalURL: 'http://localhost:9093',
  alerts: [{ status: 'firing', labels: { alertname: 'InstanceDown', job: 'api' }, annotations: { summary: 'api is down' }, startsAt: '2026-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://localhost:9090/graph', fingerprint: '0123456789abcdef' }],
}
