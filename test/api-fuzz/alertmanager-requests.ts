import type { Random } from '../promql-fuzz/random.ts'
import { damaged, escaped, mostly, oddText } from './odd-text.ts'
import type { FuzzRequest } from './send.ts'

/** Stands for the id of a silence that was made before; each server has its own. */
export const SILENCE_ID = '0000-silence-id-0000'

const FILTERS = ['job="api"', 'job=~"a.*"', 'job!="db"', 'job!~"d.*"', 'alertname=A', '{job="api"}', 'job', 'job=', '="x"', 'job=~"("', 'job="api",instance="a"', '"job"="api"', 'job="a\\"b"', 'job = "api" ', '라벨="값"', 'job="', '', 'a b="c"', '{', '{}', ',', 'job=="x"', 'job=api"']
const BOOLS = ['true', 'false', '1', '0', 'yes', 'x', '', 'TRUE', 'on', 'F', 'null']
const RECEIVERS = ['team', 'other', 't.*', '(', '', '.*', 'nobody', '[', 'team|other', '*', 'te(?=x)']
const UUIDS = [SILENCE_ID, SILENCE_ID, SILENCE_ID, '01234567-89ab-cdef-0123-456789abcdef', '01234567-89AB-CDEF-0123-456789ABCDEF', 'x', '0123456789abcdef0123456789abcdef', '01234567-89ab-cdef-0123-456789abcde', '00000000-0000-0000-0000-000000000000']
/** Without the empty text, which is 1970 there and no time here. */
const TIMES = ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00.000Z', '2031-06-01T12:00:00.123456789+09:00', '2020-01-01T00:00:00Z', '2019-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '2030-01-01', 'x', '2030-01-01T00:00:00', '2030-13-01T00:00:00Z', '2030-01-01 00:00:00', '1893456000', '9999-12-31T23:59:59Z', '2030-01-01T00:00Z']
const NAMES = ['alertname', 'job', 'instance', '라벨', 'a b', '', '0x', 'a-b', '__name__', 'severity']
const VALUES = ['A', 'api', 'db', 'a:1', '', '값', 'x'.repeat(300), '\u0000', '"', '\n', '<script>']
const URLS = ['http://x/y', '/graph', 'x', '', 'http://[', 'mailto:a@b', 'http://x/한', 'HTTP://X', '//x', 'http:// x', ':']
/** Values of other types than wanted. */
const WRONG = [null, 1, true, [], {}, 'x', [1], { a: 1 }, -0.5]

const text = (r: Random, list: readonly string[]): unknown => (r.chance(0.04) ? r.pick(WRONG) : Buffer.from(mostly(r, list, 0.08), 'latin1').toString('utf8'))
const labels = (r: Random): unknown => (r.chance(0.04) ? r.pick(WRONG) : Object.fromEntries(Array.from({ length: r.int(0, 4) }, (_, i) => [i === 0 && r.chance(0.8) ? 'alertname' : r.pick(NAMES), text(r, VALUES)])))
const members = (r: Random, all: Readonly<Record<string, () => unknown>>, absent: number): unknown => Object.fromEntries(Object.entries(all).filter(() => !r.chance(absent)).map(([name, make]) => [name, make()]).concat(r.chance(0.05) ? [['other', 1]] : []))

function alerts(r: Random): unknown {
  const one = (): unknown => (r.chance(0.03) ? r.pick(WRONG) : members(r, {
    labels: () => labels(r), annotations: () => labels(r), ...(r.chance(0.5) ? { startsAt: () => text(r, TIMES) } : {}), ...(r.chance(0.4) ? { endsAt: () => text(r, TIMES) } : {}), ...(r.chance(0.4) ? { generatorURL: () => r.pick(URLS) } : {}),
  }, 0.06))
  return r.chance(0.03) ? r.pick(WRONG) : Array.from({ length: r.int(0, 3) }, one)
}

