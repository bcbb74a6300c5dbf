import { interpolateText, panelQueries, plainValue, promqlSources, readDashboard, seriesNames, sourceOptions } from '@haechi/dashboards'
import type { KnownSource } from '@haechi/dashboards'
import { labelsFromObject } from '@haechi/model'
import { MemoryStorage } from '@haechi/storage'
import type { HaechiServer } from '../src/index.ts'

/** The series that all three sources hold: regular samples, one that ends, one that is born late. */
export function seriesAt(nowMs: number): { readonly labels: Record<string, string>; readonly samples: [number, number][] }[] {
  const start = nowMs - 1_200_000
  const of = (labels: Record<string, string>, from: number, to: number, value: (i: number) => number): { labels: Record<string, string>; samples: [number, number][] } => {
    const samples: [number, number][] = []
    for (let i = from; i <= to; i++) samples.push([start + i * 15_000, value(i)])
    return { labels, samples }
  }
  return [
    of({ __name__: 'orders', job: 'shop', code: '200' }, 0, 72, i => 100 + i * 3), of({ __name__: 'orders', job: 'shop', code: '500' }, 0, 72, i => Math.floor(i / 10)), of({ __name__: 'orders', job: 'bakery', code: '200' }, 20, 72, i => i),
    of({ __name__: 'temperature', job: 'bakery', place: 'öfen "1"' }, 0, 72, i => 180 + (i % 7) / 4), ...[0.1, 0.5, 1, Infinity].map((le, k) => of({ __name__: 'seconds_bucket', job: 'shop', le: le === Infinity ? '+Inf' : String(le) }, 0, 72, i => i * (k + 1))),
  ]
}

/** The same in memory, for our own engine. */
export function memoryAt(nowMs: number): MemoryStorage {
  const storage = new MemoryStorage()
  for (const s of seriesAt(nowMs)) for (const [t, v] of s.samples) storage.add(labelsFromObject(s.labels), t, v)
  return storage
}

/** A board whose panels hang on a data source variable and a query variable. */
export const BOARD: Readonly<Record<string, unknown>> = {
  title: 'Shop', schemaVersion: 39,
  templating: { list: [{ name: 'DS', type: 'datasource', query: 'prometheus', current: { value: 'default' } }, { name: 'job', type: 'query', datasource: { uid: '${DS}' }, query: 'label_values(orders, job)', current: { value: 'shop' } }] },
  panels: [
    ['Orders', 'sum by (job, code) (orders)', '{{job}} {{code}}'], ['Of the job', 'orders{job="$job"}', ''], ['Highest', 'max by (place) (max_over_time(temperature[1m]))', '__auto'], ['Failing', '100 * sum(orders{code="500"}) / sum(orders)', 'failing'],
    ['p90', 'histogram_quantile(0.9, sum by (le) (seconds_bucket))', 'p90'], ['Nothing', 'no_such_metric', ''], ['Missing', 'absent(no_such_metric)', 'absent'], ['Top', 'topk(2, orders)', '{{job}}/{{code}}'],
  ].map(([title, expr, legendFormat], i) => ({ id: i + 1, type: 'timeseries', title, datasource: { type: 'prometheus', uid: '${DS}' }, targets: [{ refId: 'A', expr, legendFormat }] })),
}

/** What a reader sees of the board on one source: what can be chosen, and each panel's lines with their values, as text. Everything is asked of the server as a page does. */
export async function viewOn(server: HaechiServer, source: string, nowMs: number): Promise<string> {
  const ask = async (path: string, form?: URLSearchParams): Promise<unknown> => {
    const answer = await server.inject({ method: form === undefined ? 'GET' : 'POST', url: path, headers: { host: 'localhost', ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }, ...(form === undefined ? {} : { payload: form.toString() }) })
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${answer.body.slice(0, 300)}`)
    return (JSON.parse(answer.body) as { data?: unknown }).data ?? JSON.parse(answer.body)
  }
  const sources = await ask('/api/datasources') as readonly (KnownSource & { readonly isOwn?: boolean })[]
  const known = sources.map(s => ({ ...s, isOwn: s.isOwn === true }))
  const board = readDashboard(BOARD)
  const { uid } = promqlSources(known).find(s => s.name === source)!
  if (!sourceOptions(board.variables[0]!, known).some(o => o.value === uid)) throw new Error(`${source} can't be chosen`)
  const variables = new Map([plainValue('DS', uid), plainValue('job', 'shop')].map(v => [v.name, v]))
  const range = { startMs: nowMs - 1_000_000, endMs: nowMs - 150_000 }
  const api = known.find(s => s.uid === uid)!.isOwn ? '/api/v1' : `/api/datasources/proxy/uid/${uid}/api/v1`
  const jobs = await ask(`${api}/label/job/values?match%5B%5D=orders&start=${range.startMs / 1000}&end=${range.endMs / 1000}`)
  const lines = [`jobs ${JSON.stringify(jobs)}`]
  for (const panel of board.panels) {
    for (const q of panelQueries(panel, { range, widthPx: 20, variables, sources: known })) {
      const base = q.source === undefined ? '/api/v1' : `/api/datasources/proxy/uid/${q.source}/api/v1`
      const { result } = await ask(`${base}/query_range`, new URLSearchParams({ query: q.expr, start: String(q.startMs / 1000), end: String(q.endMs / 1000), step: String(q.stepMs / 1000) })) as { result: { metric: Record<string, string>; values: [number, string][] }[] }
      const names = seriesNames(q.legend, q.expr, result.map(r => r.metric))
      // Lines have no order of their own; the last digits of sums hang on the order of addition.
      lines.push(`${interpolateText(panel.title, variables)}: ${q.expr}`, ...result.map((r, i) => `  ${names[i]!} ${JSON.stringify(r.metric, Object.keys(r.metric).sort())} ${r.values.map(([t, v]) => `${t}=${Number(Number(v).toPrecision(12))}`).join(' ')}`).sort())
    }
  }
  return lines.join('\n')
}
