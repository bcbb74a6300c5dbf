// Records what a real Prometheus (with remote write receiver and exemplars, on an empty folder) answers: node test/api-golden/record.mjs URL [OLDER.json] > test/api-golden/prometheus-VERSION.json
// A question that makes the server close the connection has the answer of the older record: an engine of 3.14 without targets can't answer those about metadata.
import { readFileSync } from 'node:fs'
import { ask, cases, data } from './cases.mjs'

const [base, file] = process.argv.slice(2)
const older = file === undefined ? [] : JSON.parse(readFileSync(file, 'utf8'))
const written = await fetch(`${base}/api/v1/write`, { method: 'POST', body: data(), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
if (!written.ok) throw new Error(`the data was refused: ${written.status} ${await written.text()}`)
const out = []
for (const c of cases) {
  try {
    const { status, type, body } = await ask(base, c, 'GET')
    out.push({ path: c[0], params: c[1], status, type, body })
  } catch (err) {
    const known = older.find(o => o.path === c[0] && JSON.stringify(o.params) === JSON.stringify(c[1]))
    if (known === undefined) throw err
    out.push(known)
  }
}
console.log(`[\n${out.map(o => JSON.stringify(o)).join(',\n')}\n]`)
