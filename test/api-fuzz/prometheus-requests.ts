import type { Random } from '../promql-fuzz/random.ts'
import { DATA_END_MS, DATA_START_MS } from '../promql-fuzz/synthetic-data.ts'
import { damaged, escaped, mostly, oddText } from './odd-text.ts'
import type { ByteText } from './odd-text.ts'
import type { FuzzRequest } from './send.ts'

const END = DATA_END_MS / 1000
const START = DATA_START_MS / 1000

const QUERIES = [
  'fz_gauge', 'sum by (job) (rate(fz_requests_total[5m]))', '1', '"text"', 'fz_gauge[1m]', 'fz_gauge{job="api"}', '{__name__=~"fz_.*",job!="db"}', 'fz_requests_total offset 5m', 'fz_gauge @ 1795291000', 'fz_gauge @ end()', 'rate(fz_gauge[1m:15s])',
  'fz_gauge + on (job, instance) group_left (zone) fz_zone', 'fz_gauge > bool 1', 'topk(2, fz_gauge)', 'quantile(0.9, fz_gauge)', 'count_values("v", fz_special)', 'histogram_quantile(0.9, rate(fz_native[5m]))', 'label_replace(fz_gauge, "a", "$1", "job", "(.*)")',
  'absent(nothing{a="b"})', 'nothing', 'fz_gauge and fz_zone', 'vector(1)', 'time()', '-fz_gauge ^ 2', '{"지표.utf8"}', '{"지표.utf8", "라벨.one"=~"b.*"}', 'sum(fz_gauge) without (job)', 'fz_gauge unless on () vector(1)', 'scalar(fz_gauge)', 'predict_linear(fz_gauge[10m], 3600)',
  'sum(fz_gauge', 'fz_gauge{', 'fz_gauge{job=~"("}', 'foo(1)', 'rate(fz_gauge)', '{}', '', 'fz_gauge + "a"', 'sum(1, 2)', 'fz_gauge[5m', 'fz_gauge offset', 'fz_gauge @', 'fz_gauge{job=}', 'fz_gauge == bool', '1 and 1', 'rate(fz_gauge[0s])', 'fz_gauge[1m:]', 'a:b', 'by', 'sum by', '# only a comment', 'fz_gauge # and more',
  'fz_gauge{job="a\\xff"}', '\'single\'', '`raw`', '"\\u12"', '0x1f', '1e400', '.5', '1_000', 'Inf', 'NaN', '5m', 'fz_gauge[5m] offset -1m', 'max_over_time(fz_gauge[1h])[1h:1m]', 'limitk(1, fz_gauge)', 'sort(fz_gauge)', 'sort_by_label(fz_gauge, "job")', 'info(fz_gauge)',
]
const SELECTORS = ['fz_gauge', '{job="api"}', '{__name__=~"fz_.*"}', '{}', '', 'fz_gauge[1m]', 'sum(fz_gauge)', '{job=~".*"}', '{job=~".+"}', 'nothing', '{', 'fz_gauge{instance!="a:1"}', '{"지표.utf8"}', 'fz_gauge offset 1m', '{__name__!="a"}', 'up']
const TIMES = [`${END}`, `${START}`, `${END - 600}`, `${END - 60.5}`, '2026-11-21T20:00:00Z', '2026-11-21T19:50:00.123Z', '2026-11-22T05:00:00+09:00', '2026-11-21', '20:00', '0', '-1', '', 'NaN', 'Inf', '-Inf', '1e3', '1e99', '-1e99', '1.7952912e9', '1795291200000', '0x6b01d900', '0x1p30', '9223372036.854775807', '9223372036854775807', '292277025', 'now', 'now-1h', ' 1', '1 ', '1,5', '-292273086-05-16T16:47:06Z', '292277025-08-18T07:12:54.999999999Z', '+292277025-08-18T07:12:54.999999999Z', '2026-02-30T00:00:00Z', '2026-11-21T24:00:00Z', '2026-11-21t20:00:00z', '2026-11-21T20:00:60Z']
const DURATIONS = ['15', '15s', '1m', '60', '0.5', '1h30m', '', '0', '-1', '-1s', '1d', '1y', '100y', '300y', '1e9', '1e10', '1e99', 'NaN', 'Inf', '+1', '1ms', '0.001', '0.0001', '1.5m', '1s1m', '5', 's', '1w2d', '00s', '9223372036', '9223372037', 'max', ' 1s', '1 s', '0x10']
const COUNTS = ['', '0', '1', '2', '10', '-1', '1.5', '1e3', 'x', '+1', '-0', '007', '0x1', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '99999999999999999999', '1_0', ' 1', 'NaN']
const LABELS = ['job', 'instance', '__name__', 'nothing', '라벨.one', 'U___ub77c__ubca8__2e_one', 'U__job', 'U__', 'a b', 'le', '0', 'a-b', 'U__a_2e_b', 'U__a_zz_', 'U__a__b', 'U__a_110000_']
const WORDS = ['true', 'false', '1', '0', 'all', 'x', '', 'active', 'dropped', 'any', 'alert', 'record', 'fuzz', 'api', 'down', 'TRUE', 'rules.yml', 'Fuzzed', 'fz:sum']
const ENCODINGS = ['gzip', 'identity', 'br', 'gzip;q=0', '*', 'deflate', 'zstd', 'gzip, deflate, br', '', 'x', ';', 'gzip;q=x']
const ACCEPTS = ['application/json', '*/*', 'text/html', 'application/x-protobuf', 'application/*', 'application/json;q=0.5, text/plain', 'x', '', 'application/json; charset=utf-8', 'text/plain;version=0.0.4', ';']
const TYPES = ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=utf-8', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'multipart/form-data', 'x', '', 'APPLICATION/X-WWW-FORM-URLENCODED', 'application/x-www-form-urlencoded;', 'application/octet-stream']
const MATCH = 'match[]'

