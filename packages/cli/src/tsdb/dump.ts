import { formatFloat, labelsText } from '@haechi/exposition'
import { METRIC_NAME, compareLabels, histogramText, labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { parseMetricSelector } from '@haechi/promql'
import { SampleColumns } from '@haechi/storage'
import type { SeriesSet } from '@haechi/storage'
import { demandDirectory, openReadOnly } from '@haechi/tsdb'
import { say } from '../io.ts'
import type { Io } from '../io.ts'
import { progressOn } from './progress.ts'

/** Flags of `haechi tsdb dump` and `dump-openmetrics`. Times in ms. */
export interface DumpOptions {
  readonly minMs: number
  readonly maxMs: number
  readonly match: readonly string[]
  readonly openMetrics: boolean
}

/** Text is handed on in pieces of about this size. */
const PIECE = 1 << 16

/** `haechi tsdb dump`: every sample on a line, blocks and head together; promtool's format. Also while a server runs on the directory. @throws ToolError, BlockError */
export async function dumpCommand(dataDir: string, options: DumpOptions, io: Io): Promise<void> {
  const selectors = options.match.map(m => parseMetricSelector(m))
  demandDirectory(dataDir)
  const progress = progressOn(io)
  const db = await openReadOnly(dataDir, p => progress.show(p.segment / p.segments, say(io, `reading the write-ahead log ${p.segment}/${p.segments}`, `WAL을 읽는 중 ${p.segment}/${p.segments}`)))
  progress.end()
  for (const message of db.unreadable) io.err(`haechi tsdb: ${message}\n`)
  for (const lost of db.replay.lost) io.err(`haechi tsdb: ${lost.file}: ${lost.bytes} bytes: ${lost.reason}\n`)
  try {
    const querier = db.querier(options.minMs, options.maxMs)
    const found: { labels: Labels; set: SeriesSet; i: number }[] = []
    const seen = new Set<string>()
    for (const matchers of selectors) {
      const set = await querier.select(matchers, options.minMs, options.maxMs)
      for (let i = 0; i < set.size; i++) {
        const labels = set.labels(i)
        if (selectors.length > 1) {
          const key = labels.join('\xff')
          if (seen.has(key)) continue
          seen.add(key)
        }
        found.push({ labels, set, i })
      }
    }
    found.sort((a, b) => compareLabels(a.labels, b.labels))
    write(found, options, io, (k, n) => progress.show(k / n, say(io, `${k} of ${n} series`, `시리즈 ${n}개 중 ${k}개`)))
    progress.end()
    querier.close()
  } finally {
    db.close()
  }
}

function write(found: readonly { readonly labels: Labels; readonly set: SeriesSet; readonly i: number }[], { minMs, maxMs, openMetrics }: DumpOptions, io: Io, onProgress: (k: number, n: number) => void): void {
  const samples = new SampleColumns()
  let out = ''
  /** Native histograms, which OpenMetrics 1 can't say. */
  let left = 0
  for (const [k, { labels, set, i }] of found.entries()) {
    if (io.signal.aborted) return
    const series = openMetrics ? openMetricsSeries(labels) : labelsText(labels)
    set.read(i, minMs, maxMs, samples)
    for (let s = 0; s < samples.length; s++) {
      const t = samples.ts[s]!
      const histogram = samples.histograms?.[s] ?? null
      if (histogram !== null && openMetrics) {
        left++
        continue
      }
      out += `${series} ${histogram === null ? formatFloat(samples.vs[s]!) : histogramText(histogram)} ${openMetrics ? (t / 1000).toFixed(3) : t}\n`
      if (out.length > PIECE) {
        io.out(out)
        out = ''
      }
    }
    onProgress(k, found.length)
  }
  io.out(openMetrics ? `${out}# EOF\n` : out)
  if (left > 0) io.err(`${say(io, `${left} native histograms are left out: OpenMetrics has no place for them; haechi tsdb dump prints them`, `네이티브 히스토그램 ${left}개는 OpenMetrics로 쓸 수 없어 제외했습니다. haechi tsdb dump로 볼 수 있습니다`)}\n`)
}

/** A series as OpenMetrics writes it; names beyond its alphabet are quoted, as Prometheus reads them. */
function openMetricsSeries(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME)
  const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
  const inner: string[] = plain ? [] : [quoted(name)]
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) continue
    inner.push(`${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(labels[i]!) ? labels[i]! : quoted(labels[i]!)}=${quoted(labels[i + 1]!)}`)
  }
  return `${plain ? name : ''}${plain && inner.length === 0 ? '{}' : `{${inner.join(',')}}`}`
}

const quoted = (text: string): string => `"${text.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`
