import type { AlertPipeline, AlertmanagerSender } from '@haechi/alerting'
import type { QueryPool } from '@haechi/promql'
import type { RuleManager } from '@haechi/rules'
import type { ScrapeView } from '@haechi/scrape'
import type { OwnMetric } from '@haechi/server'
import type { Database } from '@haechi/tsdb'
import { alertingMetrics } from './alerting-metrics.ts'

/** What the page about this server itself is made from. */
export interface OwnMetricParts {
  readonly head: Database
  readonly pool: QueryPool
  readonly scrape: ScrapeView
  readonly rules: RuleManager
  readonly pipeline: AlertPipeline
  readonly notifier: AlertmanagerSender
  /** How many there are. */
  readonly alertmanagers: number
  readonly version: string
  /** Of `alertmanager.yml`; 0 without one. */
  readonly alertmanagerHash: number
  readonly reload: { readonly success: boolean; readonly tMs: number }
}

/** Families about storage, queries, scrapes and rules, under Prometheus' names where it has the same thing. */
export function ownMetrics(p: OwnMetricParts): OwnMetric[] {
  const head = p.head.stats()
  const pool = p.pool.stats()
  const one = (name: string, type: OwnMetric['type'], help: string, value: number): OwnMetric => ({ name, type, help, values: [{ value }] })
  const groups = p.rules.groups()
  const byGroup = (name: string, type: OwnMetric['type'], help: string, of: (g: (typeof groups)[number]) => number): OwnMetric =>
    ({ name, type, help, values: groups.map(g => ({ labels: { rule_group: `${g.file};${g.name}` }, value: of(g) })) })
  return [
    one('prometheus_tsdb_head_series', 'gauge', 'Series in the head.', head.numSeries),
    one('prometheus_tsdb_head_series_created_total', 'counter', 'Series made in the head.', head.seriesCreated),
    one('prometheus_tsdb_head_series_removed_total', 'counter', 'Series removed from the head.', head.seriesRemoved),
    { name: 'haechi_head_series_refused_total', type: 'counter', help: 'Times that a new series was refused, by the limit that refused it; each scrape asks again.', values: [{ labels: { limit: 'series' }, value: head.seriesRefused - head.seriesRefusedMemory }, { labels: { limit: 'memory' }, value: head.seriesRefusedMemory }] },
    one('haechi_head_samples_refused_total', 'counter', 'Samples refused with their whole batch because the head had no memory for them; none of the batch is stored or logged.', head.samplesRefusedMemory),
    one('haechi_head_series_limit', 'gauge', 'Most series that the head takes; +Inf: no limit.', head.seriesLimit),
    one('haechi_head_memory_bytes', 'gauge', 'Bytes that the buffers of the head have grown to.', head.memoryBytes),
    one('haechi_head_memory_limit_bytes', 'gauge', 'Bytes of these buffers from which new series are refused; +Inf: no limit.', head.memoryLimitBytes),
    one('prometheus_tsdb_head_chunks', 'gauge', 'Chunks in the head.', head.chunkCount),
    one('prometheus_tsdb_head_samples_appended_total', 'counter', 'Samples appended.', head.samplesAppended),
    one('prometheus_tsdb_out_of_order_samples_total', 'counter', 'Samples refused because a newer one was there.', head.outOfOrder),
    one('prometheus_tsdb_out_of_bound_samples_total', 'counter', 'Samples refused because they were too old.', head.outOfBounds),
    one('prometheus_tsdb_too_old_samples_total', 'counter', 'Samples refused because they were older than the out-of-order window.', head.tooOld),
    one('prometheus_tsdb_head_out_of_order_samples_appended_total', 'counter', 'Out-of-order samples appended.', head.outOfOrderAppended),
    one('haechi_tsdb_head_out_of_order_chunks', 'gauge', 'Out-of-order chunks in the head.', head.outOfOrderChunks),
    one('prometheus_tsdb_vertical_compactions_total', 'counter', 'Merges of blocks that overlapped.', head.verticalCompactions),
    one('prometheus_tsdb_wal_segment_current', 'gauge', 'Segment of the write-ahead log that is written.', head.walSegment),
    one('haechi_tsdb_retention_clock_ahead_seconds', 'gauge', 'How far the clock is ahead of the time by which old data is dropped: a step forward counts after a day.', (head.clockHold?.aheadMs ?? 0) / 1000),
    one('prometheus_tsdb_blocks_loaded', 'gauge', 'Blocks in the data directory.', head.blocks),
    one('prometheus_tsdb_compactions_total', 'counter', 'Blocks written from the head or merged.', head.blocksWritten + head.blocksMerged),
    one('prometheus_tsdb_compactions_failed_total', 'counter', 'Rounds of writing and merging blocks that failed.', head.maintenanceFailures),
    one('prometheus_config_last_reload_successful', 'gauge', 'Whether the last reload of the configuration worked.', p.reload.success ? 1 : 0),
    one('prometheus_config_last_reload_success_timestamp_seconds', 'gauge', 'Time of the last reload that worked.', p.reload.tMs / 1000),
    { name: 'haechi_queries_total', type: 'counter', help: 'Queries by outcome.', values: (['completed', 'failed', 'canceled', 'timedOut', 'refused'] as const).map(outcome => ({ labels: { outcome }, value: pool[outcome] })) },
    one('haechi_queries_shared_total', 'counter', 'Range queries that several threads computed together.', pool.shared),
    one('haechi_queries_direct_total', 'counter', 'Queries known to be small that the main thread answered itself.', pool.direct),
    one('haechi_query_memory_bytes', 'gauge', 'Bytes that running queries hold: columns, samples kept for them, answers.', pool.memoryBytes),
    { name: 'haechi_query_memory_refused_total', type: 'counter', help: 'Queries refused for memory, by the limit: of the query or of all running ones.', values: [{ labels: { limit: 'query' }, value: pool.refusedMemory.alone }, { labels: { limit: 'total' }, value: pool.refusedMemory.together }] },
    one('haechi_query_busy_seconds_total', 'counter', 'Time that query threads spent on queries.', pool.busyMs / 1000),
    { name: 'haechi_queries_waiting', type: 'gauge', help: 'Queries that wait for a thread.', values: Object.entries(pool.queued).map(([priority, value]) => ({ labels: { priority }, value })) },
    { name: 'haechi_targets', type: 'gauge', help: 'Targets by state.', values: (['up', 'down', 'unknown'] as const).map(health => ({ labels: { health }, value: p.scrape.activeTargets().filter(t => t.health === health).length })) },
    ...alertingMetrics(p.pipeline, p.notifier, p.alertmanagers, { version: p.version, configHash: p.alertmanagerHash, reload: p.reload }),
    byGroup('prometheus_rule_group_iterations_total', 'counter', 'Evaluations of a rule group that were due.', g => g.iterations),
    byGroup('prometheus_rule_group_iterations_missed_total', 'counter', 'Evaluations of a rule group that were missed.', g => g.iterationsMissed),
    byGroup('prometheus_rule_group_last_duration_seconds', 'gauge', 'Duration of the last evaluation of a rule group.', g => g.evaluationMs / 1000),
    byGroup('prometheus_rule_group_interval_seconds', 'gauge', 'Interval of a rule group.', g => g.intervalMs / 1000),
    byGroup('prometheus_rule_group_rules', 'gauge', 'Rules of a group.', g => g.rules.length),
    byGroup('prometheus_rule_evaluations_total', 'counter', 'Evaluations of rules.', g => g.evaluations),
    byGroup('prometheus_rule_evaluation_failures_total', 'counter', 'Evaluations of rules that failed.', g => g.evaluationFailures),
  ]
}
