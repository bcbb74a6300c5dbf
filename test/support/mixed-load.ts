import { expect } from 'vitest'
import { ask, seriesName } from './api.ts'
import type { Answer, MatrixSeries, QueryData } from './api.ts'
import { sleep } from './haechi.ts'
import { pushBody } from './write-request.ts'
import type { PushSeries } from './write-request.ts'

/** Rounds whose pushed series have the same label `e`: what one look reads stays small however many rounds there are. */
export const ROUNDS_PER_EPOCH = 10
const FLOATS = 10
const LATE = 4
const HISTOGRAMS = 2
/** The default of how late samples are. */
const LATE_MS = 90 * 60_000

/** Samples of one series by time: what its value must be. */
type Samples = Map<number, number>

/** What was pushed, and what the server said to it. */
interface Account {
  /** Answered with 2xx: must be there. */
  readonly acknowledged: Samples
  /** Sent without an answer: may be there. */
  readonly unanswered: Samples
  /** The answer to a deletion is outstanding: any of them may be there. */
  doomed: boolean
}

/** Counts of what was done under load. */
export interface LoadCounts { requests: number, samples: number, late: number, histograms: number, deletions: number, snapshots: number, cleanings: number, unanswered: number, checked: number }

const valueOf = (i: number, t: number): number => (t * 31 + i * 7919) % 1_000_003

/**
 * Remote write in order and out of order, native histograms, exemplars, deletions, snapshots and cleaning of tombstones, with an account of every sample.
 */
export class MixedLoad {
  readonly counts: LoadCounts = { requests: 0, samples: 0, late: 0, histograms: 0, deletions: 0, snapshots: 0, cleanings: 0, unanswered: 0, checked: 0 }
  private readonly random: () => number
  private readonly lateMs: number
  private readonly accounts = new Map<string, Account>()
  private readonly failures: string[] = []
  private lastMs = 0
  private round = 0

  /** @param lateMs how much older than now late samples are at most; the window of the configuration is wider */
  constructor(random: () => number, lateMs: number = LATE_MS) {
    this.random = random
    this.lateMs = lateMs
  }

  /** Loads the server until `stop` is true or the server is gone. Resolves when every request has ended. */
  async run(url: string, round: number, stop: () => boolean): Promise<void> {
    this.round = round
    const epoch = String(Math.floor(round / ROUNDS_PER_EPOCH))
    const loops = [
      this.repeat(stop, () => this.push(url, this.inOrder(epoch, 'push_total'))),
      this.repeat(stop, () => this.push(url, this.late(epoch))),
      this.repeat(stop, () => this.administer(url, epoch)),
    ]
    await Promise.all(loops)
    expect(this.failures, `round ${round}: refused by the server`).toEqual([])
  }

  /**
   * Compares what a server has of one epoch with the account of it.
   * @param name for the message
   */
  async check(url: string, epoch: number, name: string): Promise<void> {
    const e = String(epoch)
    const found = new Map<string, Samples>()
    for (const s of await samplesOf(url, `{e="${e}"}[4h]`)) {
      const samples: Samples = new Map()
      for (const [t, v] of s.values ?? []) samples.set(Math.round(t * 1000), Number(v))
      for (const [t, h] of (s as unknown as { readonly histograms?: readonly (readonly [number, { readonly count: string }])[] }).histograms ?? []) samples.set(Math.round(t * 1000), Number(h.count))
      found.set(seriesName(s.metric), samples)
    }
    this.compare(found, e, name)
  }

