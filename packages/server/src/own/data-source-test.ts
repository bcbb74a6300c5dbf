import type { DataSourceTestView } from '../api-types.ts'
import { ApiError } from '../errors.ts'
import { jsonObject, textAt } from '../grafana/answers.ts'
import { draftOf } from '../grafana/data-sources.ts'
import { isPromqlType, notPrometheus, probeSource, upstreamOf } from '../grafana/foreign-source.ts'
import type { DataSourceStore } from '../state/data-sources.ts'

/**
 * Tries a data source before it is kept. The body is as `POST /api/datasources` takes it; with the uid of one that there is, secrets that are not sent are that one's,
 * but only as long as they go to the same server: nobody gets a password told by another address.
 * @throws ApiError for a body that can't be tried
 */
export async function tryDataSource(store: DataSourceStore, given: unknown, signal: AbortSignal): Promise<DataSourceTestView> {
  const body = jsonObject(given)
  if (body === undefined) throw new ApiError('bad_body', 'the body is no JSON object')
  const uid = textAt(body, 'uid')
  const before = uid === '' ? undefined : (await store.list()).find(s => s.uid === uid)
  const draft = draftOf(body, before)
  if (typeof draft === 'string') throw new ApiError('bad_body', draft)
  if (!isPromqlType(draft.settings.type)) throw new ApiError('bad_parameter', notPrometheus(draft))
  const sent = jsonObject(body['secureJsonData']) ?? {}
  const isSameServer = before !== undefined && URL.canParse(before.settings.url) && new URL(before.settings.url).origin === new URL(draft.settings.url).origin
  const secrets = isSameServer ? draft.secrets : Object.fromEntries(Object.entries(draft.secrets).filter(([key]) => Object.hasOwn(sent, key)))
  const found = await probeSource(upstreamOf({ ...draft, secrets }), signal)
  return found.ok ? { ok: true, ms: Math.round(found.ms), application: found.application, version: found.version } : found
}
