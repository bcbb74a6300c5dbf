import http from 'node:http'
import { appendFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { alertmanagerDifference, overtaken } from './api-fuzz/alertmanager-judge.ts'
import { SILENCE_ID, alertmanagerRequest, withSilence } from './api-fuzz/alertmanager-requests.ts'
import { broken, prometheusDifference } from './api-fuzz/prometheus-judge.ts'
import { prometheusRequest } from './api-fuzz/prometheus-requests.ts'
import { send, shown } from './api-fuzz/send.ts'
import type { FuzzAnswer, FuzzRequest } from './api-fuzz/send.ts'
import { startAlertmanager, startOurs, startPrometheus } from './api-fuzz/servers.ts'
import type { Server } from './api-fuzz/servers.ts'
import { fill } from './promql-fuzz/run.ts'
import { syntheticData } from './promql-fuzz/synthetic-data.ts'
import { Random } from './promql-fuzz/random.ts'
import { NO_PEERS } from './support/peers.ts'

const SEED = process.env['HAECHI_SEED'] ?? '1'
const COUNT = Number(process.env['HAECHI_API_FUZZ_REQUESTS'] ?? '600')
/** The release of the real Prometheus. */
const VERSION = [3, 5] as const
const ALONE = NO_PEERS === undefined ? '' : ` (without comparison: ${NO_PEERS})`

const servers: Server[] = []
afterAll(async () => {
  for (const server of servers) await server.stop()
})

/** The reference where there is one, else nothing. */
async function reference(start: () => Promise<Server>): Promise<Server[]> {
  if (NO_PEERS !== undefined) return []
  const server = await start()
  servers.push(server)
  return [server]
}

/** Calls `one` with each request, `atOnce` at a time. @returns what was found wrong, in the order of the requests */
async function judged(name: string, requests: readonly FuzzRequest[], atOnce: number, one: (request: FuzzRequest) => Promise<string | undefined>): Promise<string> {
  const found = new Map<number, string>()
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < requests.length; i = next++) {
      const wrong = await one(requests[i]!).catch(String)
      if (wrong !== undefined) found.set(i, `${shown(requests[i]!)}\n  ${wrong}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const list = [...found].sort(([a], [b]) => a - b).map(([, text]) => text)
  process.stderr.write(`API fuzz (${name}), HAECHI_SEED=${SEED}: ${requests.length} requests, ${list.length} findings\n`)
  if (process.env['HAECHI_FUZZ_OUT'] !== undefined) appendFileSync(process.env['HAECHI_FUZZ_OUT'], list.map(text => `${text}\n`).join(''))
  return list.slice(0, 20).join('\n')
}

/** Our answer and the reference's, if there is one and it does not break off, as Prometheus does for `status/tsdb?limit=9223372036854775807`. */
async function answers(agent: http.Agent, requests: readonly (readonly [base: string, request: FuzzRequest])[]): Promise<readonly [FuzzAnswer, FuzzAnswer | undefined]> {
  const [own, their] = await Promise.allSettled(requests.map(([base, request]) => send(agent, base, request)))
  if (own!.status === 'rejected') throw own!.reason
  return [own!.value, their?.status === 'fulfilled' ? their.value : undefined]
}

test(`[E3] any request to Prometheus' API is answered as by Prometheus and never breaks the server${ALONE}`, async () => {
  const ours = await startOurs()
  const all = [ours, ...await reference(startPrometheus)]
  await fill(all.map(server => server.url), syntheticData(SEED))
  const random = new Random(`api/${SEED}`)
  const requests = Array.from({ length: COUNT }, () => prometheusRequest(random))
  const agent = new http.Agent({ keepAlive: true })
  const found = await judged('Prometheus', requests, 6, async request => {
    const [own, their] = await answers(agent, all.map(server => [server.url, request]))
    return broken(own) ?? (their === undefined ? undefined : prometheusDifference(request, own, their, VERSION))
  })
  agent.destroy()
  expect(found, `HAECHI_SEED=${SEED} repeats this`).toBe('')
  expect(ours.said()).not.toMatch(/level=error/)
}, 3_600_000)

test(`[E3] any request to Alertmanager's API is answered as by Alertmanager and never breaks the server${ALONE}`, async () => {
  const ours = await startOurs()
  const all = [ours, ...await reference(startAlertmanager)]
  const random = new Random(`alertmanager/${SEED}`)
  const requests = Array.from({ length: Math.ceil(COUNT / 2) }, () => alertmanagerRequest(random))
  const agent = new http.Agent({ keepAlive: true })
  // Each server's ids of the same silences.
  const silences: (readonly [string, string])[] = []
  // One after the other: what is posted is looked at by those that follow.
  const found = await judged('Alertmanager', requests, 1, async request => {
    const ids = silences.length === 0 ? [SILENCE_ID, SILENCE_ID] as const : random.pick(silences)
    const [own, their] = await answers(agent, all.map((server, i) => [server.url, withSilence(request, ids[i]!)]))
    const made = [own, their].map(a => /^\{"silenceID":"([^"]+)"/.exec(a?.text ?? '')?.[1])
    if (made[0] !== undefined) silences.push([made[0], made[1] ?? made[0]])
    const wrong = broken(own) ?? (their === undefined ? undefined : alertmanagerDifference(request, own, their))
    if (wrong === undefined || their === undefined || !request.path.startsWith('/api/v2/alerts/groups')) return wrong
    const base = `${all[1]!.url}/api/v2/alerts`
    const [alerts, groups] = await Promise.all([base, `${base}/groups`].map(async url => (await fetch(url)).json()))
    return broken(own) ?? alertmanagerDifference(request, own, their, overtaken(alerts as Parameters<typeof overtaken>[0], groups as Parameters<typeof overtaken>[1]))
  })
  agent.destroy()
  expect(found, `HAECHI_SEED=${SEED} repeats this`).toBe('')
  expect(ours.said()).not.toMatch(/level=error/)
}, 3_600_000)
