// How late scrapes and rules become, and how slow `/-/healthy`, while 50 heavy queries wait and run for half a minute. The times of scrapes are those
// at which requests arrive at the targets; those of rules are those at which a new evaluation shows in the API, looked at every 25 ms by the process of the targets.
//
//   node bench/isolation.mjs [--out file.json]
//
// BENCH_HAECHI names the built haechi.js; default: this checkout's.

import { fork, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TARGETS = 20
const SERIES = 1000
const INTERVAL_MS = 1000
const THREADS = 2
const QUERIES = 50
const BUSY_MS = 30_000
const QUIET_MS = 15_000
const PORT = Number(process.env.BENCH_PORT ?? 22060)

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** The targets: a process of its own, so that its clock is not delayed by what it measures. */
async function exporter() {
  const page = step => Buffer.from(`# TYPE requests counter\n${Array.from({ length: SERIES }, (_, i) => `requests_total{path="/${i}"} ${step * (i + 1)}\n`).join('')}`)
  const pages = Array.from({ length: 8 }, (_, i) => page(i + 1))
  const arrivals = Array.from({ length: TARGETS }, () => [])
  const addresses = await Promise.all(arrivals.map((mine, i) => new Promise(resolve => {
    const server = createServer((_q, res) => {
      mine.push(Date.now())
      const body = pages[mine.length % pages.length]
      res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': body.length }).end(body)
    })
    server.keepAliveTimeout = 60_000
    server.listen(0, `127.0.9.${i + 1}`, () => resolve(`127.0.9.${i + 1}:${server.address().port}`))
  })))
  const health = []
  const rules = []
  process.on('message', message => {
    if (message !== 'arrivals') return watch(message.url, health, rules)
    process.send({ arrivals, health, rules })
  })
  process.on('disconnect', () => process.exit(0))
  process.send({ addresses })
}

/** Asks a server for its health and its rules, again and again. */
async function watch(url, health, rules) {
  let last = ''
  for (;;) {
    const began = performance.now()
    const at = Date.now()
    await fetch(`${url}/-/healthy`).then(r => r.text()).catch(() => undefined)
    health.push([at, performance.now() - began])
    const groups = await fetch(`${url}/api/v1/rules`).then(r => r.json()).catch(() => undefined)
    const seen = groups?.data?.groups[0]?.lastEvaluation ?? last
    if (seen !== last) rules.push(Date.now())
    last = seen
    await sleep(25)
  }
}

/** Busy and idle jiffies of the whole machine. */
function machine() {
  const [user, nice, system, idle, wait, irq, soft, steal] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number)
  return { busy: user + nice + system + irq + soft + steal, all: user + nice + system + idle + wait + irq + soft + steal }
}

function processTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const quantile = (sorted, q) => sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]

/** Lateness against each target's own rhythm, which is the median of the quiet phase. */
function lateness(arrivals, quiet, span) {
  const late = []
  let seen = 0
  for (const times of arrivals) {
    const phases = times.filter(t => t >= quiet.from && t < quiet.to).map(t => t % INTERVAL_MS)
    const near = phases[0]
    const phase = near + phases.map(p => ((p - near + 1.5 * INTERVAL_MS) % INTERVAL_MS) - INTERVAL_MS / 2).sort((a, b) => a - b)[phases.length >> 1]
    for (const t of times) {
      if (t < span.from || t >= span.to) continue
      seen++
      late.push(((t - phase + 1.5 * INTERVAL_MS) % INTERVAL_MS) - INTERVAL_MS / 2)
    }
  }
  late.sort((a, b) => a - b)
  const planned = Math.floor((span.to - span.from) / INTERVAL_MS) * arrivals.length
  return { scrapes: seen, missed: Math.max(0, planned - seen), p50Ms: quantile(late, 0.5), p99Ms: quantile(late, 0.99), maxMs: late.at(-1), over100Ms: late.filter(l => l > 100).length }
}

