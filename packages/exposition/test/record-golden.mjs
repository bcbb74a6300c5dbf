// Serves bodies to a real Prometheus and records what it makes of them: the series, or the error of the target.
//   node record-golden.mjs PROMETHEUS-COMMAND… > golden/prometheus.json      (the command gets --config.file etc. appended)
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { cases } from './cases.mjs'

const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const [promPort, bodyPort] = [Number(process.env.PROM_PORT ?? 21390), Number(process.env.BODY_PORT ?? 21391)]
const list = cases.map((c, i) => ({ id: String(i), ...c, contentType: c.contentType ?? (c.om ? OPENMETRICS : TEXT), body: Buffer.from(c.body, c.encoding ?? 'utf8') }))
// Further bodies from a folder, for comparisons that are not kept.
if (process.env.BODIES) {
  list.length = 0
  for (const name of readdirSync(process.env.BODIES).filter(n => /\.(txt|pb)$/.test(n))) {
    list.push({ id: String(list.length), name, contentType: name.endsWith('.om.txt') ? OPENMETRICS : name.endsWith('.pb') ? 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited' : TEXT, body: readFileSync(path.join(process.env.BODIES, name)) })
  }
}
const server = createServer((req, res) => {
  const c = list[Number(req.url.slice(1).split('?')[0])]
  if (c === undefined) return res.writeHead(404).end()
  if (c.contentType === '') res.removeHeader('content-type')
  else res.setHeader('Content-Type', c.contentType)
  res.end(c.body)
})
await new Promise(r => server.listen(bodyPort, '127.0.0.1', r))
const dir = mkdtempSync(path.join(os.tmpdir(), 'golden-'))
writeFileSync(path.join(dir, 'prometheus.yml'), `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
- job_name: j
  static_configs:
${list.map(c => `  - { targets: ['127.0.0.1:${bodyPort}'], labels: { __metrics_path__: '/${c.id}', case: '${c.id}' } }`).join('\n')}
`)
const [command, ...args] = process.argv.slice(2)
const child = spawn(command, [...args, `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${promPort}`, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] })
const get = async p => (await fetch(`http://127.0.0.1:${promPort}${p}`)).json()
try {
  let targets = []
  for (let i = 0; i < 60; i++) {
    await new Promise(r => setTimeout(r, 500))
    targets = (await get('/api/v1/targets').catch(() => null))?.data?.activeTargets ?? []
    if (targets.length === list.length && targets.every(t => t.health !== 'unknown')) break
  }
  await new Promise(r => setTimeout(r, 500))
  const out = []
  for (const c of list) {
    const t = targets.find(x => x.labels.case === c.id)
    const answer = await get(`/api/v1/query?query=${encodeURIComponent(`{case="${c.id}",__name__!~"up|scrape_.*"}`)}`)
    const meta = await get(`/api/v1/targets/metadata?match_target=${encodeURIComponent(`{case="${c.id}"}`)}`)
    const scraped = await get(`/api/v1/query?query=${encodeURIComponent(`scrape_samples_scraped{case="${c.id}"}`)}`)
    out.push({
      name: c.name, contentType: c.contentType, ...(c.encoding ? { base64: c.body.toString('base64') } : process.env.BODIES ? {} : { body: c.body.toString('utf8') }), error: t.lastError,
      scraped: Number(scraped.data.result[0].value[1]),
      series: answer.data.result.map(r => { const { case: _, job: _j, instance: _i, ...labels } = r.metric; return { labels, value: r.value[1] } }).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      metadata: (meta.data ?? []).map(m => ({ metric: m.metric, type: m.type, help: m.help, unit: m.unit })).sort((a, b) => (a.metric < b.metric ? -1 : 1)),
    })
  }
  process.stdout.write(`${JSON.stringify(out, null, 1)}\n`)
} finally {
  child.kill('SIGTERM')
  server.close()
  server.closeAllConnections()
  await new Promise(r => child.once('exit', r))
  rmSync(dir, { recursive: true, force: true })
}