function silence(r: Random): unknown {
  const matcher = (): unknown => (r.chance(0.03) ? r.pick(WRONG) : members(r, {
    name: () => text(r, NAMES), value: () => text(r, [...VALUES, 'a.*', '(']), isRegex: () => (r.chance(0.05) ? r.pick(WRONG) : r.chance(0.3)), ...(r.chance(0.4) ? { isEqual: () => (r.chance(0.05) ? r.pick(WRONG) : r.chance(0.7)) } : {}),
  }, 0.04))
  return members(r, {
    matchers: () => (r.chance(0.03) ? r.pick(WRONG) : Array.from({ length: r.chance(0.1) ? 0 : r.int(1, 3) }, matcher)),
    startsAt: () => (r.chance(0.7) ? '2029-01-01T00:00:00Z' : text(r, TIMES)), endsAt: () => (r.chance(0.7) ? '2030-01-01T00:00:00Z' : text(r, TIMES)),
    createdBy: () => text(r, ['me', '', '나']), comment: () => text(r, ['because', '', '점검']),
    ...(r.chance(0.2) ? { id: () => text(r, UUIDS) } : {}), ...(r.chance(0.1) ? { annotations: () => labels(r) } : {}),
  }, 0.04)
}

/** A request to Alertmanager's API: any endpoint, filters and bodies good and bad. */
export function alertmanagerRequest(r: Random): FuzzRequest {
  const query = (params: Readonly<Record<string, readonly string[]>>): string => {
    const pairs: string[] = []
    for (const [name, values] of Object.entries(params)) while (r.chance(0.3)) pairs.push(`${name}=${escaped(r, mostly(r, values, 0.1))}`)
    if (r.chance(0.02)) pairs.push(`${escaped(r, oddText(r))}=${escaped(r, oddText(r))}`)
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`
  }
  const alertParams = { filter: FILTERS, active: BOOLS, silenced: BOOLS, inhibited: BOOLS, receiver: RECEIVERS }
  const kind = r.int(0, 11)
  const method = (usual: string): string => (r.chance(0.04) ? r.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']) : usual)
  const headers: Record<string, string> = kind <= 4 && r.chance(0.05) ? { accept: r.pick(['application/json', 'text/html', '*/*', 'x', '']) } : {}
  const path = (rest: string): string => `/api/v2/${rest}`
  if (kind <= 1) return { method: method('GET'), path: path(`alerts${query(alertParams)}`), headers }
  if (kind === 2) return { method: method('GET'), path: path(`alerts/groups${query({ ...alertParams, muted: BOOLS })}`), headers }
  if (kind === 3) return { method: method('GET'), path: path(`receivers${query({ receiver_matchers: FILTERS })}`), headers }
  if (kind === 4) return { method: method('GET'), path: path(`silences${query({ filter: FILTERS })}`), headers }
  if (kind === 5) return { method: method(r.pick(['GET', 'GET', 'DELETE'])), path: path(`silence/${escaped(r, mostly(r, UUIDS, 0.05)).replaceAll('+', '%20')}`), headers }
  if (kind === 6 && r.chance(0.3)) return { method: method('GET'), path: path(r.pick(['status', 'nothing', '', 'alerts/', 'silence/', 'Alerts', 'silences/x'])), headers }
  const isAlerts = kind <= 8
  const json = JSON.stringify(isAlerts ? alerts(r) : silence(r))
  const body = Buffer.from(r.chance(0.05) ? damaged(r, Buffer.from(json).toString('latin1')) : Buffer.from(json).toString('latin1'), 'latin1')
  const asked = method('POST')
  if (asked === 'GET' || asked === 'HEAD') return { method: asked, path: path(isAlerts ? 'alerts' : 'silences'), headers }
  headers['content-type'] = r.chance(0.04) ? r.pick(['text/plain', 'x', '', 'application/json; charset=utf-8', 'application/JSON', 'application/jsonx', 'application/x-www-form-urlencoded']) : 'application/json'
  return { method: asked, path: path(isAlerts ? 'alerts' : 'silences'), headers, body }
}

/** The request with a server's own id of a silence in it. */
export function withSilence(request: FuzzRequest, id: string): FuzzRequest {
  return { ...request, path: request.path.replace(SILENCE_ID, id), ...(request.body === undefined ? {} : { body: Buffer.from(request.body.toString('latin1').replace(SILENCE_ID, id), 'latin1') }) }
}