/** How long answers took. */
function waits(samples, span) {
  const ms = samples.filter(([at]) => at >= span.from && at < span.to).map(([, took]) => took).sort((a, b) => a - b)
  return { asked: ms.length, p50Ms: Math.round(10 * quantile(ms, 0.5)) / 10, p99Ms: Math.round(10 * quantile(ms, 0.99)) / 10, maxMs: Math.round(10 * ms.at(-1)) / 10 }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-isolation-'))
  const entry = process.env.BENCH_HAECHI ?? fileURLToPath(new URL('../dist/haechi.js', import.meta.url))
  const targets = fork(fileURLToPath(import.meta.url), ['--exporter'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const heard = () => new Promise(resolve => targets.once('message', resolve))
  const { addresses } = await heard()
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }, rule_files: [join(folder, 'rules.yml')], scrape_configs: [{ job_name: 'bench', static_configs: [{ targets: addresses }] }] }))
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'bench', rules: [{ record: 'bench:requests:rate', expr: 'sum(rate(requests_total[1m]))' }] }] }))
  const server = spawn(process.execPath, [entry, `--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${PORT}`, `--query.threads=${THREADS}`, '--log.level=warn'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${PORT}`
  const ask = async (query, timeout = '120s') => {
    const began = Date.now()
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query, timeout }) })
    const body = await answer.json()
    if (body.status !== 'success') throw new Error(body.error)
    return { ms: Date.now() - began, value: body.data.result[0]?.value?.[1] }
  }
  try {
    for (let i = 0; ; i++) {
      if (await fetch(`${url}/-/ready`).then(r => r.ok, () => false)) break
      if (i > 600) throw new Error('the server did not get ready')
      await sleep(100)
    }
    targets.send({ url })
    await sleep(8000)
    const quiet = { from: Date.now(), to: 0 }
    await sleep(QUIET_MS)
    quiet.to = Date.now()
    // A window function over a subquery's column: nothing but computing. Different factors, so that nothing is shared.
    const term = (thread, i) => `sum_over_time(quantile_over_time(0.${thread + 1}${i + 10}, vector(time() * ${i + 1})[30m:1s])[10m:1s])`
    let one = Infinity
    for (let i = 0; i < 5; i++) one = Math.min(one, (await ask(term(7, i))).ms)
    const terms = Math.max(1, Math.round(BUSY_MS * THREADS / one / QUERIES))
    const before = machine()
    const ticks = processTicks(server.pid)
    const busy = { from: Date.now(), to: 0 }
    const runs = await Promise.all(Array.from({ length: QUERIES }, (_, n) => ask(Array.from({ length: terms }, (_, i) => term(n % 9, i + terms * n)).join(' + '), '110s')))
    busy.to = Date.now()
    const after = machine()
    targets.send('arrivals')
    const { arrivals, health, rules } = await heard()
    const own = (processTicks(server.pid) - ticks) / (after.all - before.all)
    if (process.env.BENCH_TRACE !== undefined) {
      // Which second of the busy phase how many scrapes were late in.
      const bySecond = {}
      for (const times of arrivals) for (let k = 1; k < times.length; k++) if (times[k] >= busy.from && times[k] < busy.to && Math.abs(times[k] - times[k - 1] - INTERVAL_MS) > 100) bySecond[Math.floor((times[k] - busy.from) / 1000)] = (bySecond[Math.floor((times[k] - busy.from) / 1000)] ?? 0) + 1
      console.error('late by second:', JSON.stringify(bySecond))
    }
    const result = {
      when: new Date().toISOString(), node: process.version, cores: availableParallelism(), targets: TARGETS, seriesPerTarget: SERIES, threads: THREADS, queries: QUERIES, queryMs: [busy.to - busy.from],
      healthy: { quiet: waits(health, quiet), busy: waits(health, busy) }, rules: { quiet: lateness([rules], quiet, quiet), busy: lateness([rules], quiet, busy) },
      serverShare: own, otherShare: (after.busy - before.busy) / (after.all - before.all) - own, quiet: lateness(arrivals, quiet, quiet), busy: lateness(arrivals, quiet, busy),
    }
    console.log(JSON.stringify(result, null, 1))
    const out = process.argv.indexOf('--out')
    if (out > 0) writeFileSync(process.argv[out + 1], JSON.stringify(result, null, 1))
  } finally {
    const gone = new Promise(resolve => server.once('exit', resolve))
    server.kill('SIGTERM')
    await gone
    targets.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv.includes('--exporter')) await exporter()
else await main()
