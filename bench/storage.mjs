// All rows about storage in one command: scraping, memory, remote write, disk, restarts, replay of the log, merging of blocks.
//
//   node bench/storage.mjs --out storage.json [--systems haechi,prometheus,victoria] [--repeats 1] [--million] [--small] [--only harness,memory,replay,blocks,compaction,maintenance]
//
// Needs the comparison harness (README.md) in METRICS_BENCH and the servers in BENCH_PROMETHEUS and BENCH_VICTORIA. Tells what it does on stderr; after each row the file is complete.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { dashboardBesideMaintenance } from './maintenance.mjs'

const { values: opt } = parseArgs({
  options: {
    out: { type: 'string' }, systems: { type: 'string', default: 'haechi,prometheus,victoria' }, repeats: { type: 'string', default: '1' }, million: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false }, only: { type: 'string', default: 'harness,memory,replay,blocks,compaction,maintenance' }, 'base-port': { type: 'string', default: '22000' }, work: { type: 'string' },
  },
})
if (opt.out === undefined || process.env.METRICS_BENCH === undefined) {
  console.error('usage: METRICS_BENCH=<folder of the harness> node bench/storage.mjs --out storage.json')
  process.exit(2)
}
const harness = resolve(process.env.METRICS_BENCH)
const adapter = fileURLToPath(new URL('./haechi.mjs', import.meta.url))
const names = opt.systems.split(',')
const parts = new Set(opt.only.split(','))
const repeats = Number(opt.repeats)
const port = Number(opt['base-port'])
const work = opt.work ?? mkdtempSync(join(tmpdir(), 'storage-bench-'))
const out = resolve(opt.out)
const from = path => import(pathToFileURL(join(harness, path)).href)
const [{ System, systemVersion }, { Meter }, { startExporter }, { openDataset, sendDataset }, { sleep }] =
  await Promise.all(['lib/system.mjs', 'lib/meter.mjs', 'lib/exporter-process.mjs', 'lib/dataset.mjs', 'lib/stats.mjs'].map(from))
const systems = await Promise.all(names.map(async name => (name === 'haechi' ? await import(pathToFileURL(adapter).href) : await from(`systems/${name}.mjs`)).default))

