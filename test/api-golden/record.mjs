// Records what a real Prometheus (with remote write receiver, on an empty folder) answers: node test/api-golden/record.mjs URL > test/api-golden/prometheus-VERSION.json
import { ask, cases, data } from './cases.mjs'

const [base] = process.argv.slice(2)
const written = await fetch(`${base}/api/v1/write`, { method: 'POST', body: data(), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
if (!written.ok) throw new Error(`the data was refused: ${written.status} ${await written.text()}`)
const out = []
for (const c of cases) {
  const { status, type, body } = await ask(base, c, 'GET')
  out.push({ path: c[0], params: c[1], status, type, body })
}
console.log(`[\n${out.map(o => JSON.stringify(o)).join(',\n')}\n]`)
