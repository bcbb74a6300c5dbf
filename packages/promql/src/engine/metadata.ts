import { compareLabels, compareText, labelsKey } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { Answer, Querier, Queryable, SeriesQuery } from '@haechi/storage'
import { PromqlParseError } from '../parse-error.ts'
import { parseMetricSelector } from '../parser.ts'
import { TRUNCATED } from './outcome.ts'

/** Reads the selectors of a question about series. @throws QueryError `bad_data` */
function readSelectors(texts: readonly string[]): (readonly Matcher[])[] {
  return texts.map(text => {
    try {
      return parseMetricSelector(text)
    } catch (err) {
      if (err instanceof PromqlParseError) throw new QueryError('bad_data', err.message, err.errors[0]!.span)
      throw err
    }
  })
}

/** Label sets of the series that any of the selectors matches, sorted. @throws QueryError */
export async function findSeries(queryable: Queryable, q: SeriesQuery): Promise<Answer<Labels[]>> {
  return withQuerier(queryable, q, async (querier, selectors) => {
    const found = new Map<string, Labels>()
    for (const matchers of selectors) {
      const set = await querier.select(matchers, q.startMs, q.endMs)
      for (let i = 0; i < set.size; i++) {
        const labels = set.labels(i)
        found.set(labelsKey(labels), labels)
      }
    }
    return limited([...found.values()].sort(compareLabels), q.limit)
  })
}

/** Names of the labels of matching series, sorted. @throws QueryError */
export async function findLabelNames(queryable: Queryable, q: SeriesQuery): Promise<Answer<string[]>> {
  return withQuerier(queryable, q, (querier, selectors) => united(selectors, q, matchers => querier.labelNames(matchers, q.startMs, q.endMs)))
}

/** Values of a label of matching series, sorted. @throws QueryError */
export async function findLabelValues(queryable: Queryable, name: string, q: SeriesQuery): Promise<Answer<string[]>> {
  return withQuerier(queryable, q, (querier, selectors) => united(selectors, q, matchers => querier.labelValues(name, matchers, q.startMs, q.endMs)))
}

async function withQuerier<T>(queryable: Queryable, q: SeriesQuery, ask: (querier: Querier, selectors: (readonly Matcher[])[]) => Promise<T>): Promise<T> {
  const selectors = readSelectors(q.matchers)
  const querier = queryable.querier(q.startMs, q.endMs)
  try {
    return await ask(querier, selectors)
  } catch (err) {
    if (err instanceof QueryError) throw err
    throw new QueryError('internal', err instanceof Error ? err.message : String(err))
  } finally {
    querier.close()
  }
}

async function united(selectors: readonly (readonly Matcher[])[], q: SeriesQuery, ask: (matchers: readonly Matcher[]) => Promise<string[]>): Promise<Answer<string[]>> {
  if (selectors.length <= 1) return limited(await ask(selectors[0] ?? []), q.limit)
  const all = new Set<string>()
  for (const matchers of selectors) for (const text of await ask(matchers)) all.add(text)
  return limited([...all].sort(compareText), q.limit)
}

function limited<T>(all: T[], limit: number | undefined): Answer<T[]> {
  const cut = limit !== undefined && limit > 0 && all.length > limit
  return { value: cut ? all.slice(0, limit) : all, warnings: cut ? [TRUNCATED] : [], infos: [] }
}
