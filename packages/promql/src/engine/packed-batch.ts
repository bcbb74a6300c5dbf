import { QueryError } from '@haechi/storage'
import type { Histogram, Labels } from '@haechi/model'
import type { BatchAnswer, KnownLabels, QueryErrorKind, QueryValue } from '@haechi/storage'

/** What an answer has besides numbers: label sets that the asker does not know, histograms, another value than a vector, an error as its parts. */
interface PackedRest {
  /** Which answer. */
  readonly at: number
  readonly sets?: readonly Labels[]
  readonly histograms?: readonly (Histogram | null)[]
  readonly value?: QueryValue
  readonly error?: { readonly kind: QueryErrorKind; readonly message: string; readonly span: { readonly start: number; readonly end: number } | undefined }
}

/**
 * How the answers to a batch cross the threads: mostly as one array of numbers, since objects cost more to copy than most queries to answer.
 *
 *     numbers   n x (samples, version of the label sets, ms), then the values of all samples
 */
export interface PackedBatch {
  readonly numbers: Float64Array<ArrayBuffer>
  readonly rest: readonly PackedRest[]
}

const NUMBERS = 3

/** @param known  versions of label sets that the asker has, 0 for none */
export function packBatch(answers: readonly BatchAnswer[], known: readonly number[]): PackedBatch {
  let samples = 0
  for (const a of answers) if ('vector' in a) samples += a.vector.values.length
  const numbers = new Float64Array(NUMBERS * answers.length + samples)
  const rest: PackedRest[] = []
  let at = NUMBERS * answers.length
  for (let i = 0; i < answers.length; i++) {
    const a = answers[i]!
    numbers[NUMBERS * i + 2] = a.ms
    if ('vector' in a) {
      const { labels, values, histograms } = a.vector
      numbers[NUMBERS * i] = values.length
      numbers[NUMBERS * i + 1] = labels.version
      numbers.set(values, at)
      at += values.length
      const news = labels.version !== known[i]
      if (news || histograms !== undefined) rest.push({ at: i, ...(news ? { sets: labels.sets } : {}), ...(histograms === undefined ? {} : { histograms }) })
    } else if ('value' in a) rest.push({ at: i, value: a.value })
    else rest.push({ at: i, error: { kind: a.error.kind, message: a.error.message, span: a.error.span } })
  }
  return { numbers, rest }
}

/** @param known  what the asker has; the same as the versions that were packed for */
export function unpackBatch({ numbers, rest }: PackedBatch, n: number, known: readonly (KnownLabels | undefined)[]): BatchAnswer[] {
  const out: BatchAnswer[] = []
  let at = NUMBERS * n
  let r = 0
  for (let i = 0; i < n; i++) {
    const ms = numbers[NUMBERS * i + 2]!
    const more = rest[r]?.at === i ? rest[r++] : undefined
    if (more?.value !== undefined) out.push({ value: more.value, ms })
    else if (more?.error !== undefined) out.push({ error: new QueryError(more.error.kind, more.error.message, more.error.span), ms })
    else {
      const samples = numbers[NUMBERS * i]!
      const labels = more?.sets === undefined ? known[i]! : { version: numbers[NUMBERS * i + 1]!, sets: more.sets }
      const values = samples === 0 ? NO_VALUES : numbers.subarray(at, at + samples)
      at += samples
      out.push({ vector: more?.histograms === undefined ? { labels, values } : { labels, values, histograms: more.histograms }, ms })
    }
  }
  return out
}

const NO_VALUES = new Float64Array(0)
