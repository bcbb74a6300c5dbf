// Writes docs/performance.md from results.
//
//   node bench/report.mjs results/*.json
//
// Takes bench/notes.md for the words, the comparison harness' raw JSON (later files replace rows of earlier ones), isolation.mjs' and first-seconds.mjs' results. Of repeats the minimum
// counts: what else runs on a machine only ever adds.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const OURS = 'haechi'

const inputs = process.argv.slice(2).map(file => JSON.parse(readFileSync(file, 'utf8')))
const comparisons = inputs.filter(i => i.results !== undefined)
const isolation = inputs.find(i => i.queryMs !== undefined)
const first = inputs.find(i => i.runs !== undefined && i.results === undefined)

/** suite -> row -> metric -> system -> lowest value; and the load of others beside it. */
const table = new Map()
const load = new Map()
const get = (map, key) => {
  if (!map.has(key)) map.set(key, new Map())
  return map.get(key)
}
for (const { results } of comparisons) {
  const replaced = new Set()
  for (const r of results) {
    const key = `${r.suite}\n${r.row}\n${r.system}`
    const rows = get(table, r.suite)
    if (!replaced.has(key)) {
      replaced.add(key)
      for (const systems of get(rows, r.row).values()) systems.delete(r.system)
      get(load, r.suite).delete(`${r.row}\n${r.system}`)
    }
    for (const [metric, value] of Object.entries(r.metrics)) {
      if (value === null || Number.isNaN(value)) continue
      const systems = get(get(rows, r.row), metric)
      systems.set(r.system, Math.min(value, systems.get(r.system) ?? Infinity))
    }
    if (r.foreign !== undefined) get(load, r.suite).set(`${r.row}\n${r.system}`, r.foreign)
  }
}
const peers = [...new Set(comparisons.flatMap(c => c.run.systems.map(s => s.name)))].filter(s => s !== OURS)
const titles = new Map(comparisons.flatMap(c => c.run.systems.map(s => [s.name, `${s.title} ${s.version}`.replace(/(\S+) \1/i, '$1')])))

const number = v => v === undefined ? '–' : v >= 1000 ? Math.round(v).toLocaleString('en') : v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2)
const percent = v => v === undefined ? '' : `${Math.round(100 * v)} %`

const METRICS = {
  ingest: [['cpu_s_per_M_samples', 'CPU s per million samples'], ['new_series_cpu_s_per_M', 'CPU s per million new series'], ['missed_scrapes', 'scrapes missed'], ['cpu_percent', 'CPU, % of one core'], ['rss_MB', 'resident, MB'], ['rss_per_series_B', 'resident bytes per series']],
  memory: [['rss_MB', 'resident, MB'], ['peak_rss_MB', 'peak, MB'], ['rss_per_series_B', 'bytes per series']],
  storage: [['disk_B_per_sample', 'bytes per sample on disk, compacted where the server compacts'], ['disk_now_B_per_sample', 'bytes per sample on disk right after the load'], ['cpu_s_per_M_samples', 'CPU s per million samples written'], ['block_B_per_sample', 'bytes per sample in blocks']],
  remotewrite: [['cpu_s_per_M_samples', 'CPU s per million samples'], ['cpu_s_per_M_settled', 'CPU s per million samples, work afterwards included'], ['new_series_cpu_s_per_M', 'CPU s per million new series'], ['request_p95_ms', 'request, p95 ms']],
  startup: [['ready_s', 'ready, s'], ['queryable_s', 'all data answers, s'], ['cpu_s_to_queryable', 'CPU s until then'], ['stop_s', 'stopping, s'], ['lost_samples', 'acknowledged samples lost']],
  compaction: [['samples_per_s', 'samples merged per second'], ['cpu_s_per_M_samples', 'CPU s per million samples'], ['bytes_per_sample', 'bytes per sample']],
  maintenance: [['refresh_p50_ms', 'board, p50 ms'], ['refresh_p95_ms', 'board, p95 ms'], ['healthy_p50_ms', '`/-/healthy`, p50 ms'], ['healthy_p99_ms', '`/-/healthy`, p99 ms'], ['main_wait_ms_per_s', 'main thread waits for a core, ms per second'], ['jobs', 'times that all blocks were written in 20 s']],
  dashboard: [['refresh_p50_ms', 'p50 ms'], ['refresh_p95_ms', 'p95 ms'], ['cpu_ms_per_refresh', 'CPU ms']],
}
const HEADS = { ingest: 'Scraping', memory: 'Memory', storage: 'Backfill and disk', remotewrite: 'Remote write', startup: 'Start', query: 'Queries', compaction: 'Merging blocks', maintenance: 'A dashboard beside maintenance', dashboard: 'A dashboard of six panels' }

