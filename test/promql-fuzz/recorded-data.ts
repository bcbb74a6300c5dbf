import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parseExposition, protobufToText } from '@haechi/exposition'
import { labelsToObject } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { referencePath } from '@haechi/testkit'
import type { PushHistogram, PushLabels, PushSeries } from '../support/write-request.ts'
import type { DataSet, FuzzMetric } from './data-set.ts'
import { Random } from './random.ts'

/** One series; null: a staleness marker. */
interface Row { readonly labels: PushLabels; readonly kind: FuzzMetric['kind']; readonly samples: (readonly [number, number | null])[]; readonly native: (readonly [number, PushHistogram | null])[] }

/** Series of one request. */
const REQUEST = 400
/** Between two made-up scrapes of a body. */
const BODY_INTERVAL_MS = 15_000
/** Of the other recordings and of bodies a run takes some: all of them are more than it can ask about. */
const BODIES = 3

/**
 * What real programs exposed: the demo services (in this repository) and, where the reference material is there, the web apps, Prometheus and node_exporter of the recorded run, with their staleness markers, and some of the
 * recorded bodies, among them native histograms: between the two moments of each its values grow evenly.
 */
export function recordedData(seed: string): DataSet {
  const r = new Random(`recorded/${seed}`)
  const own = ownRecording()
  const endMs = Math.max(...own.flatMap(row => row.samples.map(([t]) => t)))
  const startMs = endMs - 11 * 60_000
  const rows = own.filter(row => row.samples.some(([t]) => t >= startMs))
  const samples = referencePath('fixtures/seed-queries/raw-samples.om.txt.gz')
  if (samples === undefined) process.stderr.write('PromQL fuzz: the recordings of other programs are not beside this repository; only those within it are used\n')
  else rows.push(...otherRecording(samples, referencePath('fixtures/seed-queries/stale-markers.txt.gz')!, endMs), ...bodies(r, startMs, endMs))
  return { name: 'recorded', metrics: metricsOf(rows), startMs, endMs, intervalMs: 5000, requests: requestsOf(rows) }
}

/** @see recorded/record.mjs, which wrote it */
function ownRecording(): Row[] {
  const rows: Row[] = []
  const times = new Map<string, number[]>()
  for (const line of readFileSync(new URL('recorded/demo.txt', import.meta.url), 'utf8').trimEnd().split('\n')) {
    const [head, tail] = line.split('\t') as [string, string]
    const at = head.indexOf('{')
    if (at < 0) {
      let t = 0
      times.set(head, tail.split(' ').map(delta => (t += Number(delta))))
      continue
    }
    const labels: PushLabels = { __name__: head.slice(0, at), ...JSON.parse(head.slice(at)) as PushLabels }
    const values = tail.split(' ').flatMap(run => {
      const [value, n = '1'] = run.split('*') as [string, string?]
      return Array.from({ length: Number(n) }, () => value)
    })
    rows.push({ labels, kind: kindOf(labels), native: [], samples: times.get(labels['instance']!)!.flatMap((t, i) => (values[i] === '_' ? [] : [[t, values[i] === 's' ? null : number(values[i]!)] as const])) })
  }
  return rows
}

/** Samples with their times in OpenMetrics, moved so that they end at `endMs`, and the times of staleness markers. */
function otherRecording(samples: string, markers: string, endMs: number): Row[] {
  const rows = new Map<string, Row>()
  const read = (path: string, value: (text: string) => number | null): void => {
    for (const line of gunzipSync(readFileSync(path)).toString('utf8').split('\n')) {
      const [, series, text, seconds] = /^(.+) (\S+) ([\d.]+)$/.exec(line) ?? []
      if (series === undefined || line.startsWith('#')) continue
      let row = rows.get(series)
      if (row === undefined) {
        const [parsed] = parseExposition(Buffer.from(`${series} 0\n`), 'text').samples
        const labels = labelsToObject(parsed!.labels)
        rows.set(series, row = { labels, kind: kindOf(labels), samples: [], native: [] })
      }
      row.samples.push([Math.round(Number(seconds) * 1000), value(text!)])
    }
  }
  read(samples, number)
  read(markers, () => null)
  const list = [...rows.values()]
  const by = endMs - Math.max(...list.flatMap(row => row.samples.map(([t]) => t)))
  return list.map(row => ({ ...row, samples: row.samples.map(([t, v]) => [t + by, v] as const).sort((a, b) => a[0] - b[0]) }))
}

