import type { Labels } from '@haechi/model'
import type { Exemplar, SeriesMetadata } from '@haechi/storage'
import { fromBits, highBits, lowBits } from '../histogram/bits.ts'
import { RECORD, RecordError, RecordReader } from './record.ts'
import type { RecordBuffer } from './record.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** An exemplar of a series, by its number in the log. */
export interface LoggedExemplar {
  readonly ref: number
  readonly exemplar: Exemplar
}

/** Metadata of a series, likewise. */
export interface LoggedMetadata {
  readonly ref: number
  readonly metadata: SeriesMetadata
}

/** Types of metrics by their number in metadata records. @see Prometheus tsdb/record/record.go `GetMetricType` */
const METRIC_TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'] as const

/** Puts an exemplar record into an empty buffer; there must be one at least. @see Prometheus tsdb/record/record.go `Exemplars` */
export function encodeExemplars(list: readonly LoggedExemplar[], out: RecordBuffer): void {
  const first = list[0]!
  out.byte(RECORD.exemplars)
  out.be64(first.ref)
  out.be64(first.exemplar.tMs)
  for (const { ref, exemplar } of list) {
    out.varint(ref - first.ref)
    out.varint(exemplar.tMs - first.exemplar.tMs)
    out.bits64(lowBits(exemplar.value), highBits(exemplar.value))
    out.uvarint(exemplar.labels.length >>> 1)
    for (const text of exemplar.labels) putText(text, out)
  }
}

/** Reads an exemplar record, type byte included. @throws RecordError; exemplars in front of the fault were handed over */
export function decodeExemplars(b: Uint8Array, from: number, to: number, onExemplar: (ref: number, exemplar: Exemplar) => void): void {
  if (to - from <= 1) return
  const r = new RecordReader(b, from + 1, to)
  const ref0 = r.be64()
  const t0 = r.be64()
  while (r.p < to) {
    const ref = ref0 + r.varint()
    const tMs = t0 + r.varint()
    r.bits64()
    const value = fromBits(r.low, r.high)
    const n = r.uvarint()
    if (2 * n > to - r.p) throw new RecordError('more labels than bytes')
    const labels: string[] = []
    for (let i = 0; i < 2 * n; i++) labels.push(readText(r))
    onExemplar(ref, { labels: labels as Labels, value, tMs })
  }
}

/** Puts a metadata record into an empty buffer. @see `Metadata` */
export function encodeMetadata(list: readonly LoggedMetadata[], out: RecordBuffer): void {
  out.byte(RECORD.metadata)
  for (const { ref, metadata } of list) {
    out.uvarint(ref)
    out.byte(Math.max(0, (METRIC_TYPES as readonly string[]).indexOf(metadata.type)))
    out.uvarint(2)
    putText('UNIT', out)
    putText(metadata.unit, out)
    putText('HELP', out)
    putText(metadata.help, out)
  }
}

/** Reads a metadata record, type byte included; fields that are not known are passed over. @throws RecordError */
export function decodeMetadata(b: Uint8Array, from: number, to: number, onMetadata: (ref: number, metadata: SeriesMetadata) => void): void {
  const r = new RecordReader(b, from + 1, to)
  while (r.p < to) {
    const ref = r.uvarint()
    const type = METRIC_TYPES[r.byte()] ?? 'unknown'
    let unit = ''
    let help = ''
    const fields = r.uvarint()
    if (2 * fields > to - r.p) throw new RecordError('more fields than bytes')
    for (let i = 0; i < fields; i++) {
      const name = readText(r)
      const value = readText(r)
      if (name === 'UNIT') unit = value
      else if (name === 'HELP') help = value
    }
    onMetadata(ref, { type, unit, help })
  }
}

function putText(text: string, out: RecordBuffer): void {
  const bytes = encoder.encode(text)
  out.text(bytes, 0, bytes.length)
}

function readText(r: RecordReader): string {
  const length = r.text()
  return decoder.decode(r.b.subarray(r.p - length, r.p))
}
