import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder, startHaechi, waitFor } from '../support/haechi.ts'
import { peerFile } from '../support/peers.ts'
import { freePort } from '../support/targets.ts'

/** A server under test. */
export interface Server {
  readonly url: string
  stop(): Promise<void>
}

const CONFIG = `global: {evaluation_interval: 1h, scrape_interval: 1h}
rule_files: [rules.yml]
scrape_configs:
  - job_name: fuzz
    static_configs: [{targets: ['127.0.0.1:1'], labels: {zone: n}}]
`
const RULES = `groups:
  - name: fuzz
    rules:
      - {record: 'fz:sum', expr: sum(fz_gauge), labels: {a: b}}
      - {alert: Fuzzed, expr: 'fz_gauge > 1e9', for: 5m, labels: {severity: page}, annotations: {summary: '{{ $value }}'}}
  - name: api
    interval: 2h
    rules:
      - {alert: Api, expr: vector(0) > 1}
`
const ALERTMANAGER = `route: {receiver: team, group_by: [job], group_wait: 1h, routes: [{receiver: other, matchers: [job="db"]}]}
receivers: [{name: team}, {name: other}]
`

function folder(): string {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'prometheus.yml'), CONFIG)
  writeFileSync(join(cwd, 'rules.yml'), RULES)
  writeFileSync(join(cwd, 'alertmanager.yml'), ALERTMANAGER)
  return cwd
}

/** Haechi, with an Alertmanager's routes; what it writes can be read for failures. */
export async function startOurs(): Promise<Server & { said(): string }> {
  const haechi = await startHaechi({ cwd: folder(), args: ['--config.file=prometheus.yml', '--alertmanager.config.file=alertmanager.yml', '--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y', '--enable-feature=native-histograms,exemplar-storage', '--log.level=warn'] })
  return { url: haechi.url, said: () => haechi.said(), stop: async () => { await haechi.stop() } }
}

/** The real Prometheus with the same files. */
export async function startPrometheus(): Promise<Server> {
  const cwd = folder()
  const port = await freePort()
  // Targets are taken up some seconds after it is ready.
  return peer(['prometheus', '--config.file=prometheus.yml', `--storage.tsdb.path=${join(cwd, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y', '--enable-feature=native-histograms,exemplar-storage', '--log.level=error'], cwd, port, async url => !(await (await fetch(`${url}/api/v1/targets`)).text()).includes('"activeTargets":[]'))
}

/** The real Alertmanager with the same file. */
export async function startAlertmanager(): Promise<Server> {
  const cwd = folder()
  const port = await freePort()
  return peer(['prometheus-alertmanager', '--config.file=alertmanager.yml', `--storage.path=${join(cwd, 'am')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=', '--log.level=error'], cwd, port)
}

async function peer(args: readonly string[], cwd: string, port: number, alsoReady: (url: string) => Promise<boolean> = () => Promise.resolve(true)): Promise<Server> {
  const child = spawn(peerFile('peer-run.sh'), [...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  await waitFor(`${args[0]} to be ready`, 30_000, async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said.slice(-2000)}`)
    return (await fetch(`${url}/-/ready`)).ok && alsoReady(url)
  }, 100)
  return { url, stop }
}
