import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Labels } from '@haechi/model'
import { snappyCompress } from 'hysnappy'
import { newFolder, sleep, waitFor } from '../support/haechi.ts'
import { peerFile } from '../support/peers.ts'
import { freePort, recorder } from '../support/targets.ts'
import { writeServerFiles } from './replay.ts'
import { EXTERNAL_URL, RECORDER_URL, RESEND_MS, RESTARTING_RESEND_MS, RESTART_STEP, SILENCE, STEPS, scenarioFile, scenarioSeries, told } from './scenario.ts'
import type { Arrived, Recording, ScenarioSeries } from './scenario.ts'

/** Prometheus looks for its Alertmanagers five seconds after its start. */
const LEAD_MS = 7000

/** Runs all scenarios through two real Prometheus servers and a real Alertmanager, in real time: about a minute. */
export async function recorded(): Promise<Recording> {
  const folder = newFolder()
  const running = new Set<ChildProcess>()
  const run = (args: readonly string[]): ChildProcess => {
    const child = spawn(peerFile('peer-run.sh'), [...args], { cwd: folder, stdio: 'ignore' })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }
  const ended = (child: ChildProcess): Promise<void> => new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('close', () => resolve())
    child.kill('SIGTERM')
  })
  try {
    const webhooks = await recorder()
    const alertmanager = `127.0.0.1:${await freePort()}`
    writeFileSync(join(folder, 'alertmanager.yml'), scenarioFile('alertmanager.yml').replaceAll(RECORDER_URL, webhooks.url))
    run(['prometheus-alertmanager', '--config.file=alertmanager.yml', '--storage.path=alertmanager', `--web.listen-address=${alertmanager}`, '--cluster.listen-address=', `--web.external-url=${EXTERNAL_URL}`, '--log.level=error'])
    const server = async (rules: string, resendMs: number): Promise<{ readonly url: string; start(): ChildProcess }> => {
      writeServerFiles(folder, rules, alertmanager)
      const address = `127.0.0.1:${await freePort()}`
      return {
        url: `http://${address}`,
        start: () => run([
          'prometheus', `--config.file=prometheus-${rules}`, `--storage.tsdb.path=data-${rules}`, `--web.listen-address=${address}`, '--web.enable-remote-write-receiver', `--web.external-url=${EXTERNAL_URL}`,
          `--rules.alert.resend-delay=${resendMs}ms`, '--rules.alert.for-grace-period=1s', '--log.level=error',
        ]),
      }
    }
    const lasting = await server('rules.yml', RESEND_MS)
    const restarting = await server('restart.yml', RESTARTING_RESEND_MS)
    lasting.start()
    let second = restarting.start()
    const ready = (url: string): Promise<void> => waitFor(`${url} to be ready`, 20_000, async () => (await fetch(`${url}/-/ready`)).ok)
    for (const url of [`http://${alertmanager}`, lasting.url, restarting.url]) await ready(url)
    const startMs = Math.ceil((Date.now() + LEAD_MS) / 1000) * 1000
    const until = (ms: number): Promise<void> => sleep(Math.max(0, ms - Date.now()))
    const body = Buffer.from(snappyCompress(writeRequest(scenarioSeries(), startMs)))
    for (const s of [lasting, restarting]) {
      const answer = await fetch(`${s.url}/api/v1/write`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' } })
      if (!answer.ok) throw new Error(`remote write: ${answer.status} ${await answer.text()}`)
    }
    const silence = await fetch(`http://${alertmanager}/api/v2/silences`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({
        matchers: [{ name: 'scenario', value: 'silence', isRegex: false, isEqual: true }], createdBy: 'scenario', comment: 'scenario',
        startsAt: new Date(startMs + SILENCE.fromStep * 1000).toISOString(), endsAt: new Date(startMs + SILENCE.toStep * 1000).toISOString(),
      }),
    })
    if (!silence.ok) throw new Error(`silence: ${silence.status} ${await silence.text()}`)
    await until(startMs + (RESTART_STEP + 1) * 1000)
    await ended(second)
    second = restarting.start()
    await ready(restarting.url)
    await until(startMs + (STEPS + 1) * 1000)
    // The first two evaluations after a restart write nothing: before the third it is known how long an alert was active.
    const samples = await query<{ readonly values: readonly (readonly [number, string])[] }>(restarting.url, `ALERTS_FOR_STATE[${STEPS + 5}s]`)
    const steps = samples.flatMap(s => s.values.map(([t]) => Math.floor(t - startMs / 1000))).filter(step => step > RESTART_STEP)
    const info = await (await fetch(`${lasting.url}/api/v1/status/buildinfo`)).json() as { readonly data: { readonly version: string } }
    const status = await (await fetch(`http://${alertmanager}/api/v2/status`)).json() as { readonly versionInfo: { readonly version: string } }
    return { prometheus: info.data.version, alertmanager: status.versionInfo.version, restartedStep: Math.min(...steps) - 2, told: told(webhooks.records as readonly Arrived[], startMs) }
  } finally {
    await Promise.all([...running].map(ended))
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function query<T>(url: string, expr: string): Promise<readonly T[]> {
  const answer = await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)).json() as { readonly data: { readonly result: readonly T[] } }
  return answer.data.result
}

function varint(value: number): number[] {
  const out: number[] = []
  let v = value
  while (v >= 128) {
    out.push(v % 128 + 128)
    v = Math.floor(v / 128)
  }
  out.push(v)
  return out
}

/** The bits that end a series. @see Prometheus model/value `StaleNaN` */
const STALE: readonly number[] = [2, 0, 0, 0, 0, 0, 0xf0, 0x7f]

function message(key: number, bytes: readonly number[]): number[] {
  return [key, ...varint(bytes.length), ...bytes]
}

function labelMessages(labels: Labels): number[] {
  const out: number[] = []
  for (let i = 0; i < labels.length; i += 2) out.push(...message(10, [...message(10, [...Buffer.from(labels[i]!)]), ...message(18, [...Buffer.from(labels[i + 1]!)])]))
  return out
}

/** A `prometheus.WriteRequest`: the whole run at once, so that every server knows each sample when its time comes. */
function writeRequest(series: readonly ScenarioSeries[], startMs: number): Uint8Array {
  const out: number[] = []
  for (const s of series) {
    const samples = s.steps.flatMap((step, i) => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(s.values[i] ?? 0)
      return message(18, [9, ...(s.values[i] === undefined ? STALE : bytes), 16, ...varint(startMs + step * 1000)])
    })
    out.push(...message(10, [...labelMessages(s.labels), ...samples]))
  }
  return Uint8Array.from(out)
}
