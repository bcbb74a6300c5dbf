import { pushBody } from '../support/write-request.ts'
import { DATA_END_MS, DATA_START_MS, fuzzData } from './data.ts'
import { difference, hasEquals } from './compare.ts'
import type { Envelope } from './compare.ts'
import { QueryMaker } from './grammar.ts'
import type { Dialect, FuzzQuery } from './grammar.ts'
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
  /** An aggregation chose among equals, a float and a histogram fell on one label set, or the reference does not repeat itself. */
  ambiguous: number
  /** Both failed while they computed, of two reasons in the query each told another: parts are computed in another order. */
  otherError: number
  /** Answers that newer releases give otherwise than the reference, by change. */
  readonly changed: Map<string, number>
  readonly mismatches: Mismatch[]
}

/** Writes the data into a server by remote write. @throws Error with what it said */
export async function fill(base: string, seed: string): Promise<void> {
  for (const request of fuzzData(seed)) {
    const answer = await fetch(`${base}/api/v1/write`, { method: 'POST', body: pushBody(request), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
    const said = await answer.text()
    if (!answer.ok) throw new Error(`${base} refused the data: ${answer.status} ${said}`)
  }
}

/** Asks both servers random queries, `count` as many, and compares. `version`: the reference's, whose known differences from the newest release are counted apart. */
export async function fuzz(ours: string, reference: string, options: { readonly seed: string; readonly count: number; readonly dialect: Dialect; readonly version: readonly [number, number]; readonly atOnce?: number; readonly queries?: readonly string[] }): Promise<FuzzReport> {
  const report: FuzzReport = { asked: 0, refused: 0, empty: 0, ambiguous: 0, otherError: 0, changed: new Map(), mismatches: [] }
  const random = new Random(`queries/${options.seed}`)
  const maker = new QueryMaker(random, options.dialect)
  let next = 0
  const one = async (): Promise<void> => {
    while (next < options.count) {
      const i = next++
      const made = maker.query()
      const query = options.queries === undefined ? made : { text: options.queries[i % options.queries.length]!, ties: [] }
      await judge(query, parameters(random, query.text))
    }
  }
  async function judge(query: FuzzQuery, params: Readonly<Record<string, string>>): Promise<void> {
    const [own, theirs] = await Promise.all([ask(ours, params), ask(reference, params)])
    report.asked++
    if (theirs.status === 'error') report.refused++
    else if ((theirs.data!.result as readonly unknown[]).length === 0) report.empty++
    const ordered = params['time'] !== undefined && /^sort\w*\(/.test(query.text)
    const found = difference(own, theirs, ordered)
    if (found === undefined) return
    const change = changedSince(options.version, query.text, found)
    if (change !== undefined) {
      report.changed.set(change, (report.changed.get(change) ?? 0) + 1)
      return
    }
    if (own.errorType === 'execution' && theirs.errorType === 'execution') {
      report.otherError++
      return
    }
    // A float and a histogram under one label set at one time: the reference shows one of them, we refuse as for two floats.
    if (/labelset/.test(own.error ?? '') && theirs.status === 'success' && /label_(?:join|replace)|-|last_over_time|first_over_time/.test(query.text)) {
      report.ambiguous++
      return
    }
    // The sine of a huge number is noise: it depends on the last digit of that number.
    if (/\b(?:sin|cos|tan)\(.*\b(?:sinh|cosh|exp|\^)/.test(query.text) && /^\[\[.* at \d/.test(found)) {
      report.ambiguous++
      return
    }
    for (const text of query.ties) {
      if (!hasEquals(await ask(reference, { ...params, query: text }))) continue
      report.ambiguous++
      return
    }
    for (let again = 0; again < 4; again++) {
      if (difference(await ask(reference, params), theirs, ordered) === undefined) continue
      report.ambiguous++
      return
    }
    const { query: _query, ...rest } = params
    report.mismatches.push({ query: query.text, params: new URLSearchParams(rest).toString(), difference: found })
  }
  await Promise.all(Array.from({ length: options.atOnce ?? 4 }, one))
  return report
}

/** An instant or a range, anywhere about the data, on any grid, with any lookback. */
function parameters(r: Random, query: string): Readonly<Record<string, string>> {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3)
  const lookback = r.chance(0.15) ? { lookback_delta: r.pick(['15s', '1m', '10m', '0.5', '1ms']) } : {}
  if (r.chance(0.4)) return { query, time: seconds(r.int(DATA_START_MS - 60_000, DATA_END_MS + 400_000)), ...lookback }
  const start = r.int(DATA_START_MS - 120_000, DATA_END_MS)
  const step = r.pick([15_000, 30_000, 60_000, 7_000, 77_000, 1_000, 300_000, 4_321, 15_000])
  const steps = r.pick([0, 1, 7, 20, 40, 40])
  return { query, start: seconds(start), end: seconds(start + steps * step + (r.chance(0.3) ? r.int(0, step - 1) : 0)), step: seconds(step), ...lookback }
}

async function ask(base: string, params: Readonly<Record<string, string>>): Promise<Envelope> {
  const path = params['time'] === undefined ? 'query_range' : 'query'
  const answer = await fetch(`${base}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(params), signal: AbortSignal.timeout(60_000) })
  return { ...await answer.json() as Envelope, code: answer.status }
}
