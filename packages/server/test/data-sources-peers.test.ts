import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalQueryEngine } from '@haechi/promql'
import { peerRun } from '@haechi/testkit'
import { snappyCompress } from 'hysnappy'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer } from '../src/index.ts'
import { writeRequest } from '../../remote/test/write-request.ts'
import { fakeDeps } from './fake-deps.ts'
import { freePort } from './free-port.ts'
import { memoryAt, seriesAt, viewOn } from './three-sources.ts'

const PEER_RUN = peerRun()
if (PEER_RUN === undefined) process.stderr.write('packages/server/test/data-sources-peers.test.ts: the part with real servers is skipped, PEERS_DIR names none\n')
const RECORDED = join(import.meta.dirname, 'golden', 'three-sources.json')
/** `UPDATE_SOURCES=1` with the peers at hand records their answers anew. */
const MUST_RECORD = process.env['UPDATE_SOURCES'] === '1'

interface Recording { readonly nowMs: number; readonly answers: Record<string, Record<string, { status: number; type: string; body: string }>> }

const children: ChildProcess[] = []
const folders: string[] = []
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
  for (const c of children) {
    const ended = new Promise(done => { c.once('exit', done) })
    if (c.exitCode === null && c.kill('SIGTERM')) await ended
  }
  for (const f of folders) rmSync(f, { recursive: true, force: true })
})

/** A server of ours that has the data itself, and two other sources. */
async function ours(nowMs: number, sources: Record<string, string>): Promise<HaechiServer> {
  const state = await openState(':memory:', { log: fakeDeps().log, nowMs: () => nowMs })
  const server = createServer(fakeDeps({ state, engine: new LocalQueryEngine(memoryAt(nowMs)) }), { version: '0.1.0', nowMs: () => nowMs })
  closers.push(() => server.close(), () => state.close())
  for (const [name, url] of Object.entries(sources)) {
    const made = await server.inject({ method: 'POST', url: '/api/datasources', headers: { host: 'localhost', 'content-type': 'application/json' }, payload: JSON.stringify({ name, type: 'prometheus', url }) })
    expect(made.statusCode).toBe(200)
  }
  return server
}

/** Stands between us and a server: notes what it answers, or answers from the notes. */
async function between(notes: Record<string, { status: number; type: string; body: string }>, target: string | undefined): Promise<string> {
  const http = createHttp((req, res) => {
    let body = ''
    req.on('data', (piece: Buffer) => { body += piece.toString() }).on('end', () => {
      void (async () => {
        const key = `${req.method!} ${req.url!} ${body}`
        if (target !== undefined) {
          const answer = await fetch(target + req.url!, { method: req.method!, headers: { 'content-type': req.headers['content-type'] ?? 'text/plain' }, ...(req.method === 'POST' ? { body } : {}) })
          notes[key] = { status: answer.status, type: answer.headers.get('content-type') ?? '', body: (await answer.text()).replace(/"executionTimeMsec":\d+/, '"executionTimeMsec":1') }
        }
        const note = notes[key] ?? { status: 599, type: 'text/plain', body: `not recorded: ${key}` }
        res.writeHead(note.status, { 'content-type': note.type }).end(note.body)
      })()
    })
  })
  await new Promise<void>(done => { http.listen(0, '127.0.0.1', done) })
  closers.push(() => new Promise(done => { http.close(done) }))
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

describe('DS9 one board on three sources', () => {
  test('[DS9] by recorded answers of Prometheus and VictoriaMetrics', async () => {
    expect(existsSync(RECORDED), 'UPDATE_SOURCES=1 records it').toBe(true)
    const { nowMs, answers } = JSON.parse(readFileSync(RECORDED, 'utf8')) as Recording
    const server = await ours(nowMs, { Prom: await between(answers['Prom']!, undefined), Victoria: await between(answers['Victoria']!, undefined) })
    const own = await viewOn(server, 'Prometheus', nowMs)
    expect(own).toMatch(/jobs \["bakery","shop"\][^]*shop 500 \{"code":"500","job":"shop"\} [^]*absent/)
    for (const name of ['Prom', 'Victoria']) expect(await viewOn(server, name, nowMs)).toBe(own)
  })

  test.skipIf(PEER_RUN === undefined)('[DS9] on the real Prometheus and VictoriaMetrics', async () => {
    const nowMs = Math.floor(Date.now() / 60_000) * 60_000
    const folder = mkdtempSync(join(tmpdir(), 'haechi-three-'))
    folders.push(folder)
    writeFileSync(join(folder, 'prometheus.yml'), '{}\n')
    const ports = { Prom: await freePort(), Victoria: await freePort() }
    const run = (...args: string[]): void => { children.push(spawn(PEER_RUN!, args, { stdio: 'ignore', cwd: folder })) }
    run('prometheus', `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/prom`, `--web.listen-address=127.0.0.1:${ports.Prom}`, '--web.enable-remote-write-receiver')
    run('victoria-metrics', `-storageDataPath=${folder}/vm`, `-httpListenAddr=127.0.0.1:${ports.Victoria}`)
    const url = { Prom: `http://127.0.0.1:${ports.Prom}`, Victoria: `http://127.0.0.1:${ports.Victoria}` }
    const body = Buffer.from(snappyCompress(writeRequest(seriesAt(nowMs).map(s => ({ labels: Object.entries(s.labels).sort(([a], [b]) => (a < b ? -1 : 1)), samples: s.samples })))))
    for (const base of Object.values(url)) {
      await expect.poll(async () => {
        try {
          return (await fetch(`${base}/api/v1/write`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' } })).status
        } catch {
          return 0
        }
      }, { timeout: 30_000, interval: 200 }).toBe(204)
    }
    const answers: Recording['answers'] = { Prom: {}, Victoria: {} }
    const server = await ours(nowMs, { Prom: await between(answers['Prom']!, url.Prom), Victoria: await between(answers['Victoria']!, url.Victoria) })
    const own = await viewOn(server, 'Prometheus', nowMs)
    // VictoriaMetrics shows what was written after a moment.
    for (const name of ['Prom', 'Victoria']) await expect.poll(() => viewOn(server, name, nowMs), { timeout: 40_000, interval: 500 }).toBe(own)
    if (MUST_RECORD) writeFileSync(RECORDED, `${JSON.stringify({ nowMs, answers }, null, 1)}\n`)
  }, 90_000)
})