/** What an endpoint takes: its parameters, and by which texts they are given. */
interface Endpoint {
  readonly path: string
  readonly methods: readonly string[]
  readonly params: Readonly<Record<string, readonly string[]>>
  readonly weight: number
}
const window = { start: TIMES, end: TIMES }
const ENDPOINTS: readonly Endpoint[] = [
  { path: 'query', methods: ['GET', 'POST'], weight: 8, params: { query: QUERIES, time: TIMES, timeout: DURATIONS, lookback_delta: DURATIONS, limit: COUNTS, stats: WORDS } },
  { path: 'query_range', methods: ['GET', 'POST'], weight: 8, params: { query: QUERIES, ...window, step: DURATIONS, timeout: DURATIONS, lookback_delta: DURATIONS, limit: COUNTS, stats: WORDS } },
  { path: 'query_exemplars', methods: ['GET', 'POST'], weight: 3, params: { query: QUERIES, ...window } },
  { path: 'format_query', methods: ['GET', 'POST'], weight: 3, params: { query: QUERIES } },
  { path: 'parse_query', methods: ['GET', 'POST'], weight: 3, params: { query: QUERIES } },
  { path: 'series', methods: ['GET', 'POST'], weight: 5, params: { [MATCH]: SELECTORS, ...window, limit: COUNTS } },
  { path: 'labels', methods: ['GET', 'POST'], weight: 4, params: { [MATCH]: SELECTORS, ...window, limit: COUNTS } },
  { path: 'label/{}/values', methods: ['GET'], weight: 5, params: { [MATCH]: SELECTORS, ...window, limit: COUNTS } },
  { path: 'metadata', methods: ['GET'], weight: 2, params: { metric: ['fz_gauge', 'up', ''], limit: COUNTS, limit_per_metric: COUNTS } },
  { path: 'targets', methods: ['GET'], weight: 2, params: { state: WORDS, scrapePool: WORDS } },
  { path: 'targets/metadata', methods: ['GET'], weight: 2, params: { match_target: SELECTORS, metric: ['fz_gauge', 'up', ''], limit: COUNTS } },
  { path: 'scrape_pools', methods: ['GET'], weight: 1, params: {} },
  { path: 'rules', methods: ['GET'], weight: 4, params: { type: WORDS, 'rule_name[]': WORDS, 'rule_group[]': WORDS, 'file[]': WORDS, exclude_alerts: WORDS, [MATCH]: SELECTORS, group_limit: COUNTS, group_next_token: WORDS } },
  { path: 'alerts', methods: ['GET'], weight: 1, params: {} },
  { path: 'alertmanagers', methods: ['GET'], weight: 1, params: {} },
  { path: 'status/tsdb', methods: ['GET'], weight: 2, params: { limit: COUNTS } },
  { path: 'status/walreplay', methods: ['GET'], weight: 1, params: {} },
  { path: 'status/runtimeinfo', methods: ['GET'], weight: 1, params: {} },
  { path: 'status/buildinfo', methods: ['GET'], weight: 1, params: {} },
  { path: 'status/flags', methods: ['GET'], weight: 1, params: {} },
  { path: 'status/config', methods: ['GET'], weight: 1, params: {} },
  { path: 'read', methods: ['POST'], weight: 1, params: {} },
  { path: 'write', methods: ['POST'], weight: 1, params: {} },
  { path: 'admin/tsdb/delete_series', methods: ['POST', 'PUT'], weight: 1, params: { [MATCH]: SELECTORS, ...window } },
  { path: 'admin/tsdb/snapshot', methods: ['POST', 'PUT'], weight: 1, params: { skip_head: WORDS } },
  { path: 'admin/tsdb/clean_tombstones', methods: ['POST', 'PUT'], weight: 1, params: {} },
  { path: '/federate', methods: ['GET'], weight: 2, params: { [MATCH]: SELECTORS } },
  { path: '/-/healthy', methods: ['GET', 'HEAD'], weight: 1, params: {} },
  { path: '/-/ready', methods: ['GET', 'HEAD'], weight: 1, params: {} },
  { path: '/-/reload', methods: ['POST', 'PUT'], weight: 1, params: {} },
  { path: '/-/quit', methods: ['POST', 'PUT'], weight: 1, params: {} },
]
const WEIGHTED = ENDPOINTS.flatMap(e => Array.from({ length: e.weight }, () => e))
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

