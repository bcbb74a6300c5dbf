// Serves bodies to a real Prometheus that takes native histograms, and records what it stores under each setting.
//   node record-native.mjs FIXTURES PROMETHEUS-COMMAND… > golden/native.json      (FIXTURES: a folder of .pb and .txt bodies; the command gets --config.file etc. appended)
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { cases } from './native-cases.mjs'

const TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8', om: 'application/openmetrics-text; version=1.0.0; charset=utf-8', pb: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
}
const SETTINGS = {
  native: 'always_scrape_classic_histograms: false', both: 'always_scrape_classic_histograms: true', nhcb: 'convert_classic_histograms_to_nhcb: true', nhcbBoth: 'convert_classic_histograms_to_nhcb: true, always_scrape_classic_histograms: true',
}
const [fixtures, command, ...args] = process.argv.slice(2)
const [promPort, bodyPort] = [Number(process.env.PROM_PORT ?? 21390), Number(process.env.BODY_PORT ?? 21391)]
const formatOf = name => (name.endsWith('.pb') ? 'pb' : name.endsWith('.om.txt') ? 'om' : 'text')
const list = [
  ...cases.map(c => ({ name: c.name, format: c.om ? 'om' : 'text', body: Buffer.from(c.body), own: true })),
  ...readdirSync(fixtures).filter(n => /\.(txt|pb)$/.test(n)).map(name => ({ name, format: formatOf(name), body: readFileSync(path.join(fixtures, name)), own: false })),
]
const server = createServer((req, res) => {
  const c = list[Number(req.url.slice(1).split('?')[0])]
  if (c === undefined) return res.writeHead(404).end()
  res.setHeader('Content-Type', TYPES[c.format])
  res.end(c.body)
})
await new Promise(r => server.listen(bodyPort, '127.0.0.1', r))
const dir = mkdtempSync(path.join(os.tmpdir(), 'golden-'))
writeFileSync(path.join(dir, 'prometheus.yml'), `
global: { scrape_interval: 4s, scrape_timeout: 4s }
scrape_configs:
${Object.entries(SETTINGS).map(([job, setting]) => `- { job_name: ${job}, ${setting}, static_configs: [${list.map((_, i) => `{ targets: ['127.0.0.1:${bodyPort}'], labels: { __metrics_path__: '/${i}', case: '${i}' } }`).join(', ')}] }`).join('\n')}
`)
const child = spawn(command, [...args, '--enable-feature=native-histograms,exemplar-storage', `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${promPort}`, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] })
const get = async p => (await fetch(`http://127.0.0.1:${promPort}${p}`)).json()
const digest = lines => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
try {
  let targets = []
  for (let i = 0; i < 80; i++) {
    await new Promise(r => setTimeout(r, 500))
    targets = (await get('/api/v1/targets').catch(() => null))?.data?.activeTargets ?? []
    if (targets.length === list.length * 4 && targets.every(t => t.health !== 'unknown')) break
  }
  await new Promise(r => setTimeout(r, 1000))
  const out = []
  for (const [i, c] of list.entries()) {
    const of = {}
    for (const job of Object.keys(SETTINGS)) {
      const selector = `case="${i}",job="${job}"`
      const target = targets.find(t => t.labels.case === String(i) && t.labels.job === job)
      const { result } = (await get(`/api/v1/query?query=${encodeURIComponent(`{${selector},__name__!~"up|scrape_.*"}`)}`)).data
      const scraped = (await get(`/api/v1/query?query=${encodeURIComponent(`scrape_samples_scraped{${selector}}`)}`)).data.result[0]?.value[1]
      const bare = ({ case: _c, job: _j, instance: _i, ...labels }) => labels
      const floats = result.filter(r => r.value).map(r => `${JSON.stringify(Object.entries(bare(r.metric)).sort())} ${String(Number(r.value[1].replace('Inf', 'Infinity')))}`).sort()
      of[job] = {
        error: target.lastError, scraped: Number(scraped), floats: c.own ? floats : floats.length, ...(c.own ? {} : { digest: digest(floats) }),
        histograms: result.filter(r => r.histogram).map(r => `${JSON.stringify(Object.entries(bare(r.metric)).sort())} ${JSON.stringify(r.histogram[1])}`).sort(),
      }
    }
    // What a setting does not change is not kept again.
    for (const job of ['nhcbBoth', 'nhcb', 'both']) if (JSON.stringify(of[job]) === JSON.stringify(of.native)) delete of[job]
    out.push({ name: c.name, format: c.format, ...(c.own ? { body: c.body.toString() } : {}), of })
  }
  process.stdout.write(`${JSON.stringify(out, null, 1)}\n`)
} finally {
  child.kill('SIGTERM')
  server.close()
  server.closeAllConnections()
  await new Promise(r => child.once('exit', r))
  rmSync(dir, { recursive: true, force: true })
}