interface Body { readonly name: string; readonly when: string; readonly format: string; readonly contentType: string; readonly file?: string }
interface Moment { readonly floats: ReadonlyMap<string, { readonly labels: PushLabels; readonly value: number }>; readonly natives: ReadonlyMap<string, { readonly labels: PushLabels; readonly histogram: Histogram }>; readonly kinds: ReadonlyMap<string, string> }

/** Some of the recorded bodies. */
function bodies(r: Random, startMs: number, endMs: number): Row[] {
  const folder = referencePath('fixtures/exposition')
  if (folder === undefined) return []
  const index = (JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as readonly Body[]).filter(b => b.file !== undefined)
  const formats: Readonly<Record<string, 'text' | 'openmetrics' | 'protobuf'>> = { 'txt': 'text', 'om.txt': 'openmetrics', 'pb': 'protobuf' }
  const pairs = index.filter(b => b.when === 'before' && formats[b.format] !== undefined).flatMap(before => index.filter(b => b.name === before.name && b.format === before.format && b.when === 'after').map(after => [before, after] as const))
  const taken = new Set<string>()
  const rows: Row[] = []
  while (taken.size < BODIES) {
    const [before, after] = r.pick(pairs)
    if (taken.has(before.name)) continue
    taken.add(before.name)
    const [first, last] = [before, after].map(b => moment(readFileSync(`${folder}/${b.file}`), formats[b.format]!))
    rows.push(...between(r, { job: before.name, instance: `${before.name}:1` }, first!, last!, startMs, endMs))
  }
  return rows
}

function moment(bytes: Uint8Array, format: 'text' | 'openmetrics' | 'protobuf'): Moment {
  const parsed = parseExposition(bytes, format)
  const floats = new Map(parsed.samples.map(s => [s.labels.join('\0'), { labels: labelsToObject(s.labels), value: s.value }]))
  const natives = format !== 'protobuf' ? [] : protobufToText(bytes, bytes.length, { natives: true, classic: true }).natives
  return { floats, natives: new Map(natives.map(n => [n.labels.join('\0'), { labels: labelsToObject(n.labels), histogram: n.histogram }])), kinds: new Map(parsed.families.map(f => [f.name, f.type])) }
}

/** Scrapes between two moments: what was there in both grows evenly, whole numbers stay whole; what came later begins half way. In between the program starts anew. */
function between(r: Random, target: PushLabels, first: Moment, last: Moment, startMs: number, endMs: number): Row[] {
  const from = startMs + r.int(0, 14_999)
  const steps = Math.floor((endMs - from) / BODY_INTERVAL_MS)
  const restart = r.int(Math.floor(steps / 3), steps)
  const down = r.int(0, 3)
  const rows: Row[] = []
  const each = (row: Row, begins: number, sample: (t: number, share: number) => void, stale: (t: number) => void): void => {
    for (let i = begins; i <= steps; i++) {
      const t = from + i * BODY_INTERVAL_MS
      if (i === restart && down > 0 && i > begins) stale(t)
      else if (i < restart || i >= restart + down) sample(t, i < restart ? i / steps : (i - restart) / steps)
    }
    rows.push(row)
  }
  for (const [name, { labels, value }] of last.floats) {
    const old = first.floats.get(name)?.value
    const family = last.kinds.get(labels['__name__']!) ?? last.kinds.get(labels['__name__']!.replace(/_(?:bucket|sum|count|total|created)$/, ''))
    const row: Row = { labels: { ...labels, ...target }, kind: family === 'gauge' || family === 'unknown' ? 'gauge' : kindOf(labels), samples: [], native: [] }
    const whole = Number.isInteger(value) && Number.isInteger(old ?? 0)
    const grown = (share: number): number => (old === undefined || !Number.isFinite(value) || !Number.isFinite(old) || value === old ? value : whole ? Math.round(old + (value - old) * share) : old + (value - old) * share)
    each(row, old === undefined ? Math.floor(steps / 2) : 0, (t, share) => row.samples.push([t, grown(share)]), t => row.samples.push([t, null]))
  }
  for (const [name, { labels, histogram }] of last.natives) {
    const old = first.natives.get(name)?.histogram
    const row: Row = { labels: { ...labels, ...target }, kind: 'native', samples: [], native: [] }
    each(row, old === undefined ? Math.floor(steps / 2) : 0, (t, share) => row.native.push([t, grownHistogram(old, histogram, share)]), t => row.native.push([t, null]))
  }
  return rows
}

