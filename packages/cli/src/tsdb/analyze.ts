import { parseMetricSelector } from '@haechi/promql'
import { ToolError, analyzeBlock, blockInfos } from '@haechi/tsdb'
import type { BlockAnalysis, NamedCount } from '@haechi/tsdb'
import { say } from '../io.ts'
import type { Io } from '../io.ts'
import { goDuration } from './go-text.ts'

/** Flags of `haechi tsdb analyze`. */
export interface AnalyzeOptions {
  readonly limit: number
  readonly extended: boolean
  readonly match: string | undefined
}

/** `haechi tsdb analyze`: what a block is made of, laid out as promtool does. @throws ToolError, BlockError */
export function analyzeCommand(dataDir: string, blockId: string | undefined, options: AnalyzeOptions, io: Io): void {
  const matchers = options.match === undefined ? [] : parseMetricSelector(options.match)
  const blocks = blockInfos(dataDir, message => io.err(`haechi tsdb: ${message}\n`))
  if (blocks.length === 0) throw new ToolError(say(io, `no blocks found in ${dataDir}`, `${dataDir}에 블록이 없습니다`))
  // As promtool: the block that was made last. The first ten letters of its name are the time.
  const newest = blocks.map(b => b.meta.ulid).sort((a, b) => (a.slice(0, 10) === b.slice(0, 10) ? (a < b ? -1 : 1) : a < b ? 1 : -1))[0]!
  const block = blockId === undefined ? blocks.find(b => b.meta.ulid === newest) : blocks.find(b => b.meta.ulid === blockId)
  if (block === undefined) throw new ToolError(say(io, `block ${blockId!} not found in ${dataDir}; haechi tsdb list shows what there is`, `${dataDir}에 ${blockId!} 블록이 없습니다. haechi tsdb list로 목록을 볼 수 있습니다`))
  io.out(analysisText(analyzeBlock(block.dir, matchers, options.extended), options))
}

function analysisText(a: BlockAnalysis, { limit, match }: AnalyzeOptions): string {
  const lines = [`Block ID: ${a.meta.ulid}`, `Duration: ${goDuration(a.meta.maxTime - a.meta.minTime)}`, `Total Series: ${a.meta.stats.numSeries}`]
  if (match !== undefined) lines.push(`Matcher: ${match}`)
  lines.push(`Label names: ${a.labelNames}`)
  if (match !== undefined) lines.push(`Matched series: ${a.series}`)
  lines.push(`Postings (unique label pairs): ${a.labelPairs}`, `Postings entries (total label pairs): ${a.entries}`)
  const list = (title: string, counts: readonly NamedCount[]): void => {
    lines.push('', `${title}:`, ...counts.slice(0, limit).map(c => `${c.value} ${c.name}`))
  }
  list('Label pairs most involved in churning', a.churnByPair)
  list('Label names most involved in churning', a.churnByName)
  list('Most common label pairs', a.seriesByPair)
  list('Label names with highest cumulative label value length', a.valueBytesByName)
  list('Highest cardinality labels', a.valuesByName)
  list('Highest cardinality metric names', a.seriesByMetric)
  if (a.chunks !== undefined) {
    const { total, floatSamples, floatBytes, histogramSamples, histogramBytes, histogramBuckets } = a.chunks
    lines.push('', 'Compaction analysis:', '')
    lines.push(...bars('samples per float chunk', floatSamples, total), ...bars('bytes per float chunk', floatBytes, total), ...bars('samples per histogram chunk', histogramSamples, total), ...bars('bytes per histogram chunk', histogramBytes, total), ...bars('buckets per histogram chunk', histogramBuckets, total))
    return `${lines.join('\n')}\n`
  }
  return `${lines.join('\n')}\n`
}

/** A histogram in text. @see Prometheus cmd/promtool/tsdb.go `displayHistogram` */
function bars(what: string, values: readonly number[], total: number): string[] {
  if (values.length === 0) return [`${what}: N/A`, '']
  const sorted = [...values].sort((a, b) => a - b)
  const min = sorted[0]!
  const max = sorted.at(-1)!
  let step = 10
  while (step < Math.floor((max - min) / 10) && step <= 10_000) step *= 10
  const start = min - (min % step)
  const end = max - (max % step) + step
  const counts = Array.from({ length: (end - start) / step + 1 }, () => 0)
  for (const v of sorted) counts[Math.floor((v - start) / step)]!++
  const most = Math.max(...counts)
  const width = (n: number): number => String(n).length
  return [
    `${what} (min/avg/max): ${min}/${Math.floor(sorted.reduce((sum, v) => sum + v, 0) / sorted.length)}/${max}`,
    ...counts.map((count, k) => `[${String(k * step + start + 1).padStart(width(end))}, ${String((k + 1) * step + start).padStart(width(end + step))}]: ${String(count).padStart(width(most))} ${'#'.repeat(Math.floor((100 * count) / total))}`),
    '',
  ]
}
