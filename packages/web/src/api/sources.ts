import { useMemo } from 'react'
import { useQuery } from '@tanstack/react-query'
import type { KnownSource } from '@haechi/dashboards'
import type { DataSourceTestView } from '@haechi/server'
import { postJson, sendJson } from './client.ts'
import { dataSourcesQuery } from './system.ts'
import type { DataSourceInfo } from './system.ts'

/** The sources of the server's list as boards choose among them; undefined where there is our own storage alone. On boards that came with the program the default one is ours: they are about what it collects. */
export function knownSources(list: readonly DataSourceInfo[], isBuiltIn = false): readonly KnownSource[] | undefined {
  if (list.length < 2) return undefined
  return list.map(s => ({ uid: s.uid, name: s.name, type: s.type, isOwn: s.isOwn === true, isDefault: isBuiltIn ? s.isOwn === true : s.isDefault }))
}

/** The data sources that there are; `waiting` until they are known. Without an answer our own storage is asked. */
export function useKnownSources(isBuiltIn = false): readonly KnownSource[] | 'waiting' | undefined {
  const { data, isPending } = useQuery(dataSourcesQuery)
  return useMemo(() => (data === undefined ? (isPending ? 'waiting' : undefined) : knownSources(data, isBuiltIn)), [data, isPending, isBuiltIn])
}

/** What is sent to keep or try a data source, as Grafana's API takes it. */
export interface DataSourceDraft {
  readonly uid?: string
  readonly name: string
  readonly type: string
  readonly access: 'proxy'
  readonly url: string
  readonly basicAuth: boolean
  readonly basicAuthUser: string
  readonly isDefault: boolean
  readonly jsonData: Readonly<Record<string, unknown>>
  readonly secureJsonData: Readonly<Record<string, string>>
}

/** POST /api/haechi/v1/data-sources/test */
export function testDataSource(draft: DataSourceDraft, signal?: AbortSignal): Promise<DataSourceTestView> {
  return postJson<DataSourceTestView>('api/haechi/v1/data-sources/test', draft, signal)
}

/** Adds a data source, or changes the one that has the uid. @throws ApiFailure */
export async function keepDataSource(draft: DataSourceDraft, isNew: boolean): Promise<void> {
  await (isNew ? sendJson('POST', 'api/datasources', draft) : sendJson('PUT', `api/datasources/uid/${encodeURIComponent(draft.uid!)}`, draft))
}

/** @throws ApiFailure */
export async function deleteDataSource(uid: string): Promise<void> {
  await sendJson('DELETE', `api/datasources/uid/${encodeURIComponent(uid)}`)
}