  /** The same for the lines of `promtool tsdb dump`, which shows neither of the first two samples of a series of integer histograms. @see Prometheus cmd/promtool/tsdb.go `dumpTSDBData` */
  checkDump(dump: string, epoch: number, name: string): void {
    const found = new Map<string, Samples>()
    for (const line of dump.split('\n')) {
      const parts = /^\{(.*)\} (.*) (\d+)$/.exec(line)
      if (parts === null) continue
      const labels = Object.fromEntries([...parts[1]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, n, v]) => [n!, v!]))
      if (labels['e'] !== String(epoch)) continue
      const key = seriesName(labels)
      const samples = found.get(key) ?? new Map<number, number>()
      found.set(key, samples)
      const count = /count:([^,}]+)/.exec(parts[2]!)
      samples.set(Number(parts[3]), Number(count === null ? parts[2] : count[1]))
    }
    for (const [key, samples] of found) {
      if (!key.includes('push_seconds')) continue
      const { acknowledged, unanswered } = this.accounts.get(key) ?? { acknowledged: new Map<number, number>(), unanswered: new Map<number, number>() }
      const first = Math.min(...samples.keys())
      const hidden = [...acknowledged, ...unanswered].filter(([t]) => t < first).sort((a, b) => b[0] - a[0])
      for (const [t, v] of hidden.slice(0, 2)) samples.set(t, v)
    }
    this.compare(found, String(epoch), name)
  }

  private compare(found: ReadonlyMap<string, Samples>, e: string, name: string): void {
    const wrong: string[] = []
    for (const key of found.keys()) if (!this.accounts.has(key)) wrong.push(`${key} was never sent`)
    for (const [key, account] of this.accounts) {
      if (!key.includes(`["e","${e}"]`)) continue
      const samples = found.get(key) ?? new Map<number, number>()
      let missing = 0
      let first = Infinity
      let shown = ''
      for (const [t, v] of account.acknowledged) {
        const has = samples.get(t)
        if (has === undefined ? !account.doomed : has !== v) {
          missing++
          if (t < first) shown = `${t}: ${has}, not ${v}`
          first = Math.min(first, t)
        }
      }
      this.counts.checked += account.acknowledged.size
      if (missing > 0) wrong.push(`${key}: ${missing} of ${account.acknowledged.size} acknowledged samples are missing or wrong, the first at ${shown}`)
      for (const [t, v] of samples) if (!account.acknowledged.has(t) && account.unanswered.get(t) !== v) wrong.push(`${key}: the sample ${v} at ${t} is there and should not be`)
    }
    expect(wrong.slice(0, 10), name).toEqual([])
  }

  private async repeat(stop: () => boolean, run: () => Promise<boolean>): Promise<void> {
    while (!stop()) {
      if (!(await run())) return
      await sleep(5 + this.random() * 10)
    }
  }

  /** A time after all others, so that samples are in order whatever the machine's clock does. */
  private nextMs(): number {
    this.lastMs = Math.max(this.lastMs + 1, Date.now())
    return this.lastMs
  }

  private inOrder(e: string, name: string): PushSeries[] {
    const t = this.nextMs()
    const out: PushSeries[] = []
    for (let i = 0; i < FLOATS; i++) out.push({ labels: { __name__: name, e, i: String(i) }, samples: [[t, valueOf(i, t)]], ...(i === 0 ? { exemplar: [t, `t${t}`] as const } : {}) })
    if (!this.deleting) out.push({ labels: { __name__: 'doomed_total', e, round: String(this.round) }, samples: [[t, valueOf(99, t)]] })
    for (let i = 0; i < HISTOGRAMS; i++) out.push({ labels: { __name__: 'push_seconds', e, i: String(i) }, histograms: [[t, 1 + valueOf(i, t)]] })
    return out
  }

  private late(e: string): PushSeries[] {
    const out: PushSeries[] = []
    for (let i = 0; i < LATE; i++) {
      const labels = { __name__: 'late_total', e, i: String(i) }
      const times = new Set<number>()
      for (let k = 0; k < 5; k++) times.add(Date.now() - Math.floor(this.random() * this.lateMs))
      const account = this.accounts.get(seriesName(labels))
      const samples: [number, number][] = []
      for (const t of times) if (account === undefined || !(account.acknowledged.has(t) || account.unanswered.has(t))) samples.push([t, valueOf(i, t)])
      out.push({ labels, samples })
    }
    return out
  }

  /** @returns whether the server answered */
  private async push(url: string, list: readonly PushSeries[]): Promise<boolean> {
    const accounts = list.map(s => this.accountOf(s))
    list.forEach((s, k) => {
      for (const [t, v] of [...(s.samples ?? []), ...(s.histograms ?? [])]) accounts[k]!.unanswered.set(t, v)
    })
    const answer = await send(`${url}/api/v1/write`, { method: 'POST', body: pushBody(list), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf', 'x-prometheus-remote-write-version': '0.1.0' } })
    this.counts.requests++
    if (answer === undefined) {
      this.counts.unanswered++
      return false
    }
    if (answer.status >= 300) {
      this.failures.push(`HTTP ${answer.status}: ${answer.text.slice(0, 300)}`)
      return false
    }
    list.forEach((s, k) => {
      const { acknowledged, unanswered } = accounts[k]!
      for (const [t, v] of [...(s.samples ?? []), ...(s.histograms ?? [])]) {
        unanswered.delete(t)
        acknowledged.set(t, v)
      }
      this.counts.samples += s.samples?.length ?? 0
      this.counts.histograms += s.histograms?.length ?? 0
      if (s.labels['__name__'] === 'late_total') this.counts.late += s.samples?.length ?? 0
    })
    return true
  }

  private deleting = false

  /** Deletes a series, takes a snapshot or cleans. */
  private async administer(url: string, e: string): Promise<boolean> {
    await sleep(this.random() * 200)
    const post = (path: string): ReturnType<typeof send> => send(`${url}/api/v1/admin/tsdb/${path}`, { method: 'POST' })
    const what = this.random()
    let answer: Awaited<ReturnType<typeof send>>
    if (what < 0.5) {
      // Nothing is sent to the series any more, and what was sent has been answered.
      this.deleting = true
      await sleep(60)
      const labels = { __name__: 'doomed_total', e, round: String(this.round) }
      const account = this.accounts.get(seriesName(labels))
      if (account === undefined || account.unanswered.size > 0) {
        this.deleting = false
        return true
      }
      account.doomed = true
      answer = await post(`delete_series?match[]=${encodeURIComponent(`doomed_total{e="${e}",round="${this.round}"}`)}`)
      if (answer?.status === 204) {
        account.doomed = false
        account.acknowledged.clear()
        this.counts.deletions++
      }
      this.deleting = false
    } else if (what < 0.75) {
      answer = await post('snapshot')
      if (answer?.status === 200) this.counts.snapshots++
    } else {
      answer = await post('clean_tombstones')
      if (answer?.status === 204) this.counts.cleanings++
    }
    if (answer === undefined) return false
    if (answer.status >= 300) this.failures.push(`admin: HTTP ${answer.status}: ${answer.text.slice(0, 300)}`)
    return answer.status < 300
  }

  private accountOf(s: PushSeries): Account {
    const key = seriesName(s.labels)
    let account = this.accounts.get(key)
    if (account === undefined) {
      account = { acknowledged: new Map(), unanswered: new Map(), doomed: false }
      this.accounts.set(key, account)
    }
    return account
  }
}

/** The raw samples of a range selector. These answers are long and many: nobody searches them for secrets. @throws Error when it failed */
export async function samplesOf(url: string, query: string, time?: number): Promise<readonly MatrixSeries[]> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query, ...(time === undefined ? {} : { time: String(time) }) })}`, { signal: AbortSignal.timeout(60_000) })
  const got = await response.json() as Answer<QueryData<MatrixSeries>>
  if (got.status !== 'success') throw new Error(`${query}: ${got.error}`)
  return got.data.result
}

/** @returns undefined when the server was gone before it answered */
async function send(url: string, init: RequestInit): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) })
    return { status: response.status, text: await response.text() }
  } catch {
    return undefined
  }
}

/** What remote write, rules and scrapes left, for a look that compares two servers. */
export async function totals(url: string, time: number): Promise<ReadonlyMap<string, unknown>> {
  const out = new Map<string, unknown>()
  const names = ['push_total', 'late_total', 'push_seconds', 'doomed_total']
  for (const query of [...names.map(n => `count_over_time(${n}[4h])`), 'sum(sum_over_time(push_total[4h]))', 'sum(sum_over_time(late_total[4h]))', 'histogram_count(sum_over_time(push_seconds[4h]))', 'push_seconds[1m]']) {
    const got = await ask<{ readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value?: unknown; readonly histograms?: unknown }[] }>(url, 'query', { query, time: String(time) })
    if (got.status !== 'success') throw new Error(`${query}: ${got.error}`)
    for (const r of got.data.result) out.set(`${query} ${seriesName(r.metric)}`, r.value ?? r.histograms)
  }
  return out
}
