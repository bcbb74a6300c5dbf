import { pushBody } from '../support/write-request.ts'
import { difference, hasEquals } from './compare.ts'
import type { Envelope } from './compare.ts'
import type { DataSet } from './data-set.ts'
import { QueryMaker } from './grammar.ts'
import type { Dialect, FuzzQuery } from './grammar.ts'
import { wantedOrder } from './order.ts'
import { Random } from './random.ts'
import { changedSince } from './changed-since.ts'

/** A query that was answered otherwise than by the reference. */
export interface Mismatch {
  readonly query: string
  readonly params: string
  readonly difference: string
}

/** What a run found. */
export interface FuzzReport {
  asked: number
  /** Both refused, with the same words. */
  refused: number
  /** Both answered with nothing. */
  empty: number
  /** Their queries and parameters, for whoever wants the queries to find more. */
  readonly empties: string[]
  /** An aggregation chose among equals, a float and a histogram fell on one label set, or the reference does not repeat itself. */
  ambiguous: number
  /** Both failed while they computed, of two reasons in the query each told another: parts are computed in another order. */
  otherError: number
  /** Answers that newer releases give otherwise than the reference, by change. */
  readonly changed: Map<string, number>
  readonly mismatches: Mismatch[]
}

/** Share of the answers without error that carry data. */
export function answered(report: FuzzReport): number {
  return (report.asked - report.refused - report.empty) / Math.max(1, report.asked - report.refused)
}

/** Writes the data into servers by remote write. @throws Error with what one of them said */
export async function fill(bases: readonly string[], data: DataSet): Promise<void> {
  for (const request of data.requests) {
    const body = pushBody(request)
    await Promise.all(bases.map(base => write(base, body)))
  }
}

async function write(base: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await fetch(`${base}/api/v1/write`, { method: 'POST', body, headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`${base} refused the data: ${answer.status} ${said}`)
}

/** Asks both servers random queries, `count` as many, and compares. `version`: the reference's, whose known differences from the newest release are counted apart. */
export async function fuzz(ours: string, reference: string, options: { readonly data: DataSet; readonly dashboards?: number; readonly seed: string; readonly count: number; readonly dialect: Dialect; readonly version: readonly [number, number]; readonly atOnce?: number; readonly queries?: readonly string[] }): Promise<FuzzReport> {
  const report: FuzzReport = { asked: 0, refused: 0, empty: 0, empties: [], ambiguous: 0, otherError: 0, changed: new Map(), mismatches: [] }
  const random = new Random(`queries/${options.seed}`)
  const maker = new QueryMaker(random, options.dialect, options.data, options.dashboards)
  let next = 0
  const one = async (): Promise<void> => {
    while (next < options.count) {
      const i = next++
      const made = maker.query()
      const query = options.queries === undefined ? made : { text: options.queries[i % options.queries.length]!, ties: [] }
      await judge(query, parameters(random, query.text, options.data))
    }
  }
  async function judge(query: FuzzQuery, params: Readonly<Record<string, string>>): Promise<void> {
    const [own, theirs] = await Promise.all([ask(ours, params), ask(reference, params)])
    report.asked++
    if (theirs.status === 'error') report.refused++
    else if ((theirs.data!.result as readonly unknown[]).length === 0) {
      report.empty++
      report.empties.push(new URLSearchParams(params).toString())
    }
    const order = params['time'] === undefined ? undefined : wantedOrder(query.text)
    const found = difference(own, theirs, order)
    if (found === undefined) return
    if (own.errorType === 'execution' && theirs.errorType === 'execution') {
      report.otherError++
      return
    }
    // A float and a histogram under one label set at one time: the reference shows one of them, we refuse as for two floats.
    if (/labelset/.test(own.error ?? '') && theirs.status === 'success' && /label_(?:join|replace)|-|last_over_time|first_over_time/.test(query.text)) {
      report.ambiguous++
      return
    }
    // The sine of a huge number, or its remainder, is noise: it depends on the last digit of that number.
    if (/\b(?:sin|cos|tan)\(|%/.test(query.text) && /\b(?:sinh|cosh|exp|time|timestamp|start|end)\(|\^/.test(query.text) && /^\[\[.* at [\d.]+: -?[\d.e+-]+, reference -?[\d.e+-]+$/.test(found)) {
      report.ambiguous++
      return
    }
    // So are the last digits of these functions, and a spread of nearly equal values shows nothing else.
    const values = /^\[\[.* at [\d.]+: (-?[\d.e+-]+), reference (-?[\d.e+-]+)$/.exec(found)
    if (values !== null && /\b(?:a?(?:sin|cos|tan)h?|atan2|exp|ln|log2|log10|sqrt)\b|\^/.test(query.text) && Math.abs(Number(values[1]) - Number(values[2])) < 1e-13) {
      report.ambiguous++
      return
    }
    for (const text of query.ties) {
      if (!hasEquals(await ask(reference, { ...params, query: text }))) continue
      report.ambiguous++
      return
    }
    for (let again = 0; again < 4; again++) {
      if (difference(await ask(reference, params), theirs, order) === undefined) continue
      report.ambiguous++
      return
    }
    const change = changedSince(options.version, query.text, found)
    if (change !== undefined) {
      report.changed.set(change.what, (report.changed.get(change.what) ?? 0) + 1)
      return
    }
    const { query: _query, ...rest } = params
    report.mismatches.push({ query: query.text, params: new URLSearchParams(rest).toString(), difference: found })
  }
  await Promise.all(Array.from({ length: options.atOnce ?? 4 }, one))
  return report
}

/** An instant or a range, anywhere about the data, on any grid, with any lookback. */
function parameters(r: Random, query: string, { startMs, endMs, intervalMs }: DataSet): Readonly<Record<string, string>> {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3)
  const lookback = r.chance(0.1) ? { lookback_delta: r.pick([`${intervalMs / 500}s`, '1m', '10m', '2m', '1m', '3m', r.pick([`${intervalMs / 1000}s`, '0.5', '1ms'])]) } : {}
  if (r.chance(0.4)) return { query, time: seconds(r.int(startMs + (r.chance(0.05) ? -60_000 : 8 * intervalMs), endMs + (r.chance(0.15) ? 400_000 : 0))), ...lookback }
  const start = r.int(startMs + (r.chance(0.2) ? -60_000 : 2 * intervalMs), endMs - 2 * intervalMs)
  const step = r.pick([15_000, 30_000, 60_000, 7_000, 77_000, 1_000, 300_000, 4_321, 15_000])
  const steps = r.pick([0, 1, 7, 20, 40, 40])
  return { query, start: seconds(start), end: seconds(start + steps * step + (r.chance(0.3) ? r.int(0, step - 1) : 0)), step: seconds(step), ...lookback }
}

/** The answer of one server to one question. */
export async function ask(base: string, params: Readonly<Record<string, string>>): Promise<Envelope> {
  const path = params['time'] === undefined ? 'query_range' : 'query'
  const answer = await fetch(`${base}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(params), signal: AbortSignal.timeout(60_000) })
  return { ...await answer.json() as Envelope, code: answer.status }
}
