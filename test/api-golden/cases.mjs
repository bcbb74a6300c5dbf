// The data and the questions of the comparison of the HTTP API with Prometheus.
import { snappyCompress } from 'hysnappy'

const T = 1_795_000_000
const varint = v => { const out = []; let x = BigInt(v); while (x >= 128n) { out.push(Number(x & 127n) | 128); x >>= 7n } out.push(Number(x)); return out }
const bytes = (field, b) => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const text = (field, s) => bytes(field, [...Buffer.from(s)])
const label = ([name, value]) => bytes(1, [...text(1, name), ...text(2, value)])
const exemplar = ([tMs, v, traceId]) => bytes(3, [...label(['trace_id', traceId]), 17, ...Buffer.from(Float64Array.of(v).buffer), 24, ...varint(tMs)])
const sample = ([tMs, v]) => bytes(2, [9, ...Buffer.from(Float64Array.of(v).buffer), 16, ...varint(tMs)])

/** A remote write request (1.0): two counters and two gauges, a sample each 15 s over ten minutes; one counter has three exemplars. */
export function data() {
  const series = [['g', 'a'], ['g', 'b'], ['r_total', 'a'], ['r_total', 'b']].map(([name, job], i) => bytes(1, [
    ...[['__name__', name], ['job', job], ['zone', `z${i % 2}`]].flatMap(label),
    ...Array.from({ length: 41 }, (_, k) => [(T - 600 + 15 * k) * 1000, k * (i + 1)]).flatMap(sample),
    ...(i === 2 ? [[(T - 300) * 1000, 0.5, 'aaa'], [(T - 200) * 1000, 1, 'bbb'], [(T - 100) * 1000 + 7, 2.5, 'ccc']].flatMap(exemplar) : []),
  ]))
  return snappyCompress(Uint8Array.from(series.flat()))
}

const query = params => ['query', { time: T, ...params }]
const range = params => ['query_range', { start: T - 60, end: T, step: 30, ...params }]
const meta = (path, params) => [path, { start: T - 600, end: T, ...params }]