function grownHistogram(old: Histogram | undefined, last: Histogram, share: number): PushHistogram {
  const from = old?.schema === last.schema ? old : undefined
  const side = (spans: 'positiveSpans' | 'negativeSpans', counts: 'positiveCounts' | 'negativeCounts'): number[] => {
    const before = new Map(from === undefined ? [] : buckets(from[spans], from[counts]))
    return buckets(last[spans], last[counts]).map(([bucket, n]) => Math.round((before.get(bucket) ?? 0) + (n - (before.get(bucket) ?? 0)) * share))
  }
  const [positive, negative] = [side('positiveSpans', 'positiveCounts'), side('negativeSpans', 'negativeCounts')]
  const zeroCount = Math.round((from?.zeroCount ?? 0) + (last.zeroCount - (from?.zeroCount ?? 0)) * share)
  return {
    integer: true, schema: last.schema, zeroThreshold: last.zeroThreshold, zeroCount, positiveSpans: [...last.positiveSpans], positive, negativeSpans: [...last.negativeSpans], negative, customValues: [...last.customValues],
    count: zeroCount + [...positive, ...negative].reduce((a, b) => a + b, 0), sum: (from?.sum ?? 0) + (last.sum - (from?.sum ?? 0)) * share, hint: 0,
  }
}

function buckets(spans: Int32Array, counts: Float64Array): [number, number][] {
  const out: [number, number][] = []
  let bucket = 0
  for (let i = 0; i < spans.length; i += 2) {
    bucket += spans[i]!
    for (let n = spans[i + 1]!; n > 0; n--) out.push([bucket++, counts[out.length]!])
  }
  return out
}

const number = (text: string): number => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text))

function kindOf(labels: PushLabels): FuzzMetric['kind'] {
  const name = labels['__name__']!
  if (name.endsWith('_bucket') && labels['le'] !== undefined) return 'classic'
  return /_(?:total|count|sum)$/.test(name) ? 'counter' : name.endsWith('_info') ? 'info' : 'gauge'
}

function metricsOf(rows: readonly Row[]): FuzzMetric[] {
  const metrics = new Map<string, { readonly name: string; kind: FuzzMetric['kind']; readonly labels: Record<string, string[]> }>()
  for (const { labels, kind } of rows) {
    const { __name__: name, ...others } = labels as { __name__: string } & Record<string, string>
    let metric = metrics.get(name)
    if (metric === undefined) metrics.set(name, metric = { name, kind, labels: {} })
    else if (metric.kind !== kind) metric.kind = kind === 'native' || metric.kind === 'native' ? 'mixed' : 'gauge'
    for (const [label, value] of Object.entries(others)) {
      const values = metric.labels[label] ??= []
      if (!values.includes(value)) values.push(value)
    }
  }
  return [...metrics.values()]
}

function requestsOf(rows: readonly Row[]): PushSeries[][] {
  const out: PushSeries[][] = []
  const series: PushSeries[] = rows.map(row => (row.native.length > 0 ? { labels: row.labels, native: row.native } : { labels: row.labels, marked: row.samples }))
  for (let i = 0; i < series.length; i += REQUEST) out.push(series.slice(i, i + REQUEST))
  return out
}
