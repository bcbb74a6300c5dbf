import { readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { openHead } from '../src/index.ts'

// Series with six labels, scraped in targets of 1,000; 35 % of the values change between scrapes. CPU time of this process, because other
// processes make wall time meaningless on a shared machine; the minimum over the scrapes is the figure to compare.
const [out, seriesText = '100000', scrapesText = '24'] = process.argv.slice(2)
const N = Number(seriesText)
const K = Number(scrapesText)
const TARGET = 1000

const rssBytes = (): number => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))![1]!)
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const gc = (): void => (globalThis as { gc?: () => void }).gc?.()
const say = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(44)} ${value}\n`)

for (const compress of [false, true]) {
  const dir = path.join(out!, `data-${compress}`)
  gc()
  const before = rssBytes()
  const head = await openHead({ dataDir: dir, walCompression: compress, retentionMs: Infinity, maintenanceMs: 0 })
  const appender = head.appender()
  const refs = new Float64Array(N)
  const values = new Float64Array(N)
  say('', `--- ${N} series, ${K} scrapes, log ${compress ? 'compressed' : 'plain'} ---`)
  let t = cpuMs()
  for (let i = 0; i < N; i++) {
    refs[i] = appender.series(['__name__', 'http_requests_total', 'handler', `/api/v${i % 97}`, 'instance', `127.0.0.1:${Math.floor(i / TARGET)}`, 'job', 'bench', 'le', String(i % 13), 'n', String(i % TARGET)])
  }
  say('new series, us', ((cpuMs() - t) / N * 1000).toFixed(2))
  const start = Date.now() - K * 15_000
  const costs: number[] = []
  for (let k = 0; k < K; k++) {
    for (let i = 0; i < N; i++) if ((i * 2654435761 + k * 40503) % 100 < 35) values[i] = values[i]! + (i % 3 === 0 ? 0.0123 * k : i % 17)
    t = cpuMs()
    for (let from = 0; from < N; from += TARGET) {
      appender.appendColumn(refs.subarray(from, from + TARGET), start + k * 15_000, values.subarray(from, from + TARGET), TARGET)
      appender.commit()
    }
    costs.push((cpuMs() - t) / N * 1e6)
  }
  costs.sort((a, b) => a - b)
  say('append with log, ns per sample: min, median', `${costs[0]!.toFixed(0)}, ${costs[K >> 1]!.toFixed(0)}`)
  gc()
  say('RSS, bytes per series', ((rssBytes() - before) / N).toFixed(0))
  const wal = path.join(dir, 'wal')
  say('log, bytes per sample', (readdirSync(wal).reduce((a, f) => a + statSync(path.join(wal, f)).size, 0) / N / K).toFixed(2))
  const querier = head.querier(0, 8e15)
  // The first selection runs before the compiler has seen the code, so it costs several times the others.
  const selections: number[] = []
  let set = await querier.select([newMatcher('=', 'job', 'none')], 0, 8e15)
  for (let r = 0; r < 20; r++) {
    t = cpuMs()
    set = await querier.select([newMatcher('=', 'job', 'bench')], 0, 8e15)
    selections.push((cpuMs() - t) / N * 1e6)
  }
  say('select all, ns per series: first, min', `${selections[0]!.toFixed(0)}, ${Math.min(...selections).toFixed(0)}`)
  const into = new SampleColumns()
  let best = Infinity
  for (let r = 0; r < 5; r++) {
    let n = 0
    t = cpuMs()
    for (let i = 0; i < set.size; i++) n += set.read(i, 0, 8e15, into)
    best = Math.min(best, (cpuMs() - t) / n)
  }
  say('decode, M samples/s', (1 / best / 1000).toFixed(1))
  querier.close()
  await head.close()
  t = cpuMs()
  const again = await openHead({ dataDir: dir, walCompression: compress, retentionMs: Infinity, maintenanceMs: 0 })
  say('replay, ns per sample', ((cpuMs() - t) / N / K * 1e6).toFixed(0))
  await again.close()
}
