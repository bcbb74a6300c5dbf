// Serves bodies to a real Prometheus with `type-and-unit-labels`, and records the series that it makes of them.
//   node record-typed.mjs PROMETHEUS-COMMAND… > golden/typed.json      (the command gets --config.file etc. appended)
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'

const TYPES = { text: 'text/plain; version=0.0.4; charset=utf-8', om: 'application/openmetrics-text; version=1.0.0; charset=utf-8' }
const list = [
  ['text', '# TYPE r_total counter\nr_total{a="1"} 1\n# TYPE g gauge\n# HELP g help\ng 2\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\n# TYPE u untyped\nu 1\n# UNIT u seconds\nv 1\n'],
  ['text', 'before 1\n# TYPE g gauge\ng{__type__="exposed",__unit__="kept"} 2\n# TYPE u untyped\nu{__type__="exposed"} 3\n# TYPE c counter\nother 1\n'],
  ['om', '# TYPE r counter\nr_total{a="1"} 1\nr_created{a="1"} 5\n# TYPE h_seconds histogram\n# UNIT h_seconds seconds\nh_seconds_bucket{le="1.0"} 1\nh_seconds_bucket{le="+Inf"} 1\nh_seconds_sum 1.0\nh_seconds_count 1\n# EOF\n'],
  ['om', '# TYPE a info\na_info{v="1"} 1\n# TYPE st stateset\nst{st="x"} 1\n# TYPE gh gaugehistogram\ngh_bucket{le="1.0"} 1\ngh_bucket{le="+Inf"} 1\ngh_gsum 1\ngh_gcount 1\n# TYPE un unknown\nun 1\n# EOF\n'],
  ['om', '# UNIT g_bytes bytes\n# TYPE g_bytes gauge\ng_bytes{__unit__="exposed",__type__="exposed"} 1\n# EOF\n'],
  ['om', '# TYPE g_bytes gauge\n# UNIT g_bytes bytes\ng_bytes 1\n# TYPE plain gauge\nplain 1\n# EOF\n'],
]
const [command, ...args] = process.argv.slice(2)
const [promPort, bodyPort] = [Number(process.env.PROM_PORT ?? 21490), Number(process.env.BODY_PORT ?? 21491)]
const server = createServer((req, res) => {
  const c = list[Number(req.url.slice(1).split('?')[0])]
  res.setHeader('Content-Type', TYPES[c[0]])
  res.end(c[1])
})
await new Promise(r => server.listen(bodyPort, '127.0.0.1', r))
const dir = mkdtempSync(path.join(os.tmpdir(), 'golden-'))
writeFileSync(path.join(dir, 'prometheus.yml'), `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
- { job_name: j, static_configs: [${list.map((_, i) => `{ targets: ['127.0.0.1:${bodyPort}'], labels: { __metrics_path__: '/${i}', case: '${i}' } }`).join(', ')}] }
`)
const child = spawn(command, [...args, '--enable-feature=type-and-unit-labels', `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${promPort}`, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] })
const get = async p => (await fetch(`http://127.0.0.1:${promPort}${p}`)).json()
try {
  for (let i = 0; i < 60; i++) {
    await new Promise(r => setTimeout(r, 500))
    const targets = (await get('/api/v1/targets').catch(() => null))?.data?.activeTargets ?? []
    if (targets.length === list.length && targets.every(t => t.health !== 'unknown')) break
  }
  await new Promise(r => setTimeout(r, 1000))
  const out = []
  for (const [i, [format, body]] of list.entries()) {
    const { result } = (await get(`/api/v1/query?query=${encodeURIComponent(`{case="${i}"}`)}`)).data
    out.push({ format, body, series: result.map(({ metric: { case: _c, job: _j, instance: _i, ...labels } }) => JSON.stringify(Object.entries(labels).sort())).filter(s => !/"(up|scrape_\w+)"/.test(s)).sort() })
  }
  console.log(JSON.stringify(out, null, 1))
} finally {
  child.kill()
  server.close()
  rmSync(dir, { recursive: true, force: true })
}