const began = Date.now()
const log = text => process.stderr.write(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}\n`)
const doc = { run: { date: new Date().toISOString(), systems: systems.map(s => ({ name: s.name, title: s.title, role: s.role, version: systemVersion(s) })) }, results: [] }
const record = (suite, row, system, rep, metrics, facts = {}) => {
  doc.results.push({ suite, row, system, rep, metrics, ...facts })
  writeFileSync(out, `${JSON.stringify(doc, null, 1)}\n`)
  log(`${suite} | ${row} | ${system}: ${Object.entries(metrics).map(([k, v]) => `${k}=${Number.isFinite(v) ? Number(v.toPrecision(4)) : v}`).join(' ')}`)
}
const create = (def, tag) => {
  const dataDir = join(work, 'data', `${def.name}-${tag}`)
  rmSync(dataDir, { recursive: true, force: true })
  return new System(def, { port: port + 10 + systems.indexOf(def), dataDir, logDir: join(work, 'logs') })
}

/** Scraping, remote write, disk and restarts are the harness' own suites. */
async function harnessSuites() {
  const result = join(work, 'harness.json')
  for (const suites of ['ingest,remotewrite', 'storage,startup']) {
    log(`harness: ${suites}`)
    const args = [join(harness, 'bench.mjs'), '--systems', names.filter(n => n !== 'haechi').join(','), ...(names.includes('haechi') ? ['--system-file', adapter] : []), '--suite', suites, '--repeats', String(repeats),
      '--work', work, '--base-port', String(port), '--out', result, ...(opt.small ? ['--quick'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    await new Promise(done => child.once('exit', done))
    if (!existsSync(result)) throw new Error('the harness wrote no result')
    const part = JSON.parse(readFileSync(result, 'utf8'))
    doc.run = { ...part.run, ...doc.run, systems: part.run.systems }
    doc.results.push(...part.results)
    writeFileSync(out, `${JSON.stringify(doc, null, 1)}\n`)
    rmSync(result)
  }
}

/** Resident memory over the idle process, after five scrapes of many series. */
async function memory(targets, seriesOfEach) {
  const interval = 10
  for (const def of systems.filter(s => s.capabilities.scrape)) {
    const exporter = await startExporter({ port: port + 1, targets, series: seriesOfEach, seed: 20260101, variants: 5 })
    const system = create(def, 'memory')
    try {
      await system.start({ scrape: { intervalSeconds: interval, targets: exporter.addresses } })
      await sleep(3000)
      const base = system.memory()
      system.resetPeak()
      const meter = new Meter(system, [exporter.pid]).start()
      await exporter.open()
      const seen = []
      for (let i = 0; i < 5 * interval; i++) {
        await sleep(1000)
        seen.push(system.memory().rss)
      }
      const tail = seen.slice(-10).sort((a, b) => a - b)
      const rss = tail[tail.length >>> 1]
      const m = meter.stop()
      record('memory', `${Math.round(exporter.series / 1000)}k series, 5 scrapes`, def.name, 0, { rss_MB: rss / 1e6, peak_rss_MB: system.memory().peak / 1e6, rss_per_series_B: (rss - base.rss) / exporter.series }, { foreign: m.foreign })
    } finally {
      await system.stop()
      await exporter.stop()
      rmSync(system.dataDir, { recursive: true, force: true })
    }
  }
}

/** Start after `kill -9` with two hours that are in the log only. */
async function replay() {
  const dataset = openDataset(join(work, 'datasets'), { series: opt.small ? 4000 : 20_000, hours: 2, seed: 20260101, log })
  const { meta } = dataset
  for (const def of systems.filter(s => s.capabilities.remoteWrite)) {
    const system = create(def, 'replay')
    try {
      await system.start()
      await sendDataset(dataset, system)
      if (def.flush) await def.flush(system)
      for (let rep = 0; rep < repeats + 1; rep++) {
        await system.stop('SIGKILL')
        const t0 = performance.now()
        const ready = await system.start()
        let queryable = NaN
        for (let i = 0; i < 6000 && Number.isNaN(queryable); i++) {
          const n = await system.scalar('count({job=~"fastapi|django|node|gateway"})', meta.end).catch(() => null)
          if (n === meta.series) queryable = (performance.now() - t0) / 1000
          else await sleep(10)
        }
        record('startup', `log only, ${Math.round(meta.series / 1000)}k series x 2 h, after SIGKILL`, def.name, rep, { ready_s: ready, queryable_s: queryable, cpu_s_to_queryable: system.cpu().ticksNs / 1e9 })
      }
    } finally {
      await system.stop()
      rmSync(system.dataDir, { recursive: true, force: true })
    }
  }
}

/** Metas of the blocks of a data directory. */
const metasOf = dir => readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n)).map(n => JSON.parse(readFileSync(join(dir, n, 'meta.json'), 'utf8')))

/**
 * Merging the very same blocks of 20 minutes, which Prometheus has written, three by three: samples and CPU seconds. Time is what each server says of its merges. Servers do it in
 * their first round, a minute after the start; what they use while idle is measured before and taken off.
 */
async function compaction() {
  const peer = systems.find(s => s.name === 'prometheus')
  if (peer === undefined) return
  const dataset = openDataset(join(work, 'datasets'), { series: opt.small ? 4000 : 20_000, hours: opt.small ? 3.5 : 6.5, seed: 20260101, log })
  const limits = longest => ['--storage.tsdb.min-block-duration=20m', `--storage.tsdb.max-block-duration=${longest}`, '--log.level=info']
  const sized = (def, longest) => ({ ...def, args: [...def.args.filter(a => !a.startsWith('--log.level')), ...limits(longest)] })
  const source = create(sized(peer, '20m'), 'blocks')
  await source.start()
  await sendDataset(dataset, source)
  await source.settle()
  await source.stop()
  for (const name of ['wal', 'chunks_head', 'lock', 'queries.active']) rmSync(join(source.dataDir, name), { recursive: true, force: true })
  for (const def of systems.filter(s => s.name !== 'victoria')) {
    const system = create(sized(def, '1h'), 'merge')
    cpSync(source.dataDir, system.dataDir, { recursive: true })
    const logFile = join(work, 'logs', `${def.name}.log`)
    rmSync(logFile, { force: true })
    try {
      await system.start()
      // What a start leaves to do later (code that is compiled, threads that get ready) is not the merges'.
      await system.settle({ timeoutMs: 40_000 })
      const begin = system.cpu()
      await sleep(5000)
      const idle = system.cpuSince(begin) / 5
      const before = system.cpu()
      const t0 = performance.now()
      const lines = () => readFileSync(logFile, 'utf8').split('\n').filter(l => /msg="(Merged blocks|compact blocks)"/.test(l))
      let seen = 0
      let since = 0
      // Until five seconds have brought no further merge.
      for (let i = 0; i < 600 && (seen === 0 || performance.now() - since < 5000); i++) {
        await sleep(250)
        const n = lines().length
        if (n > seen) since = performance.now()
        seen = n
      }
      const cpu = system.cpuSince(before) - idle * (performance.now() - t0) / 1000
      const merged = metasOf(system.dataDir).filter(m => m.compaction.level > 1)
      const samples = merged.reduce((sum, m) => sum + m.stats.numSamples, 0)
      // durationMs=12 in Haechi; duration=1.2s, 350.1ms or 1m2s in Prometheus.
      const seconds = lines().reduce((sum, l) => {
        const ours = /durationMs=([\d.]+)/.exec(l)
        if (ours !== null) return sum + Number(ours[1]) / 1000
        const [, m = 0, s = 0, ms = 0] = /duration=(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?/.exec(l) ?? []
        return sum + 60 * Number(m) + Number(s) + Number(ms) / 1000
      }, 0)
      record('compaction', `${merged.length} merges of three blocks, ${Math.round(dataset.meta.series / 1000)}k series`, def.name, 0, { samples_per_s: samples / seconds, cpu_s_per_M_samples: cpu / (samples / 1e6), bytes_per_sample: merged.reduce((sum, m) => sum + folder(join(system.dataDir, m.ulid)), 0) / samples })
    } finally {
      await system.stop()
      rmSync(system.dataDir, { recursive: true, force: true })
    }
  }
  rmSync(source.dataDir, { recursive: true, force: true })
}

const folder = dir => readdirSync(dir, { recursive: true, withFileTypes: true }).filter(e => e.isFile()).reduce((sum, e) => sum + statSync(join(e.parentPath ?? e.path, e.name)).size, 0)

/** What a board of six panels, asked once a second, notices of maintenance that never ends; see maintenance.mjs. */
async function maintenance() {
  const def = systems.find(s => s.name === 'haechi')
  if (def === undefined) return
  const [{ Client }, { QUERIES }] = await Promise.all(['lib/http.mjs', 'lib/queries.mjs'].map(from))
  const dataset = openDataset(join(work, 'datasets'), { series: opt.small ? 4000 : 20_000, hours: 6.5, seed: 20260101, log })
  const system = create(def, 'maintenance')
  try {
    await system.start()
    await sendDataset(dataset, system)
    // The head becomes blocks in the rounds of the next minutes.
    for (let i = 0; i < 180 && metasOf(system.dataDir).length < 2; i++) await sleep(1000)
    await system.settle()
    const totals = await dashboardBesideMaintenance(system, Client, Meter, QUERIES.filter(q => q.panel), dataset.meta, repeats + 1)
    for (const [phase, runs] of Object.entries(totals)) runs.forEach((run, rep) => record('maintenance', phase === 'quiet' ? 'nothing besides' : 'blocks being written all the time', def.name, rep, run.metrics, { foreign: run.foreign }))
  } finally {
    await system.stop()
    rmSync(system.dataDir, { recursive: true, force: true })
  }
}

/** Bytes per sample of the blocks that the backfill of the harness became. */
function blocks() {
  for (const { name } of systems) {
    const dir = join(work, 'data', `${name}-dataset`)
    if (!existsSync(dir)) continue
    let bytes = 0
    let samples = 0
    for (const block of readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n))) {
      const meta = JSON.parse(readFileSync(join(dir, block, 'meta.json'), 'utf8'))
      samples += meta.stats.numSamples ?? 0
      bytes += folder(join(dir, block))
    }
    if (samples > 0) record('storage', 'blocks only', name, 0, { block_B_per_sample: bytes / samples })
  }
}

try {
  if (parts.has('harness')) await harnessSuites()
  if (parts.has('blocks')) blocks()
  if (parts.has('replay')) await replay()
  if (parts.has('compaction')) await compaction()
  if (parts.has('maintenance')) await maintenance()
  if (parts.has('memory')) {
    await memory(opt.small ? 4 : 50, opt.small ? 5000 : 10_000)
    if (opt.million) await memory(100, 10_000)
  }
  log(`written: ${out}`)
} finally {
  if (opt.work === undefined) rmSync(work, { recursive: true, force: true })
}
process.exit(0)
