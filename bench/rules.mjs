// What evaluating 1,000 rules every 15 s costs: CPU seconds of the whole process, Prometheus and Haechi at the same time with the same rules and series.
//
//   node bench/rules.mjs [--seconds 60] [--rules 1000] [--interval 15] [--warm 20] [--out file.json]
//
// The first minute after a start is mostly the compiling of our own code: --warm 90 shows what it costs from then on.
//
// BENCH_PROMETHEUS names a prometheus executable (a script that starts one is as good: its children count), BENCH_HAECHI another built haechi.js than this checkout's, BENCH_PORT the first of three ports.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? otherwise : process.argv[at + 1]
}
const SECONDS = Number(option('seconds', 60))
const RULES = Number(option('rules', 1000))
const INTERVAL = Number(option('interval', 15))
const PORT = Number(process.env.BENCH_PORT ?? 22080)
const SERVICES = 100
const PATHS = 10
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** What a team has: per service some recording rules, and alerts on them and on raw counters. */
function ruleFile() {
  const kinds = [
    s => ({ record: 'service:requests:rate5m', expr: `sum by (service) (rate(requests_total{service="${s}"}[5m]))` }),
    s => ({ record: 'service:errors:rate5m', expr: `sum by (service) (rate(requests_total{service="${s}",status="500"}[5m]))` }),
    s => ({ record: 'service:latency:p95', expr: `histogram_quantile(0.95, sum by (service, le) (rate(latency_seconds_bucket{service="${s}"}[5m])))` }),
    s => ({ alert: 'ErrorRate', expr: `service:errors:rate5m{service="${s}"} / service:requests:rate5m{service="${s}"} > 0.05`, for: '1m', labels: { severity: 'page' }, annotations: { summary: '{{ $labels.service }} fails {{ $value | humanizePercentage }}' } }),
    s => ({ alert: 'Slow', expr: `service:latency:p95{service="${s}"} > 2`, for: '1m', labels: { severity: 'warning' } }),
    s => ({ alert: 'PathFails', expr: `sum by (path) (rate(requests_total{service="${s}",status="500"}[5m])) > 5`, for: '2m', labels: { severity: 'warning', service: s } }),
    s => ({ alert: 'NoTraffic', expr: `sum(rate(requests_total{service="${s}"}[5m])) == 0`, labels: { service: s } }),
    s => ({ alert: 'Absent', expr: `absent(requests_total{service="${s}"})`, for: '1m' }),
    s => ({ alert: 'Memory', expr: `memory_bytes{service="${s}"} > 2e9`, for: '1m', labels: { severity: 'page' } }),
    s => ({ alert: 'Restarted', expr: `changes(start_seconds{service="${s}"}[10m]) > 2` }),
  ]
  const groups = []
  for (let i = 0; i * kinds.length < RULES; i++) groups.push({ name: `service-${i}`, rules: kinds.map(k => k(`s${i % SERVICES}`)) })
  return JSON.stringify({ groups })
}

let scrapes = 0
function page() {
  const n = Math.floor(scrapes++ / 2) + 1
  const out = ['# TYPE requests_total counter']
  for (let s = 0; s < SERVICES; s++) {
    for (let p = 0; p < PATHS; p++) for (const status of ['200', '500']) out.push(`requests_total{service="s${s}",path="/p${p}",status="${status}"} ${n * (status === '200' ? 100 + p : s % 10 === 0 ? 20 : 0)}`)
  }
  out.push('# TYPE latency_seconds histogram')
  for (let s = 0; s < SERVICES; s++) {
    for (const [i, le] of ['0.1', '0.5', '1', '2.5', '5', '+Inf'].entries()) out.push(`latency_seconds_bucket{service="s${s}",le="${le}"} ${n * (i + 1) * 10}`)
    out.push(`latency_seconds_count{service="s${s}"} ${n * 60}`, `latency_seconds_sum{service="s${s}"} ${n * 50}`)
  }
  out.push('# TYPE memory_bytes gauge')
  for (let s = 0; s < SERVICES; s++) out.push(`memory_bytes{service="s${s}"} ${(1 + s % 3) * 1e9}`)
  out.push('# TYPE start_seconds gauge')
  for (let s = 0; s < SERVICES; s++) out.push(`start_seconds{service="s${s}"} 1700000000`)
  return `${out.join('\n')}\n`
}

