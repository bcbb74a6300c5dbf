import type { Labels } from '@haechi/model'
import type { ExpositionFormat } from './content-type.ts'
import { MetadataTable } from './metadata.ts'
import type { Family } from './metadata.ts'
import { protobufToText } from './protobuf.ts'
import { ExpositionError } from './error.ts'
import { SampleParser, invalidNames, labelsText } from './sample-parser.ts'
import type { Exemplar } from './sample-parser.ts'

/** One sample of a body. */
export interface ParsedSample {
  /** As exposed, metric name included. */
  readonly labels: Labels
  readonly value: number
  /** Unix ms, if the body gives a time. */
  readonly timeMs?: number
  readonly exemplar?: Exemplar
}

/** A whole body as objects. */
export interface ParsedBody {
  /** In order of appearance. */
  readonly samples: readonly ParsedSample[]
  readonly families: readonly Family[]
  /** Native histograms that were recognised and left out; their classic buckets, where given, are there. */
  readonly nativeHistograms: number
}

/**
 * Reads a whole body at once: for looking at a target, not for scraping it (see {@link BodyReader}).
 * @throws ExpositionError with Prometheus' text
 */
export function parseExposition(body: Uint8Array, format: ExpositionFormat): ParsedBody {
  let text = body
  let length = body.length
  let nativeHistograms = 0
  if (format === 'protobuf') {
    const converted = protobufToText(body, body.length)
    text = converted.text
    length = converted.length
    nativeHistograms = converted.nativeHistograms
  }
  const metadata = new MetadataTable()
  const parser = new SampleParser(format === 'openmetrics', format === 'protobuf')
  parser.open(text, length, metadata)
  const samples: ParsedSample[] = []
  while (parser.next()) {
    const exemplar = parser.exemplar()
    const labels = parser.labels()
    if (!labels.includes('__name__')) throw new ExpositionError('missing metric name (__name__ label)')
    if (invalidNames(labels)) throw new ExpositionError(`invalid metric name or label names: ${labelsText(labels)}`)
    samples.push({ labels, value: parser.value, ...(parser.hasTime && { timeMs: parser.timeMs }), ...(exemplar !== undefined && { exemplar }) })
  }
  return { samples, families: metadata.list(), nativeHistograms }
}
