import { QUERY_BUCKETS } from '@haechi/alerting'
import type { PipelineStats, WorkCounts } from '@haechi/alerting'
import type { OwnMetric } from '@haechi/server'

/** Kinds of contact points as Alertmanager names them: each has its counts from the start. */
export const INTEGRATIONS: readonly string[] = [
  'discord', 'email', 'incidentio', 'jira', 'mattermost', 'msteams', 'msteamsv2', 'opsgenie', 'pagerduty', 'pushover', 'rocketchat', 'slack', 'sns', 'telegram', 'victorops', 'webex', 'webhook', 'wechat',
]

const one = (name: string, type: OwnMetric['type'], help: string, value: number): OwnMetric => ({ name, type, help, values: [{ value }] })
const summary = (name: string, help: string, w: { readonly count: number; readonly sumMs: number }): OwnMetric => ({ name, type: 'summary', help, values: [{ suffix: '_sum', value: w.sumMs / 1000 }, { suffix: '_count', value: w.count }] })
const NEVER = { count: 0, sumMs: 0 }

function histogram(name: string, help: string, w: WorkCounts): OwnMetric {
  let below = 0
  return {
    name, type: 'histogram', help, values: [
      ...[...QUERY_BUCKETS, Infinity].map((seconds, i) => ({ suffix: '_bucket' as const, labels: { le: seconds === Infinity ? '+Inf' : String(seconds) }, value: (below += w.buckets[i]!) })),
      { suffix: '_sum', value: w.sumMs / 1000 }, { suffix: '_count', value: w.count },
    ],
  }
}

/**
 * Alertmanager's families about its notification log, silences and dispatcher. What it does and we do not (gossip, snapshots, retries under contention: our state is in a database) stays 0.
 */
export function alertmanagerFamilies(s: PipelineStats): OwnMetric[] {
  const { placed, logWork, silenceWork: w } = s
  return [
    one('alertmanager_alerts_per_alert_limit', 'gauge', 'Current limit on number of alerts per alert name', s.limit.perName),
    // As there: not before the first.
    ...(s.limit.refused === 0 ? [] : [one('alertmanager_alerts_limited_total', 'counter', 'Total number of alerts that were dropped due to per alert name limit', s.limit.refused)]),
    { name: 'alertmanager_alerts_subscriber_channel_writes_total', type: 'counter', help: 'Number of times alerts were written to subscriber channels', values: ['dispatcher', 'inhibitor'].map(subscriber => ({ labels: { subscriber }, value: placed.count })) },
    one('alertmanager_dispatcher_aggregation_group_creation_given_up_total', 'counter', 'Number of alerts dropped because aggregation group creation exceeded the retry limit.', 0),
    one('alertmanager_dispatcher_aggregation_group_creation_retries_total', 'counter', 'Number of CAS retries while creating aggregation groups under contention.', 0),
    one('alertmanager_dispatcher_aggregation_group_limit_reached_total', 'counter', 'Number of times when dispatcher failed to create new aggregation group due to limit.', 0),
    summary('alertmanager_dispatcher_alert_processing_duration_seconds', 'Summary of latencies for the processing of alerts.', placed),
    summary('alertmanager_nflog_gc_duration_seconds', 'Duration of the last notification log garbage collection cycle.', NEVER),
    one('alertmanager_nflog_gossip_messages_propagated_total', 'counter', 'Number of received gossip messages that have been further gossiped.', 0),
    one('alertmanager_nflog_maintenance_errors_total', 'counter', 'How many maintenances were executed for the notification log that failed.', 0),
    one('alertmanager_nflog_maintenance_total', 'counter', 'How many maintenances were executed for the notification log.', 0),
    one('alertmanager_nflog_queries_total', 'counter', 'Number of notification log queries were received.', logWork.queries.count),
    histogram('alertmanager_nflog_query_duration_seconds', 'Duration of notification log query evaluation.', logWork.queries),
    // As there: what the log does not know counts.
    one('alertmanager_nflog_query_errors_total', 'counter', 'Number notification log received queries that failed.', logWork.misses),
    summary('alertmanager_nflog_snapshot_duration_seconds', 'Duration of the last notification log snapshot.', NEVER),
    one('alertmanager_nflog_snapshot_size_bytes', 'gauge', 'Size of the last notification log snapshot in bytes.', 0),
    summary('alertmanager_silences_gc_duration_seconds', 'Duration of the last silence garbage collection cycle.', w.maintenance),
    one('alertmanager_silences_gc_errors_total', 'counter', 'How many silence GC errors were encountered.', w.maintenanceErrors),
    one('alertmanager_silences_gossip_messages_propagated_total', 'counter', 'Number of received gossip messages that have been further gossiped.', 0),
    one('alertmanager_silences_maintenance_errors_total', 'counter', 'How many maintenances were executed for silences that failed.', w.maintenanceErrors),
    one('alertmanager_silences_maintenance_total', 'counter', 'How many maintenances were executed for silences.', w.maintenance.count),
    { name: 'alertmanager_silences_matcher_compile_errors_total', type: 'counter', help: 'How many silence matcher compilations failed.', values: ['index', 'load_snapshot'].map(stage => ({ labels: { stage }, value: 0 })) },
    one('alertmanager_silences_matcher_index_size', 'gauge', 'The number of entries in the matcher cache index.', w.kept),
    one('alertmanager_silences_queries_total', 'counter', 'How many silence queries were received.', w.queries.count),
    histogram('alertmanager_silences_query_duration_seconds', 'Duration of silence query evaluation.', w.queries),
    one('alertmanager_silences_query_errors_total', 'counter', 'How many silence received queries did not succeed.', 0),
    one('alertmanager_silences_query_silences_scanned_total', 'counter', 'How many silences were scanned during query evaluation.', w.scanned),
    one('alertmanager_silences_query_silences_skipped_total', 'counter', 'How many silences were skipped during query evaluation using the version index.', w.skipped),
    summary('alertmanager_silences_snapshot_duration_seconds', 'Duration of the last silence snapshot.', NEVER),
    one('alertmanager_silences_snapshot_size_bytes', 'gauge', 'Size of the last silence snapshot in bytes.', 0),
    one('alertmanager_silences_state_size', 'gauge', 'The number of silences in the state map.', w.kept),
    one('alertmanager_silences_version_index_size', 'gauge', 'The number of entries in the version index.', w.kept),
  ]
}
