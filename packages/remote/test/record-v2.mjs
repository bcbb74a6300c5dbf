// Sends remote write 2.0 requests to a real Prometheus and records its answers.
//   node record-v2.mjs PROMETHEUS-COMMAND… > golden/v2.json      (the command gets --config.file etc. appended)
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { snappyCompress } from 'hysnappy'

const T = 1_790_000_000_000
const varint = v => { const out = []; let x = BigInt.asUintN(64, BigInt(v)); while (x >= 128n) { out.push(Number(x & 127n) | 128); x >>= 7n } out.push(Number(x)); return out }
const zigzag = v => varint(v < 0 ? -2 * v - 1 : 2 * v)
const bytes = (field, b) => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const int = (field, v) => [...varint(field * 8), ...varint(v)]
const sint = (field, v) => [...varint(field * 8), ...zigzag(v)]
const double = (field, v) => [...varint(field * 8 + 1), ...Buffer.from(Float64Array.of(v).buffer)]
const text = (field, s) => bytes(field, [...Buffer.from(s, 'latin1')])
const span = (field, offset, length) => bytes(field, [...sint(1, offset), ...int(2, length)])
const refs = list => bytes(1, list.flatMap(varint))
const sample = (tMs, v) => bytes(2, [...double(1, v), ...int(2, tMs)])
const histogram = b => bytes(3, b)
const exemplar = (list, v, tMs) => bytes(4, [...refs(list), ...double(2, v), ...int(3, tMs)])
const metadata = (type, help, unit) => bytes(5, [...int(1, type), ...int(3, help), ...int(4, unit)])
const series = (...parts) => bytes(5, parts.flat())
const symbols = (...list) => list.flatMap(s => text(4, s))
const S = symbols('', '__name__', 'm', 'a', '1', '2', 'help text', 'seconds', 'trace_id', 'x', '\xff', 'h')
const M = refs([1, 2, 3, 4])
const good = [...int(1, 3), ...double(3, 12.5), ...sint(4, 2), ...span(11, 0, 1), ...bytes(12, zigzag(3))]

