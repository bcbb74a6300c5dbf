import { labelsFromPairs } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { ClassicHistogram } from './classic-histogram.ts'
import { ExpositionError } from './error.ts'
import { formatFloat, formatOpenMetricsFloat, isUtf8, textOf } from './go-text.ts'
import { labelPair, readExemplar, readNative, storedHistogram } from './native-histogram.ts'
import type { NativeSample } from './native-histogram.ts'
import type { Exemplar } from './sample-parser.ts'
import { Wire } from './wire.ts'

/** A protobuf body as text 0.0.4, which the line reader takes. */
export interface ConvertedBody {
  /** Owned by the caller; the text is `text[0, length)`. */
  readonly text: Uint8Array
  readonly length: number
  /** Histograms that have native buckets. */
  readonly nativeHistograms: number
  /** These, and classic ones converted, as far as they were asked for. */
  readonly natives: readonly NativeSample[]
  /** Exemplars of the series in the text. */
  readonly exemplars: readonly SeriesExemplar[]
}

/** An exemplar of a series, with the labels as exposed. */
export interface SeriesExemplar {
  readonly labels: Labels
  readonly exemplar: Exemplar
}

/** What to make of native histograms. */
export interface NativeOptions {
  /** They are given out as histograms; else they are counted, and their classic parts are written. */
  readonly natives: boolean
  /** Their classic buckets, sum and count are written all the same. */
  readonly classic: boolean
  /** Classic histograms are given out as native ones with custom buckets, unless they have a native part that is given out. `keepClassic`: their series are written all the same. */
  readonly convert?: { readonly keepClassic: boolean }
}

const CLASSIC_ONLY: NativeOptions = { natives: false, classic: true }

/** `MetricType` of io.prometheus.client. */
const TYPE = { counter: 0, gauge: 1, summary: 2, untyped: 3, histogram: 4, gaugeHistogram: 5 } as const
const TYPE_WORDS: readonly string[] = ['counter', 'gauge', 'summary', 'untyped', 'histogram', 'gaugehistogram']

/**
 * Rewrites a length-delimited sequence of `io.prometheus.client.MetricFamily` as text 0.0.4, so that one reader, one cache and one set of rules
 * serves all formats. Nothing is lost that is stored: names and labels may be any UTF-8, values are written so that they read back the same, times are ms.
 * Native histograms are counted and, where asked for, given out; their classic buckets, sum and count are written unless they are given out instead.
 * @throws ExpositionError for bytes that are no such sequence, with Prometheus' text where it has one
 * @see Prometheus `model/textparse/protobufparse.go`; client_model `metrics.proto`
 */
export function protobufToText(body: Uint8Array, length: number, options: NativeOptions = CLASSIC_ONLY): ConvertedBody {
  const out = new TextOut(length * 3 + 1024, options)
  const reader = new Wire(body, 0, length)
  let native = 0
  while (reader.i < length) {
    const size = reader.varint()
    if (size > length - reader.i) throw new ExpositionError('unexpected EOF')
    native += writeFamily(new Wire(body, reader.i, reader.i + size), out)
    reader.i += size
  }
  return { text: out.bytes, length: out.length, nativeHistograms: native, natives: out.natives, exemplars: out.exemplars }
}

const encoder = new TextEncoder()

/** A growing text, and what does not go into it. */
class TextOut {
  bytes: Uint8Array
  length = 0
  readonly options: NativeOptions
  readonly natives: NativeSample[] = []
  readonly exemplars: SeriesExemplar[] = []

  constructor(capacity: number, options: NativeOptions) {
    this.bytes = new Uint8Array(capacity)
    this.options = options
  }

