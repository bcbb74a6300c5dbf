import { relative, resolve } from 'node:path'
import type { AlertmanagerFile, HaechiConfig } from '@haechi/config'
import { formatDuration } from '@haechi/model'
import type { ActiveTarget } from '@haechi/scrape'
import type { StatusView, TsdbStatus } from '@haechi/server'
import type { Database } from '@haechi/tsdb'
import type { AppOptions } from './options.ts'

/** Both limits as their flags are written, as Prometheus shows them; a size alone means no limit in time. */
export function retentionText(options: AppOptions): string {
  const time = formatDuration(options.retentionMs)
  if (options.retentionBytes === undefined || options.retentionBytes === 0) return time
  const size = options.flags['storage.tsdb.retention.size'] ?? `${options.retentionBytes}B`
  return time === '100y' ? size : `${time} or ${size}`
}

/** The head's figures as Prometheus shows them. @param limit most entries of each list */
export async function tsdbStatus(head: Database, limit: number): Promise<TsdbStatus> {
  const stats = head.stats()
  return {
    numSeries: stats.numSeries, numLabelPairs: stats.numLabelPairs, chunkCount: stats.chunkCount,
    // What Prometheus shows of an empty head: the largest and the smallest int64.
    minTimeMs: stats.minTime ?? Number(2n ** 63n - 1n), maxTimeMs: stats.maxTime ?? Number(-(2n ** 63n)), ...await head.cardinality(limit),
  }
}

/** What the status of a running program is made of. */
export interface StatusFacts {
  readonly options: AppOptions
  /** Working directory: paths of rule files are shown relative to it. */
  readonly cwd: string
  /** Unix ms */
  readonly startedMs: number
  readonly config: HaechiConfig
  readonly alerting: AlertmanagerFile | undefined
  /** Files below the provisioning folder that are in use. */
  readonly provisioning: readonly string[]
  readonly envFile: string | undefined
  /** Why the last reload failed; it begins with the wrong file's path. */
  readonly configError: string | undefined
  readonly targets: readonly ActiveTarget[]
  readonly heartbeat: StatusView['heartbeat']
  readonly head: Database
}

/** The program's state for our own pages: files with what is wrong in them, figures of storage and scrapes. */
export function statusView(f: StatusFacts): Omit<StatusView, 'auth'> {
  const { config, options, targets } = f
  const stats = f.head.stats()
  const error = f.configError
  // A wrong file is named at the front of the message.
  const wrong = [...config.ruleFiles, ...f.provisioning, ...(f.alerting === undefined ? [] : [f.alerting.file])].find(path => error?.startsWith(`${path}:`))
  const standing = (path: string | undefined): Pick<StatusView['files'][number], 'state' | 'error'> =>
    path === undefined ? { state: 'default' } : error !== undefined && path === (wrong ?? config.file) ? { state: 'error', error } : { state: 'ok' }
  const files: StatusView['files'] = [
    { role: 'prometheus.yml', path: config.file ?? null, ...standing(config.file) },
    ...config.ruleFiles.map(path => ({ role: 'rules', path: relative(f.cwd, resolve(f.cwd, path)), ...standing(path) })),
    { role: 'alertmanager.yml', path: f.alerting?.file ?? null, ...standing(f.alerting?.file) },
    ...f.provisioning.map(path => ({ role: 'provisioning', path, ...standing(path) })),
    { role: '.env', path: f.envFile ?? null, state: f.envFile === undefined ? 'default' : 'ok' },
  ]
  return {
    version: options.version, demo: options.demo, startedMs: f.startedMs, nowMs: Date.now(), files, discovery: config.file === undefined, dataDirectory: options.dataDirectory,
    retentionMs: options.retentionMs, ...(stats.clockHold === undefined ? {} : { clockHold: stats.clockHold }), heartbeat: f.heartbeat, headSeries: stats.numSeries, rssBytes: process.memoryUsage.rss(),
    scrapeIntervalMs: targets.reduce((least, t) => Math.min(least, t.intervalMs), targets.length === 0 ? config.scrapeIntervalMs : Infinity),
    samplesPerSecond: targets.reduce((sum, t) => sum + (t.health === 'up' ? (t.samples * 1000) / t.intervalMs : 0), 0),
  }
}