/** Parameters without which nothing but their absence would be tried. */
const USUAL: Readonly<Record<string, readonly string[]>> = { start: [`${END - 600}`, `${END - 60}`], end: [`${END}`], step: ['15', '60', '1m'], time: [`${END}`], query: QUERIES, [MATCH]: SELECTORS }

/** A request to Prometheus' API: any endpoint, parameters good and bad, in the URL or the body. */
export function prometheusRequest(r: Random): FuzzRequest {
  const endpoint = r.pick(WEIGHTED)
  const pairs: [string, ByteText][] = []
  for (const [name, values] of Object.entries(endpoint.params)) {
    const usual = USUAL[name]
    if (usual !== undefined ? r.chance(0.93) : r.chance(0.2)) pairs.push([name, usual !== undefined && r.chance(0.7) ? mostly(r, usual, name === 'query' ? 0.4 : 0.05) : mostly(r, values)])
    while (r.chance(0.06)) pairs.push([name, mostly(r, values)])
  }
  if (r.chance(0.04)) pairs.push([r.pick(['', 'x', 'match', 'MATCH[]', 'dedup', 'format', 'query[]']), oddText(r)])
  const form = (list: readonly [string, ByteText][]): string => list.map(([name, value]) => `${r.chance(0.9) ? name : escaped(r, name)}${r.chance(0.02) ? '' : '='}${escaped(r, value)}`).join(r.chance(0.01) ? ';' : '&')
  const method = r.chance(0.06) ? r.pick(METHODS) : r.pick(endpoint.methods)
  const headers: Record<string, string> = {}
  if (r.chance(0.1)) headers['accept-encoding'] = r.pick(ENCODINGS)
  if (r.chance(0.1)) headers['accept'] = r.pick(ACCEPTS)
  const path = pathOf(r, endpoint.path)
  if (method === 'GET' || method === 'HEAD' || r.chance(0.2)) return { method, path: `${path}${pairs.length === 0 ? '' : `?${form(pairs)}`}`, headers }
  // In the body, in the URL, or some here and some there.
  const inUrl = pairs.filter(() => r.chance(0.15))
  const inBody = pairs.filter(p => !inUrl.includes(p))
  headers['content-type'] = r.chance(0.08) ? r.pick(TYPES) : TYPES[0]!
  const body = Buffer.from(form(inBody), 'latin1')
  return { method, path: `${path}${inUrl.length === 0 ? '' : `?${form(inUrl)}`}`, headers, body: r.chance(0.03) ? Buffer.from(damaged(r, body.toString('latin1')), 'latin1') : body }
}

function pathOf(r: Random, template: string): string {
  const path = (template.startsWith('/') ? template : `/api/v1/${template}`).replace('{}', () => escaped(r, mostly(r, LABELS)).replaceAll('+', '%20'))
  if (!r.chance(0.03)) return path
  return r.pick([`${path}x`, `${path}/x`, path.toUpperCase(), path.replace('/api/v1', '/api/v9'), path.replace('s', '%73'), `${path}%00`])
}
