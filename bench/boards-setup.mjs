// What boards.mjs and ui.mjs share: a Haechi of their own with made-up data, and the real browser. How they are used: README.md.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { rolldown } from 'rolldown'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The boards of a folder, by file name. */
export function readBoards(folder) {
  return readdirSync(folder).filter(n => /\.json(\.gz)?$/.test(n)).sort().map(name => {
    const bytes = readFileSync(join(folder, name))
    return { name: name.replace(/\.json(\.gz)?$/, ''), json: JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) }
  })
}

/** The generator of the tests (`packages/testkit/src/board-data.ts`), bundled for Node. */
export async function loadGenerator() {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-bench-'))
  const bundle = await rolldown({ input: join(ROOT, 'packages/testkit/src/board-data.ts'), platform: 'node', resolve: { conditionNames: ['haechi:source', 'node', 'import', 'default'] }, logLevel: 'silent' })
  const file = join(folder, 'board-series.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  const module = await import(pathToFileURL(file).href)
  rmSync(folder, { recursive: true })
  return module
}

/** Starts a Haechi of its own on `port`, which takes remote write; `stop()` ends it and removes its data. */
export async function startHaechi(port, ...more) {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-bench-'))
  writeFileSync(join(folder, 'prometheus.yml'), 'global:\n  scrape_interval: 15s\n')
  const entry = process.env.BENCH_HAECHI ?? join(ROOT, 'dist/haechi.js')
  const child = spawn(process.execPath, [entry, `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver', '--log.level=warn', ...more], { stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}/`
  for (let i = 0; ; i++) {
    const ready = await fetch(`${url}-/ready`).then(r => r.ok, () => false)
    if (ready) break
    if (i > 300 || child.exitCode !== null) throw new Error('Haechi did not become ready')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return {
    url, pid: child.pid,
    async stop() {
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A growing buffer with the few parts of protobuf that remote write needs. */
class Message {
  #bytes = Buffer.allocUnsafe(1 << 16)
  length = 0
  #room(n) {
    if (this.length + n <= this.#bytes.length) return
    const next = Buffer.allocUnsafe((this.#bytes.length + n) * 2)
    this.#bytes.copy(next, 0, 0, this.length)
    this.#bytes = next
  }
  varint(v) {
    this.#room(10)
    while (v > 127) {
      this.#bytes[this.length++] = v % 128 + 128
      v = Math.floor(v / 128)
    }
    this.#bytes[this.length++] = v
  }
  double(v) {
    this.#room(8)
    this.#bytes.writeDoubleLE(v, this.length)
    this.length += 8
  }
  part(tag, bytes) {
    this.varint(tag)
    this.varint(bytes.length)
    this.#room(bytes.length)
    bytes.copy(this.#bytes, this.length)
    this.length += bytes.length
  }
  done() {
    return this.#bytes.subarray(0, this.length)
  }
}

/** Snappy without compression: literals only. */
function snappy(raw) {
  const out = [varintBytes(raw.length)]
  for (let i = 0; i < raw.length; i += 65536) {
    const piece = raw.subarray(i, i + 65536)
    out.push(Buffer.from([61 << 2, (piece.length - 1) & 255, (piece.length - 1) >> 8]), piece)
  }
  return Buffer.concat(out)
}

function varintBytes(v) {
  const m = new Message()
  m.varint(v)
  return Buffer.from(m.done())
}

/**
 * Writes series to a server: `valueOf(series, tMs)` for each moment from `startMs` to `endMs`.
 * @param series  `{ labels }` with `__name__`
 */
export async function remoteWrite(url, series, valueOf, startMs, endMs, stepMs) {
  // Stretch by stretch, as it would have come: what is much older than the newest sample is refused.
  const STRETCH_MS = 900_000
  for (let from = startMs; from <= endMs; from += STRETCH_MS) await writeStretch(url, series, valueOf, from, Math.min(endMs, from + STRETCH_MS - stepMs), stepMs)
}

async function writeStretch(url, series, valueOf, startMs, endMs, stepMs) {
  // A body larger than the server takes would be cut off.
  const PER_REQUEST = Math.max(1, Math.floor(60_000 / ((endMs - startMs) / stepMs + 1)))
  for (let from = 0; from < series.length; from += PER_REQUEST) {
    const request = new Message()
    for (const s of series.slice(from, from + PER_REQUEST)) {
      const one = new Message()
      for (const name of Object.keys(s.labels).sort()) {
        const label = new Message()
        label.part(10, Buffer.from(name))
        label.part(18, Buffer.from(s.labels[name]))
        one.part(10, label.done())
      }
      for (let t = startMs; t <= endMs; t += stepMs) {
        const sample = new Message()
        sample.varint(9)
        sample.double(valueOf(s, t))
        sample.varint(16)
        sample.varint(t)
        one.part(18, sample.done())
      }
      request.part(10, one.done())
    }
    const response = await fetch(`${url}api/v1/write`, { method: 'POST', body: snappy(request.done()), headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' } })
    if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`)
  }
}

/** Imports a board under a uid, its inputs filled in as the import page does: constants with their own value, sources with the only one there is. */
export async function saveBoard(url, json, uid) {
  const body = json.dashboard !== undefined && json.panels === undefined ? json.dashboard : json
  const dashboard = body.spec !== undefined ? { ...body, title: body.spec.title ?? uid, uid, metadata: { ...body.metadata, name: uid } } : { ...body, title: body.title ?? uid, id: null, uid }
  const inputs = (body.__inputs ?? []).filter(i => i.type === 'constant').map(i => ({ name: i.name, type: i.type, value: i.value ?? '' }))
  const response = await fetch(`${url}api/dashboards/import`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dashboard, inputs, overwrite: true }) })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${uid}: ${response.status} ${JSON.stringify(answer)}`)
  return answer.uid ?? uid
}

/** A board with the values of its constant inputs. */
export function withConstants(json) {
  const constants = new Map((json.__inputs ?? []).filter(i => i.type === 'constant').map(i => [i.name, String(i.value ?? '')]))
  if (constants.size === 0) return json
  const filled = v => typeof v === 'string' ? v.replace(/\$\{(\w+)\}/g, (whole, name) => constants.get(name) ?? whole) : Array.isArray(v) ? v.map(filled) : typeof v === 'object' && v !== null ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, filled(x)])) : v
  return filled(json)
}

/** The system's Chromium. */
export async function startBrowser() {
  const executablePath = process.env.BENCH_CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error(`there is no ${executablePath}; BENCH_CHROMIUM names another`)
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-precise-memory-info', '--js-flags=--expose-gc'] })
}
