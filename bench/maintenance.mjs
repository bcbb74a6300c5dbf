// How much the maintenance thread slows a dashboard: part `maintenance` of storage.mjs.

import { readFileSync, readdirSync } from 'node:fs'

const PHASE_MS = 20_000
const REFRESH_MS = 1000
const PROBE_MS = 20

const sleep = ms => new Promise(done => setTimeout(done, Math.max(0, ms)))
const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))]

/** Seconds of CPU, and of waiting for a core, of the main thread and of all threads. */
function threads(pid) {
  const sum = { mainCpu: 0, mainWait: 0, cpu: 0 }
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    let text
    try {
      text = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8')
    } catch {
      continue // ended meanwhile
    }
    const [cpu, wait] = text.split(' ').map(Number)
    sum.cpu += cpu / 1e9
    if (Number(tid) === pid) Object.assign(sum, { mainCpu: cpu / 1e9, mainWait: wait / 1e9 })
  }
  return sum
}

/**
 * Asks a board of six panels over six hours once a second, without kept answers, and `/-/healthy` every 20 ms. In turns: nothing besides, and all blocks being written anew and the head
 * as a block, one after the other, for as long as the phase is. That is maintenance without an end; usually it takes some seconds in two hours.
 *
 * @param system of the harness, with the dataset in it
 * @param panels queries of the board
 * @returns metrics of each phase: `quiet` and `busy`
 */
export async function dashboardBesideMaintenance(system, Client, Meter, panels, meta, rounds) {
  const board = new Client(system.port, { sockets: 6 })
  const probe = new Client(system.port, { sockets: 1 })
  const admin = new Client(system.port, { sockets: 1 })
  const totals = { quiet: [], busy: [] }
  const refresh = async end => {
    const t0 = performance.now()
    const answers = await Promise.all(panels.map(q => board.form(system.paths.queryRange, system.fresh({ query: q.expr, start: String(end - q.hours * 3600), end: String(end), step: String(q.step) }), { headers: { 'Accept-Encoding': 'gzip' } })))
    for (const a of answers) if (a.status !== 200) throw new Error(`panel query: HTTP ${a.status}`)
    return performance.now() - t0
  }
  const jobs = async until => {
    let done = 0
    const post = async (path, params) => {
      const r = await admin.request('POST', `${path}?${new URLSearchParams(params)}`)
      if (r.status >= 300) throw new Error(`${path}: HTTP ${r.status}`)
    }
    for (; performance.now() < until; done++) {
      // A sample less in each half hour makes cleaning write every block anew.
      for (let t = meta.start + 15 * done; t < meta.end; t += 1800) await post('/api/v1/admin/tsdb/delete_series', { 'match[]': 'node_load1', start: String(t), end: String(t) })
      await post('/api/v1/admin/tsdb/clean_tombstones', {})
      await post('/api/v1/admin/tsdb/snapshot', {})
    }
    return done
  }
  try {
    for (let i = 0; i < 20; i++) await refresh(Math.floor(meta.end / 60) * 60 - 60 * i)
    for (let round = 0; round < rounds; round++) {
      for (const phase of ['quiet', 'busy']) {
        const until = performance.now() + PHASE_MS
        const meter = new Meter(system).start()
        const before = threads(system.pid)
        const times = []
        const waits = []
        const asking = (async () => {
          for (let i = 0; performance.now() < until; i++) {
            const next = performance.now() + REFRESH_MS
            times.push(await refresh(Math.floor(meta.end / 60) * 60 - 60 * (i % 20)))
            await sleep(next - performance.now())
          }
        })()
        const probing = (async () => {
          while (performance.now() < until) {
            const t0 = performance.now()
            await probe.get('/-/healthy')
            waits.push(performance.now() - t0)
            await sleep(PROBE_MS)
          }
        })()
        const working = phase === 'busy' ? jobs(until) : Promise.resolve(0)
        const [, , done] = await Promise.all([asking, probing, working])
        const after = threads(system.pid)
        const { foreign } = meter.stop()
        const seconds = PHASE_MS / 1000
        totals[phase].push({
          foreign, metrics: {
            refresh_p50_ms: quantile(times, 0.5), refresh_p95_ms: quantile(times, 0.95), healthy_p50_ms: quantile(waits, 0.5), healthy_p99_ms: quantile(waits, 0.99), healthy_max_ms: Math.max(...waits),
            main_cpu_ms_per_s: 1000 * (after.mainCpu - before.mainCpu) / seconds, main_wait_ms_per_s: 1000 * (after.mainWait - before.mainWait) / seconds, jobs: done,
          },
        })
      }
    }
  } finally {
    for (const c of [board, probe, admin]) c.close()
  }
  return totals
}
