import { METRIC_NAME, labelValue, labelsFromObject, labelsKey, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { Answer, Appendable, Appender, CommitResult, InstantQuery, QueryEngine, QueryValue, VectorSample } from '@haechi/storage'

export const STALE = 'stale'

/** Keeps every sample that was written, by series. */
export class RecordedSamples implements Appendable {
  readonly bySeries: Map<string, { labels: Labels; samples: [number, number | typeof STALE][] }> = new Map()

  appender(): Appender {
    const refs: Labels[] = []
    let batch: [Labels, number, number | typeof STALE][] = []
    return {
      series(labels) {
        return refs.push(labels)
      },
      append(ref, tMs, value) {
        batch.push([refs[ref - 1]!, tMs, value])
      },
      appendColumn() {
        throw new Error('not used by rules')
      },
      appendHistogram() {
        throw new Error('no histograms are expected here')
      },
      appendBits() { throw new Error('not used by rules') },
      appendExemplar() { throw new Error('no exemplars are expected here') },
      appendMetadata() { throw new Error('no metadata is expected here') },
      appendStale(ref, tMs) {
        batch.push([refs[ref - 1]!, tMs, STALE])
      },
      commit: (): CommitResult => {
        for (const [labels, tMs, value] of batch) {
          const key = labelsKey(labels)
          const series = this.bySeries.get(key) ?? { labels, samples: [] }
          series.samples.push([tMs, value])
          this.bySeries.set(key, series)
        }
        const appended = batch.length
        batch = []
        return { appended, outOfOrder: 0, duplicate: 0, outOfBounds: 0 }
      },
      statuses: new Uint8Array(0),
      rollback() {
        batch = []
      },
    }
  }

  /** Samples of the series `name{labels}` as text: `t=v`. */
  samples(name: string, labels: Record<string, string> = {}): string[] {
    const series = this.bySeries.get(labelsKey(labelsFromObject({ [METRIC_NAME]: name, ...labels })))
    return (series?.samples ?? []).map(([t, v]) => `${t}=${v}`)
  }

  names(): string[] {
    return [...this.bySeries.values()].map(s => labelValue(s.labels, METRIC_NAME)).sort()
  }

  /** The newest sample of each series of this name that is not older than the lookback and not an end. */
  latest(name: string, tMs: number, lookbackMs: number): { labels: Labels; tMs: number; value: number }[] {
    const out: { labels: Labels; tMs: number; value: number }[] = []
    for (const { labels, samples } of this.bySeries.values()) {
      const last = samples.filter(([t]) => t <= tMs).at(-1)
      if (labelValue(labels, METRIC_NAME) === name && last !== undefined && last[1] !== STALE && last[0] > tMs - lookbackMs) out.push({ labels, tMs: last[0], value: last[1] })
    }
    return out
  }
}

/** What an expression answers at a time. An Error is thrown. */
export type Answers = (expr: string, tMs: number) => readonly { labels: Record<string, string>; value: number }[] | Error

/** Answers expressions from a function, and `ALERTS_FOR_STATE` from the recorded samples. */
export function fakeEngine(answers: Answers, recorded?: RecordedSamples): QueryEngine & { asked: InstantQuery[] } {
  const asked: InstantQuery[] = []
  const unused = (): never => {
    throw new Error('not used by rules')
  }
  const vector = (samples: VectorSample[]): Answer<QueryValue> => ({ value: { type: 'vector', samples }, warnings: [], infos: [] })
  return {
    asked,
    async instant(q) {
      asked.push(q)
      const restore = /^(timestamp\()?ALERTS_FOR_STATE\{alertname="([^"]*)"/.exec(q.expr)
      if (restore !== null) {
        const found = (recorded?.latest('ALERTS_FOR_STATE', q.tMs, q.lookbackMs ?? 300_000) ?? []).filter(s => labelValue(s.labels, 'alertname') === restore[2])
        return vector(found.map(s => ({ labels: s.labels, tMs: q.tMs, value: restore[1] === undefined ? s.value : s.tMs / 1000 })))
      }
      const answer = answers(q.expr, q.tMs)
      if (answer instanceof Error) throw answer instanceof QueryError ? answer : new QueryError('execution', answer.message)
      return vector(answer.map(s => ({ labels: labelsFromObject(s.labels), tMs: q.tMs, value: s.value })))
    },
    range: unused, instantJson: unused, rangeJson: unused, series: unused, labelNames: unused, labelValues: unused,
  }
}

export { labelsToObject }