function section(suite) {
  const rows = table.get(suite)
  if (rows === undefined) return []
  const lines = [`## ${HEADS[suite]}`, '', `| row | metric | Haechi | ${peers.map(p => titles.get(p)).join(' | ')} | ratio | other load |`, `| --- | --- | ---: | ${peers.map(() => '---: | ').join('')}---: | ---: |`]
  for (const [row, metrics] of rows) {
    for (const [metric, label] of METRICS[suite]) {
      const by = metrics.get(metric)
      if (by === undefined) continue
      const ours = by.get(OURS)
      const best = Math.min(...peers.map(p => by.get(p)).filter(v => v !== undefined))
      const ratio = ours === undefined || !Number.isFinite(best) || best === 0 ? '' : (ours / best).toFixed(2)
      lines.push(`| ${row} | ${label} | ${number(ours)} | ${peers.map(p => number(by.get(p))).join(' | ')} | ${ratio} | ${[OURS, ...peers].map(s => percent(load.get(suite)?.get(`${row}\n${s}`))).filter(Boolean).join(' / ')} |`)
    }
  }
  return [...lines, '']
}

/** Columns of the query table: metric and its name. */
const QUERY_COLUMNS = [['p50_ms', 'p50 ms'], ['cpu_ms', 'CPU ms'], ['c8_p50_ms', '8 clients, p50 ms'], ['c8_cpu_ms', '8 clients, CPU ms'], ['cold_ms', 'first run ms']]

function querySection() {
  const rows = table.get('query')
  if (rows === undefined) return []
  const lines = ['## Queries', '', `In each cell: Haechi / ${peers.map(p => titles.get(p)).join(' / ')}. CPU is that of the whole process. No answer is taken from an earlier one.`, '', `| query | ${QUERY_COLUMNS.map(([, name]) => name).join(' | ')} |`, `| --- |${' ---: |'.repeat(QUERY_COLUMNS.length)}`]
  const ratios = new Map()
  for (const [row, metrics] of rows) {
    if (!row.includes('/')) continue
    const cells = [row]
    for (const [metric] of QUERY_COLUMNS) {
      const by = metrics.get(metric) ?? new Map()
      const ours = by.get(OURS)
      cells.push([ours, ...peers.map(p => by.get(p))].map(number).join(' / '))
      for (const peer of peers) if (ours !== undefined && by.get(peer) > 0) get(get(ratios, row.split('/')[0]), peer).set(`${metric} ${row}`, ours / by.get(peer))
    }
    lines.push(`| ${cells.join(' | ')} |`)
  }
  lines.push('', 'Geometric means of the ratios (in brackets: how many queries are slower or cost more than there):', '', `| group | beside | ${QUERY_COLUMNS.map(([, name]) => name).join(' | ')} |`, `| --- | --- |${' ---: |'.repeat(QUERY_COLUMNS.length)}`)
  for (const [group, byPeer] of ratios) {
    for (const [peer, all] of byPeer) {
      const cells = QUERY_COLUMNS.map(([metric]) => {
        const list = [...all].filter(([key]) => key.startsWith(`${metric} `)).map(([, r]) => r)
        return list.length === 0 ? '' : `${Math.exp(list.reduce((sum, r) => sum + Math.log(r), 0) / list.length).toFixed(2)} (${list.filter(r => r > 1).length} of ${list.length})`
      })
      lines.push(`| ${group} | ${titles.get(peer)} | ${cells.join(' | ')} |`)
    }
  }
  return [...lines, '']
}