const cases = [
  ['one sample', [...S, ...series(M, sample(T, 1))]],
  ['again', [...S, ...series(M, sample(T, 1))]],
  ['another value', [...S, ...series(M, sample(T, 2))]],
  ['older', [...S, ...series(M, sample(T - 1000, 2))]],
  ['partly', [...S, ...series(M, sample(T - 1000, 2)), ...series(refs([1, 2, 3, 5]), sample(T, 5))]],
  ['too far ahead', [...S, ...series(M, sample(4_000_000_000_000, 2), sample(T + 1000, 3))]],
  ['no samples', [...S, ...series(M)]],
  ['only an exemplar', [...S, ...series(M, exemplar([8, 9], 1, T))]],
  ['odd refs', [...S, ...series(refs([1, 2, 3]), sample(T, 1))]],
  ['ref outside', [...S, ...series(refs([1, 200]), sample(T, 1))]],
  ['no name', [...S, ...series(refs([3, 4]), sample(T, 1))]],
  ['no labels', [...S, ...series(sample(T, 1))]],
  ['empty name', [...S, ...series(refs([1, 0]), sample(T, 1))]],
  ['empty label name', [...S, ...series(refs([1, 2, 0, 4]), sample(T, 1))]],
  ['empty label value', [...S, ...series(refs([1, 2, 3, 0]), sample(T, 1))]],
  ['name that is not UTF-8', [...S, ...series(refs([1, 10]), sample(T, 1))]],
  ['value that is not UTF-8', [...S, ...series(refs([1, 2, 3, 10]), sample(T, 1))]],
  ['label twice', [...S, ...series(refs([3, 4, 1, 2, 3, 5]), sample(T, 1))]],
  ['histogram', [...S, ...series(refs([1, 11]), histogram([...good, ...int(15, T)]), exemplar([8, 9], 1, T), metadata(3, 6, 7))]],
  ['histogram older', [...S, ...series(refs([1, 11]), histogram([...good, ...int(15, T - 1)]))]],
  ['histogram that contradicts itself', [...S, ...series(refs([1, 2, 3, 4]), sample(T + 2000, 1)), ...series(refs([1, 11]), histogram([...int(1, 9), ...good.slice(2), ...int(15, T + 1000)]))]],
  ['histogram of an unknown schema', [...S, ...series(refs([1, 11]), histogram([...int(1, 3), ...double(3, 1), ...sint(4, 20), ...span(11, 0, 1), ...bytes(12, zigzag(3)), ...int(15, T + 1000)]))]],
  ['exemplar with bad refs', [...S, ...series(M, sample(T + 3000, 1), exemplar([8, 99], 1, T), exemplar([8], 1, T))]],
  ['exemplars', [...S, ...series(M, sample(T + 4000, 1), exemplar([8, 9], 1, T + 4000), exemplar([], 2, T + 5000))]],
  ['metadata outside', [...S, ...series(M, sample(T + 6000, 1), metadata(1, 77, 0))]],
  ['unpacked refs', [...S, ...series([...int(1, 1), ...int(1, 2)], sample(T, 1))]],
  ['samples first', [...S, ...series(sample(T + 7000, 1), M)]],
  ['series before symbols', [...series(M, sample(T + 8000, 1)), ...S]],
  ['created timestamp', [...S, ...series(refs([1, 2, 3, 9]), sample(T + 8000, 1), int(6, T))]],
  ['nothing', []],
  ['cut off', [...S, ...series(M, sample(T + 9000, 1))].slice(0, -3)],
]
const HEADERS = [
  ['application/x-protobuf;proto=io.prometheus.write.v2.Request', 'snappy'], ['application/x-protobuf; proto=io.prometheus.write.v2.Request', 'snappy'], ['application/x-protobuf;proto=io.prometheus.write.v3.Request', 'snappy'],
  ['application/x-protobuf;proto=io.prometheus.write.v2.Request', 'zstd'], ['application/x-protobuf;proto=io.prometheus.write.v2.Request', undefined], ['application/x-protobuf;proto', 'snappy'], ['text/plain', 'snappy'],
  ['application/x-protobuf;x=y;proto=io.prometheus.write.v2.Request', 'snappy'],
]
const port = Number(process.env.PROM_PORT ?? 21390)
const dir = mkdtempSync(path.join(os.tmpdir(), 'golden-'))
writeFileSync(path.join(dir, 'prometheus.yml'), 'global: {}\n')
const [command, ...args] = process.argv.slice(2)
const child = spawn(command, [...args, '--enable-feature=native-histograms,exemplar-storage', '--web.enable-remote-write-receiver', `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, '--storage.tsdb.retention.time=100y', `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: ['ignore', 'ignore', process.env.LOG ? 'inherit' : 'ignore'] })
try {
  for (let i = 0; ; i++) {
    if (i === 60) throw new Error('Prometheus did not start')
    if ((await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => ({}))).ok) break
    await new Promise(r => setTimeout(r, 250))
  }
  const post = async (body, [type, encoding]) => {
    // Status 0: Prometheus breaks the connection (a panic of its own).
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/write`, { method: 'POST', body, headers: { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}), 'x-prometheus-remote-write-version': '2.0.0' } }).catch(() => undefined)
    if (response === undefined) return { status: 0, written: [null, null, null], body: '' }
    const written = ['Samples', 'Histograms', 'Exemplars'].map(n => response.headers.get(`X-Prometheus-Remote-Write-${n}-Written`))
    return { status: response.status, written, body: await response.text() }
  }
  const out = { requests: [], headers: [] }
  for (const [name, message] of cases) {
    out.requests.push({ name, message: Buffer.from(message).toString('base64'), ...await post(snappyCompress(Uint8Array.from(message)), HEADERS[0]) })
  }
  for (const headers of HEADERS) out.headers.push({ headers, ...await post(snappyCompress(Uint8Array.from([...S, ...series(refs([1, 2, 3, 8]), sample(T, 1))])), headers) })
  process.stdout.write(`${JSON.stringify(out, null, 1)}\n`)
} finally {
  child.kill('SIGTERM')
  await new Promise(r => child.once('exit', r))
  rmSync(dir, { recursive: true, force: true })
}
