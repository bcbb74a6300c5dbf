import { labelsKey, newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Queryable } from '@haechi/storage'

/** All samples of all series with a metric name, by the key of their labels: times and value bits. */
export async function readAll(s: Queryable): Promise<Map<string, { t: number; lo: number; hi: number }[]>> {
  const querier = s.querier(-8e15, 8e15)
  const set = await querier.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
  const into = new SampleColumns()
  const out = new Map<string, { t: number; lo: number; hi: number }[]>()
  for (let i = 0; i < set.size; i++) {
    const n = set.read(i, -8e15, 8e15, into)
    if (n > 0) out.set(labelsKey(set.labels(i)), Array.from({ length: n }, (_, k) => ({ t: into.ts[k]!, lo: into.bits[2 * k]!, hi: into.bits[2 * k + 1]! })))
  }
  querier.close()
  return out
}