  write(text: string): void {
    const most = this.length + text.length * 3
    if (most > this.bytes.length) {
      const larger = new Uint8Array(Math.max(most, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written
  }
}

const quoted = (text: string): string => `"${text.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`
const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

function writeFamily(wire: Wire, out: TextOut): number {
  let name = ''
  let help = ''
  let unit = ''
  let type = 0
  let wellFormed = true
  const metrics: Wire[] = []
  while (wire.tag()) {
    switch (wire.field) {
      case 1: {
        const inner = wire.nested()
        wellFormed = isUtf8(inner.b, inner.i, inner.end)
        name = textOf(inner.b, inner.i, inner.end)
        break
      }
      case 2: {
        const inner = wire.nested()
        help = textOf(inner.b, inner.i, inner.end)
        if (!isUtf8(inner.b, inner.i, inner.end)) throw new ExpositionError(`invalid help for metric ${JSON.stringify(name)}: ${help}`)
        break
      }
      case 3:
        type = wire.varint()
        break
      case 4:
        metrics.push(wire.nested())
        break
      case 5:
        unit = wire.text()
        break
      default: wire.skip()
    }
  }
  if (metrics.length === 0) return 0
  if (name === '' || !wellFormed) throw new ExpositionError(`invalid metric name: ${name}`)
  const word = TYPE_WORDS[type]
  if (word === undefined) throw new ExpositionError(`unknown metric type for metric ${JSON.stringify(name)}: ${type}`)
  const base = type === TYPE.counter && name.endsWith('_total') ? name.slice(0, -6) : name
  if (unit !== '' && !base.endsWith(`_${unit}`)) {
    throw new ExpositionError(`unit ${JSON.stringify(unit)} not a suffix of ${base === name ? 'metric' : 'counter'} ${JSON.stringify(name)}`)
  }
  const shown = LEGACY_NAME.test(name) ? name : quoted(name)
  out.write(`# HELP ${shown} ${help.replace(/[\\\n]/g, c => (c === '\n' ? '\\n' : '\\\\'))}\n# TYPE ${shown} ${word}\n${unit === '' ? '' : `# UNIT ${shown} ${unit}\n`}`)
  let native = 0
  for (const metric of metrics) native += writeMetric(metric, name, type, out)
  return native
}

/** Fields of `Metric`: 1 label, 2 gauge, 3 counter, 4 summary, 5 untyped, 7 histogram, 6 timestamp_ms. */
function writeMetric(wire: Wire, name: string, type: number, out: TextOut): number {
  let labels = ''
  const pairs: [string, string][] = []
  let value: Wire | undefined
  let timeMs = 0
  const wanted = [3, 2, 4, 5, 7, 7][type]
  while (wire.tag()) {
    if (wire.field === 1) {
      const pair = labelPair(wire.nested())
      pairs.push(pair)
      labels += `,${labelText(pair)}`
    }
    else if (wire.field === 6) timeMs = signed(wire.varint())
    else if (wire.field === wanted) value = wire.nested()
    else wire.skip()
  }
  const time = timeMs === 0 ? '' : ` ${timeMs}`
  const line = (suffix: string, extra: string, v: number): void => {
    const full = name + suffix
    const inner = (extra === '' ? labels : `${labels},${extra}`).slice(1)
    if (LEGACY_NAME.test(full)) out.write(inner === '' ? `${full} ${formatFloat(v)}${time}\n` : `${full}{${inner}} ${formatFloat(v)}${time}\n`)
    else out.write(`{${quoted(full)}${inner === '' ? '' : `,${inner}`}} ${formatFloat(v)}${time}\n`)
  }
  const series = (suffix: string, ...extra: [string, string][]): Labels => labelsFromPairs([['__name__', name + suffix], ...pairs, ...extra])
  if (type === TYPE.summary) writeSummary(value, line)
  else if (type === TYPE.histogram || type === TYPE.gaugeHistogram) {
    const from = value?.i ?? 0
    const native = value === undefined ? undefined : readNative(value, type === TYPE.gaugeHistogram)
    if (value !== undefined) value.i = from
    if (native !== undefined && out.options.natives) {
      const { histogram, exemplars, buckets } = native
      out.natives.push({ labels: series(''), histogram: storedHistogram(histogram), exemplars, ...(timeMs === 0 ? {} : { timeMs }) })
      if (!out.options.classic || !buckets) return 1
    }
    if (type === TYPE.histogram && out.options.convert !== undefined && !(native !== undefined && out.options.natives)) {
      const converted = convertedHistogram(value)
      if (converted.histogram !== undefined) out.natives.push({ labels: series(''), histogram: converted.histogram, exemplars: converted.exemplars, ...(timeMs === 0 ? {} : { timeMs }) })
      if (!out.options.convert.keepClassic) return native === undefined ? 0 : 1
      if (value !== undefined) value.i = from
    }
    writeHistogram(value, line, (bound, exemplar) => out.exemplars.push({ labels: series('_bucket', ['le', formatOpenMetricsFloat(bound)]), exemplar }))
    return native === undefined ? 0 : 1
  } else {
    const exemplar = type === TYPE.counter && value !== undefined ? counterExemplar(value) : undefined
    if (exemplar !== undefined) out.exemplars.push({ labels: series(''), exemplar })
    line('', '', scalar(value))
  }
  return 0
}

type Line = (suffix: string, extra: string, v: number) => void

/** An int64 that was read as unsigned. */
function signed(v: number): number {
  return v >= 2 ** 63 ? v - 2 ** 64 : v
}

function labelText([name, value]: readonly [string, string]): string {
  return `${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoted(name)}=${quoted(value)}`
}

/** The exemplar of a Counter message, whose position stays. */
function counterExemplar(wire: Wire): Exemplar | undefined {
  const from = wire.i
  let found: Exemplar | undefined
  while (wire.tag()) {
    if (wire.field === 2 && wire.type === 2) found = readExemplar(wire.nested())
    else wire.skip()
  }
  wire.i = from
  return found
}

/** `value` of Counter, Gauge and Untyped. */
function scalar(wire: Wire | undefined): number {
  let v = 0
  while (wire?.tag() === true) {
    if (wire.field === 1 && wire.type === 1) v = wire.double()
    else wire.skip()
  }
  return v
}

/** Summary: 1 sample_count, 2 sample_sum, 3 quantile {1 quantile, 2 value}. */
function writeSummary(wire: Wire | undefined, line: Line): void {
  let count = 0
  let sum = 0
  const quantiles: [number, number][] = []
  while (wire?.tag() === true) {
    if (wire.field === 1 && wire.type === 0) count = wire.varint()
    else if (wire.field === 2 && wire.type === 1) sum = wire.double()
    else if (wire.field === 3) {
      const inner = wire.nested()
      let q = 0
      let v = 0
      while (inner.tag()) {
        if (inner.field === 1 && inner.type === 1) q = inner.double()
        else if (inner.field === 2 && inner.type === 1) v = inner.double()
        else inner.skip()
      }
      quantiles.push([q, v])
    } else wire.skip()
  }
  line('_count', '', count)
  line('_sum', '', sum)
  for (const [q, v] of quantiles) line('', `quantile="${formatOpenMetricsFloat(q)}"`, v)
}

/** The classic part of a Histogram message as a native one, and its exemplars that have a time. */
function convertedHistogram(wire: Wire | undefined): { readonly histogram: Histogram | undefined; readonly exemplars: readonly Exemplar[] } {
  const histogram = new ClassicHistogram()
  const exemplars: Exemplar[] = []
  writeHistogram(wire, (suffix, _extra, v) => {
    if (suffix === '_count') histogram.count(v)
    else if (suffix === '_sum') histogram.sum(v)
  }, (_bound, exemplar) => exemplars.push(exemplar), (bound, n) => histogram.bucket(bound, n))
  return { histogram: histogram.finish(), exemplars: exemplars.filter(e => e.timeMs !== undefined) }
}

/** Classic part of a Histogram: 1 sample_count, 4 sample_count_float, 2 sample_sum, 3 bucket {1 cumulative_count, 4 cumulative_count_float, 2 upper_bound, 3 exemplar}. */
function writeHistogram(wire: Wire | undefined, line: Line, onExemplar: (bound: number, exemplar: Exemplar) => void, onBucket?: (bound: number, cumulative: number) => void): void {
  let count = 0
  let countFloat = 0
  let sum = 0
  const buckets: [number, number][] = []
  while (wire?.tag() === true) {
    switch (wire.field) {
      case 1:
        count = wire.varint()
        break
      case 4:
        countFloat = wire.double()
        break
      case 2:
        sum = wire.double()
        break
      case 3: {
        const [bound, n, exemplar] = bucket(wire.nested())
        buckets.push([bound, n])
        if (exemplar !== undefined) onExemplar(bound, exemplar)
        break
      }
      default: wire.skip()
    }
  }
  const total = countFloat !== 0 ? countFloat : count
  line('_count', '', total)
  line('_sum', '', sum)
  let infinite = false
  for (const [bound, n] of buckets) {
    if (bound === Infinity) infinite = true
    onBucket?.(bound, n)
    line('_bucket', `le="${formatOpenMetricsFloat(bound)}"`, n)
  }
  if (infinite) return
  onBucket?.(Infinity, total)
  line('_bucket', 'le="+Inf"', total)
}

function bucket(wire: Wire): [number, number, Exemplar | undefined] {
  let count = 0
  let countFloat = 0
  let bound = 0
  let exemplar: Exemplar | undefined
  while (wire.tag()) {
    if (wire.field === 1 && wire.type === 0) count = wire.varint()
    else if (wire.field === 4 && wire.type === 1) countFloat = wire.double()
    else if (wire.field === 2 && wire.type === 1) bound = wire.double()
    else if (wire.field === 3 && wire.type === 2) exemplar = readExemplar(wire.nested())
    else wire.skip()
  }
  return [bound, countFloat !== 0 ? countFloat : count, exemplar]
}
