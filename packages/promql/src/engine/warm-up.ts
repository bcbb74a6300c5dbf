import { METRIC_NAME, goQuote, labelValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Querier, Queryable, SeriesSet } from '@haechi/storage'
import type { SingleQuestion } from './protocol.ts'

/** Most series that one selector of a warm-up reads. */
const MOST_SERIES = 32
/** How often each question is asked: fresh, while the storage begins to keep what was read, and from what it kept. */
const ROUNDS = 3
const RANGE_MS = 6 * 3600_000
const STEP_MS = 60_000
/** How far back data are looked for. */
const SPANS_MS = [RANGE_MS, 2 * 86_400_000, 30 * 86_400_000] as const
/** Targets that are looked at, and asked about. */
const MOST_TARGETS = 12

/** The storage with the first few series of each selection, so that a question about it costs milliseconds whatever it holds. */
export function fewSeries(queryable: Queryable): Queryable {
  return {
    ...(queryable.changes === undefined ? {} : { changes: queryable.changes }),
    querier: (minMs, maxMs) => {
      const below = queryable.querier(minMs, maxMs)
      return {
        select: async (matchers, from, to, reads) => new FirstSeries(await below.select(matchers, from, to, reads)),
        labelNames: (matchers, from, to) => below.labelNames(matchers, from, to),
        labelValues: (name, matchers, from, to) => below.labelValues(name, matchers, from, to),
        close: () => below.close(),
      }
    },
  }
}

class FirstSeries implements SeriesSet {
  readonly size: number
  private readonly below: SeriesSet

  constructor(below: SeriesSet) {
    this.below = below
    this.size = Math.min(below.size, MOST_SERIES)
  }

  labels(i: number): readonly string[] {
    return this.below.labels(i)
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    return this.below.read(i, minMs, maxMs, into)
  }
}

/** What a question can be asked about: metrics that a target has, and until when it has samples. */
interface Target {
  /** A matcher of it and its neighbours. */
  readonly instances: string
  readonly counter: string | undefined
  readonly histogram: string | undefined
  readonly gauge: string | undefined
  /** A label of the counter that tells its series apart. */
  readonly by: string
  readonly endMs: number
}

/**
 * Questions in the shape of those that boards and alerts ask most, about metrics that the storage has: what runs through them is compiled when a person
 * asks. To be asked of {@link fewSeries}. None where the storage has no series with a label `instance`.
 * @param nowMs  Unix ms; newer samples don't count
 */
export async function warmUpQuestions(queryable: Queryable, nowMs: number): Promise<SingleQuestion[]> {
  const target = await findTarget(queryable, nowMs)
  if (target === undefined) return []
  const endMs = Math.floor(target.endMs / STEP_MS) * STEP_MS
  const startMs = endMs - RANGE_MS
  const questions: SingleQuestion[] = []
  const exprs = expressions(target)
  for (let round = 0; round < ROUNDS; round++) {
    for (const expr of exprs) {
      // From the second round on as boards ask, whose answers are kept.
      const fresh = round === 0
      questions.push({ method: 'rangeJson', query: { expr, startMs, endMs: endMs + round * STEP_MS, stepMs: STEP_MS, fresh } }, { method: 'instantJson', query: { expr, tMs: endMs, fresh } })
    }
    const query = { matchers: [selector(target.counter ?? target.gauge ?? '', target)], startMs, endMs }
    questions.push({ method: 'seriesJson', query }, { method: 'labelNamesJson', query }, { method: 'labelValuesJson', name: 'instance', query }, { method: 'labelValuesJson', name: 'job', query: { ...query, matchers: [] } })
  }
  return questions
}

function selector(name: string, { instances }: Target, more = ''): string {
  return `{__name__=${goQuote(name)},${instances}${more}}`
}

function expressions(target: Target): string[] {
  const { counter, histogram, gauge, by } = target
  const out: string[] = []
  if (counter !== undefined) {
    const all = selector(counter, target)
    const some = selector(counter, target, `,${goQuote(by)}=~".+",job!~"x.*"`)
    out.push(
      `sum by (${goQuote(by)}) (rate(${all}[5m]))`,
      `sum(rate(${some}[5m])) / sum(rate(${all}[5m]))`,
      `topk(5, sum by (${goQuote(by)}) (increase(${all}[5m])))`,
    )
  }
  if (histogram !== undefined) out.push(`histogram_quantile(0.95, sum by (le) (rate(${selector(histogram, target)}[5m])))`)
  if (gauge !== undefined) {
    const all = selector(gauge, target)
    out.push(all, `avg by (job) (${all}) > 0`, `max_over_time(${all}[10m]) * 100`)
  }
  return out
}

/** A target with counters, histograms and gauges if there is one, else any. */
async function findTarget(queryable: Queryable, nowMs: number): Promise<Target | undefined> {
  for (const spanMs of SPANS_MS) {
    const querier = queryable.querier(nowMs - spanMs, nowMs)
    try {
      let best: Target | undefined
      const instances = await querier.labelValues('instance', [], nowMs - spanMs, nowMs)
      const first = instances.slice(0, MOST_TARGETS)
      const alternatives = `instance=~${goQuote(first.map(text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'))}`
      for (const instance of first) {
        const found = await describeTarget(querier, instance, alternatives, nowMs - spanMs, nowMs)
        if (found !== undefined && (best === undefined || (best.histogram === undefined && found.histogram !== undefined))) best = found
        if (best?.histogram !== undefined) break
      }
      if (best !== undefined) return best
    } finally {
      querier.close()
    }
  }
  return undefined
}

async function describeTarget(querier: Querier, instance: string, instances: string, fromMs: number, toMs: number): Promise<Target | undefined> {
  const names = await querier.labelValues(METRIC_NAME, [equals('instance', instance)], fromMs, toMs)
  const counter = names.find(n => n.endsWith('_total')) ?? names.find(n => n.endsWith('_count'))
  const histogram = names.find(n => n.endsWith('_bucket'))
  const gauge = names.find(n => !/_(?:total|count|sum|bucket|created|info)$/.test(n))
  const sample = counter ?? gauge
  if (sample === undefined) return undefined
  const set = await querier.select([equals(METRIC_NAME, sample), equals('instance', instance)], fromMs, toMs)
  if (set.size === 0) return undefined
  const into = new SampleColumns()
  const n = set.read(0, fromMs, toMs, into)
  if (n === 0) return undefined
  const labels = set.labels(0)
  const by = labels.filter((_, i) => i % 2 === 0).findLast(name => name !== METRIC_NAME && name !== 'instance' && name !== 'job' && labelValue(labels, name) !== '') ?? 'job'
  return { instances, counter, histogram, gauge, by, endMs: into.ts[n - 1]! }
}

function equals(name: string, value: string): Matcher {
  return { type: '=', name, value }
}