/** Path below /api/v1 and parameters; a list gives a parameter several times. */
export const cases = [
  ...['g', 'sum(g)', '1', '"text"', 'g[1m]', 'rate(g[5m])', 'rate(r_total[5m])', 'nothing', 'g{job=~"a|b"} > 3', 'g + on(zone) r_total', 'g +', 'sum(', 'g{', 'foo(g)', 'rate(g)', 'g[5m', 'g offset', 'g{job=~"("}', '{}', '', 'sum by (1) (g)', 'g == bool', 'topk(g)', '1 and 1', 'label_replace(g, "job", "x", "zone", ".*")', 'quantile(2, g)', 'g @ end()', 'absent(nothing{a="b"})'].map(q => query({ query: q })),
  ...[{ time: 'x' }, { time: '' }, { time: '2026-11-18T13:46:40Z' }, { time: '1e3' }, { time: 'NaN' }, { timeout: 'x' }, { timeout: '1s' }, { timeout: '0' }, { timeout: '-1s' }, { lookback_delta: '1s' }, { lookback_delta: '0' }, { lookback_delta: 'x' }, { lookback_delta: '-1m' }, { limit: '1' }, { limit: '0' }, { limit: '-1' }, { limit: 'x' }, { limit: '99' }].map(p => query({ query: 'g', ...p })),
  ...['g', 'sum(rate(r_total[5m]))', '1', 'scalar(sum(g))', '"text"', 'g[1m]', 'sort(g)', 'g +', '', 'nothing'].map(q => range({ query: q })),
  ...[{ start: 'x' }, { end: 'x' }, { step: 'x' }, { step: '0' }, { step: '-1' }, { step: '1m' }, { step: '0.0001' }, { end: T - 120 }, { start: '' }, { end: '' }, { step: '' }, { start: 0, step: 1 }, { timeout: 'x' }, { limit: '1' }, { limit: 'x' }, { lookback_delta: '1s' }, { lookback_delta: 'x' }, { start: '2026-11-18T13:46:40Z', end: '2026-11-18T13:46:40.5Z', step: '0.25' }, { step: '1e99' }, { end: '1e99' }].map(p => range({ query: 'g', ...p })),
  ...[{}, { 'match[]': 'g' }, { 'match[]': ['g', 'r_total{job="a"}'] }, { 'match[]': 'g[1m]' }, { 'match[]': '{' }, { 'match[]': '{}' }, { 'match[]': '' }, { 'match[]': 'g', limit: '1' }, { 'match[]': 'g', limit: 'x' }, { 'match[]': 'g', limit: '-1' }, { 'match[]': 'g', start: 'x' }, { 'match[]': 'g', start: T, end: T - 600 }, { 'match[]': 'nothing' }, { 'match[]': '{job=~".*"}' }, { 'match[]': 'sum(g)' }].map(p => meta('series', p)),
  ...[{}, { 'match[]': 'g' }, { limit: '1' }, { limit: 'x' }, { 'match[]': '{}' }, { 'match[]': 'g{' }, { start: 'x' }, { end: 'x' }, { 'match[]': 'nothing' }].flatMap(p => [meta('labels', p), meta('label/job/values', p), meta('label/__name__/values', p)]),
  ...['label/no-such/values', 'label/a%20b/values', 'label/%FF/values', 'label/U__a_2e_b/values'].map(path => meta(path, {})),
  ...[{ query: 'g' }, { query: '' }, { query: 'g +' }, { query: 'g', start: 'x' }, { query: 'g', start: T, end: T - 1 }, { query: 'r_total' }, { query: 'rate(r_total{job="a"}[5m]) + g' }, { query: 'r_total{job="b"}' }, { query: 'r_total', start: T - 250 }, { query: 'r_total', end: T - 250 }, { query: 'r_total', start: T - 200, end: T - 200 }, { query: 'r_total offset 5m' }, { query: '{job="a"}' }, { query: '1' }].map(p => meta('query_exemplars', p)),
  ...['sum by(job)(rate(r_total{job="a"}[5m]))>1', 'g +', '', '1', 'a.b', '{"a.b"}', 'sum(g) + on() group_left() h', '-(-1)', 'g offset -1m @ 10'].flatMap(q => [['format_query', { query: q }], ['parse_query', { query: q }]]),
  ...['rate(x[5m+step()] offset -(1m*2))', 'x[max_of(step(),5s)]', 'x[5m:1m^2]', 'x[1m %2s]', 'x offset step( )+ 1m', 'x[ ( 1m + 2m )*3:]', 'x[1m+]', 'x[-5m]', 'sum by(a)(x)  offset 5m', '{"a.b",c=~"d"}[5m]', 'label_replace(x,"a","$1","b","(.*)")', 'quantile without(a)(.5,x)', 'a/on(b)group_left(c)d>bool 1', '1m + 0x1F', '"a\\n" ', 'x @ start()', 'x[5m] @ end() offset 1m', 'x and ignoring(a) y unless z', 'smoothed', 'x smoothed', 'a + fill(0) b', 'limitk(1, x)', 'a </ b'].flatMap(q => [['format_query', { query: q }], ['parse_query', { query: q }]]),
  ...['g', 'rate(r_total[5m])', 'sum(g) + sum(r_total)', 'g[1m]', '1', 'g + nothing', 'avg_over_time(g[5m:30s])', 'g @ end()', 'sum by (job) (rate(r_total[1m]))'].flatMap(q => ['all', 'true', 'x', ''].map(stats => query({ query: q, stats }))),
  ...['g', 'rate(r_total[5m])', 'sum(g) + sum(r_total)', '1', 'avg_over_time(g[5m:30s])', 'g @ end()', 'max_over_time(r_total[2m])'].flatMap(q => ['all', '1'].map(stats => range({ query: q, stats }))),
  ...[{ query: 'g', lookback_delta: '20s', time: T + 15 }, { query: 'g', lookback_delta: '10s', time: T + 15 }, { query: 'g offset 5s', lookback_delta: '1ms' }, { query: 'sum(g)', lookback_delta: '0s' }, { query: 'g', lookback_delta: '1e9' }, { query: 'g', lookback_delta: '5m30s' }, { query: 'rate(r_total[5m])', limit: '1' }, { query: 'sum(g)', limit: '1' }, { query: '1', limit: '1' }, { query: 'g[1m]', limit: '1' }, { query: 'g', limit: '1.5' }, { query: 'g', limit: '-0' }, { query: 'topk(3, g)', limit: '2' }, { query: 'g', timeout: '1h' }, { query: 'g', timeout: '0.001' }, { query: 'g', timeout: '1ms ' }, { query: 'g', timeout: '100y' }].map(query),
  ...[{ query: 'g', limit: '1' }, { query: 'rate(r_total[1m])', limit: '1' }, { query: '1', limit: '1' }, { query: 'g', lookback_delta: '10s', step: 7 }, { query: 'g', lookback_delta: '1m', end: T + 120 }, { query: 'g', timeout: '5s' }, { query: 'g', timeout: '' }].map(range),
  ['format_query', {}], ['parse_query', {}], ['query', {}], ['query_range', {}], ['series', {}],
  ...[{}, { limit: '1' }, { limit: 'x' }, { limit_per_metric: 'x' }, { metric: 'nothing' }].map(p => ['metadata', p]),
]

/** What one question is answered with. What changes from run to run is left out. */
export async function ask(base, [path, params], method) {
  const form = new URLSearchParams(Object.entries(params).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map(v => [name, String(v)])))
  const url = `${base}/api/v1/${path}`
  const answer = method === 'POST' ? await fetch(url, { method: 'POST', body: form }) : await fetch(`${url}?${form}`)
  const type = answer.headers.get('content-type')
  const said = await answer.text()
  return { status: answer.status, type, body: type?.startsWith('application/json') ? measured(JSON.parse(said)) : said }
}

/** Of what is measured only the names count, and how many samples were held at once is each server's own. */
function measured(body) {
  const stats = body.data?.stats
  if (stats === undefined) return body
  return { ...body, data: { ...body.data, stats: { timings: Object.keys(stats.timings), samples: { ...stats.samples, peakSamples: 0 } } } }
}

/** Methods that a path takes. */
export const methods = path => (/^(?:query|query_range|series|labels|query_exemplars|format_query|parse_query)$/.test(path) ? ['GET', 'POST'] : ['GET'])
