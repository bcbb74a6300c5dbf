import { goQuote } from '@haechi/model'
import type { ServerDeps } from '../deps.ts'
import { PrometheusError, invalidParameter } from '../errors.ts'
import { parseGoBool } from '../go-values.ts'
import { MAX_TIME_MS, MIN_TIME_MS, optionalTime } from '../request-params.ts'
import type { ApiHandler, ApiRoute } from './endpoint.ts'
import { parseSelectors } from './series.ts'

/** The paths below `admin/tsdb`; refused unless `enabled` (`--web.enable-admin-api`). @see Prometheus web/api/v1 `deleteSeries`, `snapshot`, `cleanTombstones` */
export function adminRoutes(deps: Pick<ServerDeps, 'admin' | 'log'>, enabled: boolean): ApiRoute[] {
  const admin = enabled ? deps.admin : undefined
  const refused: ApiHandler = () => {
    throw new PrometheusError('unavailable', 'admin APIs disabled')
  }
  /** What goes wrong in the storage is the operator's to see: the message says what. */
  const done = async <T>(what: string, run: Promise<T>): Promise<T> => {
    try {
      return await run
    } catch (err) {
      deps.log.error({ err }, `${what} failed`)
      throw new PrometheusError('internal', err instanceof Error ? err.message : String(err))
    }
  }
  const deleteSeries: ApiHandler = async ({ params }) => {
    params.requireReadable()
    const selectors = params.all('match[]')
    if (selectors.length === 0) throw new PrometheusError('bad_data', 'no match[] parameter provided')
    const minMs = optionalTime(params, 'start', MIN_TIME_MS)
    const maxMs = optionalTime(params, 'end', MAX_TIME_MS)
    await done('Deleting series', admin!.deleteSeries(parseSelectors(selectors, 'invalid parameter "match[]": '), minMs, maxMs))
    return { noContent: true }
  }
  const cleanTombstones: ApiHandler = async () => {
    await done('Cleaning tombstones', admin!.cleanTombstones())
    return { noContent: true }
  }
  const snapshot: ApiHandler = async ({ params }) => {
    const text = params.get('skip_head')
    const skipHead = text === '' ? false : parseGoBool(text)
    if (skipHead === undefined) throw invalidParameter('skip_head', `unable to parse boolean 'skip_head' argument: strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`)
    const { name } = await done('Taking a snapshot', admin!.snapshot(skipHead))
    return { data: { name } }
  }
  return [
    { methods: ['POST', 'PUT'], path: '/admin/tsdb/delete_series', handler: admin === undefined ? refused : deleteSeries },
    { methods: ['POST', 'PUT'], path: '/admin/tsdb/clean_tombstones', handler: admin === undefined ? refused : cleanTombstones },
    { methods: ['POST', 'PUT'], path: '/admin/tsdb/snapshot', handler: admin === undefined ? refused : snapshot },
  ]
}
