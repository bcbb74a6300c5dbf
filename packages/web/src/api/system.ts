import type { CardinalityView } from '@haechi/server'
import { getJson } from './client.ts'
import { SOURCES_PATH } from './first-paths.ts'
import type { Question } from './queries.ts'

/** GET /api/v1/status/runtimeinfo */
export interface RuntimeInfo {
  /** RFC 3339, as `lastConfigTime`. */
  readonly startTime: string
  readonly CWD: string
  readonly hostname: string
  readonly reloadConfigSuccess: boolean
  readonly lastConfigTime: string
  readonly GOMAXPROCS: number
  /** Bytes. */
  readonly GOMEMLIMIT: number
  readonly storageRetention: string
}

/** GET /api/v1/status/buildinfo */
export interface BuildInfo { readonly version: string; readonly revision: string; readonly goVersion: string }

/** GET /api/v1/status/tsdb, without its lists. */
export interface TsdbInfo { readonly headStats: { readonly numSeries: number; readonly numLabelPairs: number; readonly chunkCount: number; readonly minTime: number; readonly maxTime: number } }

/** GET /api/v1/alertmanagers */
export interface AlertmanagersInfo { readonly activeAlertmanagers: readonly { readonly url: string }[]; readonly droppedAlertmanagers: readonly { readonly url: string }[] }

/** GET /api/datasources, as Grafana lists them. */
export interface DataSourceInfo {
  readonly uid: string
  readonly name: string
  readonly type: string
  readonly url: string
  readonly isDefault: boolean
  readonly basicAuth?: boolean
  readonly basicAuthUser?: string
  readonly jsonData?: Readonly<Record<string, unknown>>
  /** Which secrets are kept; never their values. */
  readonly secureJsonFields?: Readonly<Record<string, boolean>>
  readonly readOnly?: boolean
  /** Our own storage. */
  readonly isOwn?: boolean
  /** The provisioning file that it comes from. */
  readonly file?: string
}

/** What takes the space. Counting it costs the server some work, so it is asked at most every half minute. */
export const cardinalityQuery: Question<CardinalityView> = { queryKey: ['cardinality'], queryFn: ({ signal }) => getJson('api/haechi/v1/cardinality', { limit: 50 }, signal), staleTime: 30_000 }
export const runtimeQuery: Question<RuntimeInfo> = { queryKey: ['runtime'], queryFn: ({ signal }) => getJson('api/v1/status/runtimeinfo', {}, signal) }
export const buildQuery: Question<BuildInfo> = { queryKey: ['build'], queryFn: ({ signal }) => getJson('api/v1/status/buildinfo', {}, signal), staleTime: 3_600_000 }
export const flagsQuery: Question<Readonly<Record<string, string>>> = { queryKey: ['flags'], queryFn: ({ signal }) => getJson('api/v1/status/flags', {}, signal), staleTime: 3_600_000 }
export const configQuery: Question<{ readonly yaml: string }> = { queryKey: ['config'], queryFn: ({ signal }) => getJson('api/v1/status/config', {}, signal) }
export const tsdbQuery: Question<TsdbInfo> = { queryKey: ['tsdb'], queryFn: ({ signal }) => getJson('api/v1/status/tsdb', { limit: 1 }, signal) }
export const alertmanagersQuery: Question<AlertmanagersInfo> = { queryKey: ['alertmanagers'], queryFn: ({ signal }) => getJson('api/v1/alertmanagers', {}, signal) }
export const dataSourcesQuery: Question<readonly DataSourceInfo[]> = { queryKey: ['data-sources'], queryFn: ({ signal }) => getJson(SOURCES_PATH, {}, signal), staleTime: 300_000 }
