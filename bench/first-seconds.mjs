// How long a person waits after `haechi --demo`: until the first page, the first target that is up, the first rate that is not empty.
//
//   node bench/first-seconds.mjs [--out file.json] [--runs 3]
//
// BENCH_HAECHI names the built haechi.js; default: this checkout's.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PORT = Number(process.env.BENCH_PORT ?? 22070)
const LIMIT_MS = 60_000

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const option = (name, usual) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : usual)

/** Resident memory of a process and its children, bytes. */
function treeRss(pid) {
  let sum = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)) sum += treeRss(Number(child))
  }
  return sum
}

async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-first-'))
  const entry = process.env.BENCH_HAECHI ?? fileURLToPath(new URL('../dist/haechi.js', import.meta.url))
  const began = performance.now()
  const server = spawn(process.execPath, [entry, '--demo', `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${PORT}`, '--log.level=error'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${PORT}`
  const until = async test => {
    for (;;) {
      // Not listening yet is no failure.
      if (await test().catch(err => {
        if (err.message !== 'fetch failed') throw err
        return false
      })) return Math.round(performance.now() - began)
      if (performance.now() - began > LIMIT_MS) return null
      await sleep(25)
    }
  }
  const value = async query => {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`)
    // Listening already, not ready yet.
    if (answer.status === 503) return 0
    const body = await answer.json()
    if (body.status !== 'success') throw new TypeError(`the query failed: ${body.error}`)
    return Number(body.data.result[0]?.value[1] ?? 0)
  }
  try {
    const pageMs = await until(async () => {
      const page = await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text()
      const script = /<script[^>]+src="([^"]+)"/.exec(page)
      return script !== null && (await fetch(new URL(script[1], url))).ok
    })
    const upMs = await until(async () => await value('count(up{job=~"orders|checkout"} == 1)') === 2)
    const rateMs = await until(async () => await value('sum(rate(http_requests_total{job=~"orders|checkout"}[1m]))') > 0)
    await sleep(3000)
    return { pageMs, upMs, rateMs, treeRssMB: Math.round(treeRss(server.pid) / 1e5) / 10, serverRssMB: Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) * 1.024e-2) / 10 }
  } finally {
    const gone = new Promise(resolve => server.once('exit', resolve))
    server.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
}

const runs = []
for (let i = 0; i < Number(option('--runs', 3)); i++) runs.push(await run())
const result = { when: new Date().toISOString(), node: process.version, runs }
console.log(JSON.stringify(result, null, 1))
const out = option('--out', undefined)
if (out !== undefined) writeFileSync(out, JSON.stringify(result, null, 1))