const machine = comparisons[0]?.run.machine
const out = [
  '# Performance', '',
  'Written by `node bench/report.mjs`; how the figures come about stands in [bench/README.md](../bench/README.md). Ratios below 1 are in Haechi\'s favour. "Other load" is what neither the servers nor the harness',
  'used of all cores meanwhile (ours / the others\'): where it is high, times mean little and CPU seconds are too high on both sides. Of repeats the lowest value counts.', '',
  ...(machine === undefined ? [] : [`Machine: ${machine.cpus} × ${machine.model}, ${machine.memoryGB} GB, Linux ${machine.kernel}, Node ${machine.node}. Report at commit ${execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()}. Measured ${[...new Set(comparisons.map(c => c.run.date.slice(0, 10)))].join(', ')}. ${[...titles.values()].join(', ')}.`, '']),
  readFileSync(`${root}/bench/notes.md`, 'utf8').trimEnd(), '',
  ...section('ingest'), ...section('memory'),
]
if (isolation !== undefined) {
  out.push('## Heavy queries beside scraping', '', `${isolation.targets} targets of ${isolation.seriesPerTarget} series each second, a rule each second; ${isolation.queries} queries at once, computing on ${isolation.threads} threads for ${isolation.queryMs.map(ms => `${(ms / 1000).toFixed(0)} s`).join(' and ')}. Lateness of scrapes is measured where requests arrive. Other load: ${percent(isolation.otherShare)}.`, '',
    '| | scrapes | missed | p50 ms | p99 ms | latest ms | over 100 ms |', '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...[['scrapes, idle query threads', isolation.quiet], ['scrapes, queries running', isolation.busy], ['rules, idle query threads', isolation.rules?.quiet], ['rules, queries running', isolation.rules?.busy]].filter(([, l]) => l !== undefined).map(([name, l]) => `| ${name} | ${l.scrapes} | ${l.missed} | ${l.p50Ms} | ${l.p99Ms} | ${l.maxMs} | ${l.over100Ms} |`), '')
  if (isolation.healthy !== undefined) out.push('| `/-/healthy` | asked | p50 ms | p99 ms | longest ms |', '| --- | ---: | ---: | ---: | ---: |', ...[['idle query threads', isolation.healthy.quiet], ['queries running', isolation.healthy.busy]].map(([name, h]) => `| ${name} | ${h.asked} | ${h.p50Ms} | ${h.p99Ms} | ${h.maxMs} |`), '')
}
if (first !== undefined) {
  const least = key => Math.min(...first.runs.map(r => r[key] ?? Infinity))
  const seconds = ms => Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'not within a minute'
  out.push('## The first seconds', '', '`haechi --demo` on a built checkout, best of ' + first.runs.length + ' starts:', '', '| | |', '| --- | ---: |',
    `| the page answers | ${seconds(least('pageMs'))} |`, `| both demo services are up | ${seconds(least('upMs'))} |`, `| first rate that is not empty | ${seconds(least('rateMs'))} |`,
    `| resident, server alone | ${least('serverRssMB')} MB |`, `| resident, with the two demo services | ${least('treeRssMB')} MB |`, '')
}
out.push(...querySection(), ...section('dashboard'), ...section('remotewrite'), ...section('storage'), ...section('compaction'), ...section('maintenance'), ...section('startup'))
writeFileSync(`${root}/docs/performance.md`, `${out.join('\n').trimEnd()}\n`)