/** CPU seconds of a process and all that it started. */
function cpuSeconds(pid) {
  let ticks = 0
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id)) continue
    let stat
    try {
      stat = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1].split(' ')
    } catch {
      continue
    }
    if (Number(id) === pid || descends(Number(stat[1]), pid)) ticks += Number(stat[11]) + Number(stat[12])
  }
  return ticks / 100
}
function descends(parent, pid) {
  let id = parent
  while (id > 1) {
    if (id === pid) return true
    try {
      id = Number(readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1].split(' ')[1])
    } catch {
      return false
    }
  }
  return false
}

const folder = mkdtempSync(join(tmpdir(), 'haechi-rules-'))
const target = createServer((_q, res) => res.setHeader('content-type', 'text/plain; version=0.0.4').end(page()))
await new Promise(resolve => target.listen(PORT, '127.0.0.1', resolve))
writeFileSync(join(folder, 'rules.yml'), ruleFile())
const config = rules => JSON.stringify({ global: { scrape_interval: '15s', evaluation_interval: `${INTERVAL}s` }, ...(rules ? { rule_files: ['rules.yml'] } : {}), scrape_configs: [{ job_name: 'bench', static_configs: [{ targets: [`127.0.0.1:${PORT}`] }] }] })
writeFileSync(join(folder, 'with.yml'), config(true))
writeFileSync(join(folder, 'without.yml'), config(false))
const entry = process.env.BENCH_HAECHI ?? fileURLToPath(new URL('../dist/haechi.js', import.meta.url))
const systems = [{ name: 'Haechi', command: process.execPath, args: [entry] }]
if (process.env.BENCH_PROMETHEUS !== undefined) systems.unshift({ name: 'Prometheus', command: process.env.BENCH_PROMETHEUS, args: (process.env.BENCH_PROMETHEUS_ARGS ?? '').split(' ').filter(Boolean) })

const running = []
try {
  for (const [i, s] of systems.entries()) {
    for (const [j, kind] of ['with', 'without'].entries()) {
      const port = PORT + 1 + 2 * i + j
      mkdirSync(join(folder, `${s.name}-${kind}`))
      const child = spawn(s.command, [...s.args, `--config.file=${join(folder, `${kind}.yml`)}`, `--storage.tsdb.path=${join(folder, `${s.name}-${kind}`)}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder, detached: false })
      running.push({ ...s, kind, child, url: `http://127.0.0.1:${port}` })
    }
  }
  for (const r of running) for (let i = 0; ; i++) {
    if ((await fetch(`${r.url}/-/ready`).catch(() => undefined))?.ok) break
    if (i > 300) throw new Error(`${r.name} is not ready`)
    await sleep(100)
  }
  // Start-up, and every group once.
  await sleep(Number(option('warm', INTERVAL + 5)) * 1000)
  for (const r of running) r.before = cpuSeconds(r.child.pid)
  await sleep(SECONDS * 1000)
  for (const r of running) r.cpu = cpuSeconds(r.child.pid) - r.before
  for (const r of running.filter(x => x.kind === 'with')) {
    const { data } = await (await fetch(`${r.url}/api/v1/rules`)).json()
    const rules = data.groups.flatMap(g => g.rules)
    r.rules = rules.length
    r.failing = rules.filter(x => x.health !== 'ok').length
    r.alerts = rules.reduce((n, x) => n + (x.alerts?.length ?? 0), 0)
  }
  const rows = systems.map(s => {
    const w = running.find(r => r.name === s.name && r.kind === 'with')
    const without = running.find(r => r.name === s.name && r.kind === 'without')
    return { system: s.name, rules: w.rules, failing: w.failing, activeAlerts: w.alerts, warm: Number(option('warm', INTERVAL + 5)), seconds: SECONDS, cpuWithRules: w.cpu, cpuWithoutRules: without.cpu, cpuOfRules: Math.round(100 * (w.cpu - without.cpu)) / 100 }
  })
  console.table(rows)
  if (option('out', undefined) !== undefined) writeFileSync(option('out'), JSON.stringify(rows, undefined, 1))
} finally {
  await Promise.all(running.map(r => new Promise(resolve => { r.child.once('close', resolve); r.child.kill('SIGTERM') })))
  target.close()
  target.closeAllConnections()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
