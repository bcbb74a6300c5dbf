// Records answers.json from a real Prometheus: PEERS_DIR=<folder> PEER_RUN=<peer-run.sh> node record.mjs [port]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { REQUESTS } from './requests.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const port = Number(process.argv[2] ?? 21500)
const dir = mkdtempSync(join(tmpdir(), 'haechi-golden-'))
writeFileSync(join(dir, 'prometheus.yml'), `global:
  scrape_interval: 2s
  evaluation_interval: 2s
  external_labels: { cluster: golden }
rule_files: [rules.yml]
alerting:
  alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:1'] }] }]
scrape_configs:
  - job_name: prometheus
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: gone
    basic_auth: { username: u, password: hidden }
    static_configs: [{ targets: ['127.0.0.1:1'] }]
  - job_name: dropped
    static_configs: [{ targets: ['127.0.0.1:2'] }]
    relabel_configs: [{ action: drop, regex: .*, source_labels: [__address__] }]
`)
writeFileSync(join(dir, 'rules.yml'), `groups:
  - name: first
    interval: 2s
    rules:
      - { record: 'job:up:sum', expr: 'sum by (job) (up)' }
      - { record: 'job:up:max', expr: 'max by (job) (up)', labels: { kind: max } }
      - { alert: AlwaysFiring, expr: 'vector(1)', labels: { severity: page }, annotations: { summary: 'value {{ $value }}' } }
      - { alert: Pending, expr: 'up == 0', for: 1h, keep_firing_for: 5m, labels: { severity: ticket } }
  - name: second
    limit: 5
    rules:
      - { alert: Never, expr: 'up > 1' }
`)
const child = spawn(process.env.PEER_RUN, ['prometheus', `--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore', cwd: dir })

function ask({ method, path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } }, res => {
      const parts = []
      res.on('data', c => parts.push(c))
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts).toString() }))
    })
    req.on('error', reject)
    if (body !== undefined) req.write(body)
    req.end()
  })
}
const KEPT = ['content-type', 'allow', 'location', 'access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers', 'access-control-expose-headers', 'vary', 'x-prometheus-stopping']
try {
  for (let i = 0; i < 60; i++) {
    await sleep(500)
    if (await ask({ method: 'GET', path: '/-/ready' }).then(r => r.status === 200, () => false)) break
  }
  await sleep(12_000)
  const now = Math.floor(Date.now() / 1000)
  const time = s => s?.replace(/(=)T(-\d+)?/g, (_, eq, minus) => eq + (now + Number(minus ?? 0)))
  const out = []
  for (const r of REQUESTS) {
    const a = await ask({ ...r, path: time(r.path), ...(r.body === undefined ? {} : { body: time(r.body) }) })
    const headers = Object.fromEntries(KEPT.filter(k => a.headers[k] !== undefined).map(k => [k, a.headers[k]]))
    let body = a.body.replaceAll(dir, '/data').replaceAll(String(port), '9090')
    if (r.path === '/metrics') body = ''
    out.push({ request: r, now, status: a.status, headers, body })
  }
  writeFileSync(join(here, 'answers.json'), `[\n${out.map(a => JSON.stringify(a)).join(',\n')}\n]\n`)
  console.log(`${out.length} answers`)
} finally {
  child.kill('SIGTERM')
  await new Promise(r => child.on('exit', r))
  rmSync(dir, { recursive: true, force: true })
}
