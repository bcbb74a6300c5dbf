import { availableParallelism, hostname } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { ServerDeps } from '../deps.ts'
import { PrometheusError } from '../errors.ts'
import { goTime, parseGoInt } from '../go-values.ts'
import type { ApiHandler, ApiRoute } from './endpoint.ts'

/** What `/version` and `buildinfo` say. */
export interface BuildInfo {
  readonly version: string
  readonly revision: string
  readonly branch: string
  readonly buildUser: string
  readonly buildDate: string
  readonly goVersion: string
}

/** Clients choose their features by `version`, so it names the Prometheus that we answer like; who we are stands in `revision` and `buildUser`. */
export function buildInfo(version: string, prometheusVersion: string): BuildInfo {
  return { version: prometheusVersion, revision: `haechi-${version}`, branch: 'haechi', buildUser: 'haechi', buildDate: '', goVersion: `node${process.versions.node}` }
}

export interface StatusRoutesOptions {
  readonly build: BuildInfo
  readonly nowMs: () => number
  readonly lifecycle: boolean
  readonly remoteWriteReceiver: boolean
  readonly adminApi: boolean
}

/** `status/*`, `notifications`, `features`. */
export function statusRoutes(deps: Pick<ServerDeps, 'status'>, options: StatusRoutesOptions): ApiRoute[] {
  const { status } = deps

  const runtimeInfo: ApiHandler = () => {
    const reload = status.lastReload()
    return {
      data: {
        startTime: goTime(status.startedMs),
        CWD: process.cwd(),
        hostname: hostname(),
        serverTime: goTime(options.nowMs()),
        reloadConfigSuccess: reload.success,
        lastConfigTime: goTime(Math.floor(reload.tMs / 1000) * 1000),
        corruptionCount: 0,
        goroutineCount: process.getActiveResourcesInfo().length,
        GOMAXPROCS: availableParallelism(),
        GOMEMLIMIT: getHeapStatistics().heap_size_limit,
        GOGC: '',
        GODEBUG: '',
        storageRetention: status.retention,
      },
    }
  }
  const tsdb: ApiHandler = async ({ params }) => {
    let limit = 10
    const text = params.get('limit')
    if (text !== '') {
      const value = parseGoInt(text, 'Atoi')
      if (typeof value === 'object' || value < 1) throw new PrometheusError('bad_data', 'limit must be a positive number')
      limit = Math.min(value, 10_000)
    }
    const s = await status.tsdb(limit)
    return {
      data: {
        headStats: { numSeries: s.numSeries, numLabelPairs: s.numLabelPairs, chunkCount: s.chunkCount, minTime: s.minTimeMs, maxTime: s.maxTimeMs },
        seriesCountByMetricName: s.seriesCountByMetricName,
        labelValueCountByLabelName: s.labelValueCountByLabelName,
        memoryInBytesByLabelName: s.memoryInBytesByLabelName,
        seriesCountByLabelValuePair: s.seriesCountByLabelValuePair,
      },
    }
  }
  return [
    { methods: ['GET'], path: '/status/config', handler: () => ({ data: { yaml: status.configYaml() } }), needsReady: false },
    { methods: ['GET'], path: '/status/flags', handler: () => ({ data: status.flags() }), needsReady: false },
    { methods: ['GET'], path: '/status/runtimeinfo', handler: runtimeInfo, needsReady: false },
    { methods: ['GET'], path: '/status/buildinfo', handler: () => ({ data: options.build }), needsReady: false },
    { methods: ['GET'], path: '/status/tsdb', handler: tsdb },
    { methods: ['GET'], path: '/status/walreplay', handler: () => ({ data: status.walReplay() }), needsReady: false },
    {
      methods: ['GET'],
      path: '/notifications',
      handler: () => ({ data: status.notifications().map(n => ({ text: n.text, date: goTime(n.tMs), active: n.active })) }),
      needsReady: false,
    },
    {
      methods: ['GET'],
      path: '/features',
      handler: () => ({
        data: {
          api: {
            admin: options.adminApi, exclude_alerts: true, label_values_match: true, lifecycle: options.lifecycle, otlp_write_receiver: false, query_stats: false, query_warnings: true,
            remote_write_receiver: options.remoteWriteReceiver, time_range_labels: true, time_range_series: true,
          },
        },
      }),
      needsReady: false,
    },
  ]
}
