import { DeliveryStats, FAILURE_REASONS, LATENCY_BUCKETS } from '@haechi/alerting'
import type { AlertPipeline, AlertmanagerSender, IntegrationCounts } from '@haechi/alerting'
import type { OwnMetric } from '@haechi/server'
import { INTEGRATIONS, alertmanagerFamilies } from './alertmanager-families.ts'

/** Alertmanager's name of a kind of contact point, where it has another one. */
const INTEGRATION: Readonly<Record<string, string>> = { teams: 'msteamsv2' }

/** What Alertmanager's pages tell about itself. */
export interface AlertmanagerAbout {
  readonly version: string
  /** Of `alertmanager.yml`; 0 without one. */
  readonly configHash: number
  readonly reload: { readonly success: boolean; readonly tMs: number }
}

/** Families under Alertmanager's names, and Prometheus' about sending to Alertmanagers. */
export function alertingMetrics(pipeline: Pick<AlertPipeline, 'stats'>, notifier: Pick<AlertmanagerSender, 'counters'>, alertmanagers: number, about: AlertmanagerAbout): OwnMetric[] {
  const s = pipeline.stats()
  const n = notifier.counters()
  const one = (name: string, type: OwnMetric['type'], help: string, value: number): OwnMetric => ({ name, type, help, values: [{ value }] })
  const many = (name: string, type: OwnMetric['type'], help: string, label: string, values: Readonly<Record<string, number>>): OwnMetric => ({ name, type, help, values: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })) })
  const used = new Map([...s.integrations].map(([kind, c]) => [INTEGRATION[kind] ?? kind, c]))
  const kinds = [...new Set([...INTEGRATIONS, ...used.keys()])].map(integration => ({ integration, c: used.get(integration) ?? DeliveryStats.none() }))
  const byKind = (name: string, type: OwnMetric['type'], help: string, of: (c: (typeof kinds)[number]['c']) => number): OwnMetric => ({ name, type, help, values: kinds.map(k => ({ labels: { integration: k.integration }, value: of(k.c) })) })
  return [
    { name: 'alertmanager_build_info', type: 'gauge', help: 'The version of the program that answers as Alertmanager.', values: [{ labels: { branch: '', goarch: '', goos: process.platform, goversion: '', revision: '', tags: 'haechi', version: about.version }, value: 1 }] },
    one('alertmanager_cluster_enabled', 'gauge', 'Indicates whether the clustering is enabled or not.', 0),
    one('alertmanager_config_hash', 'gauge', 'Hash of the currently loaded alertmanager configuration.', about.configHash),
    one('alertmanager_config_last_reload_successful', 'gauge', 'Whether the last configuration reload attempt was successful.', about.reload.success ? 1 : 0),
    one('alertmanager_config_last_reload_success_timestamp_seconds', 'gauge', 'Timestamp of the last successful configuration reload.', about.reload.tMs / 1000),
    many('alertmanager_alerts', 'gauge', 'How many alerts by state.', 'state', s.alerts),
    { name: 'alertmanager_alerts_received_total', type: 'counter', help: 'The total number of received alerts.', values: (['firing', 'resolved'] as const).map(status => ({ labels: { status, version: 'v2' }, value: s.received[status] })) },
    { name: 'alertmanager_alerts_invalid_total', type: 'counter', help: 'The total number of received alerts that were invalid.', values: [{ labels: { version: 'v2' }, value: s.received.invalid }] },
    byKind('alertmanager_notifications_total', 'counter', 'The total number of attempted notifications.', c => c.messages),
    {
      name: 'alertmanager_notifications_failed_total', type: 'counter', help: 'The total number of failed notifications.',
      values: kinds.flatMap(k => FAILURE_REASONS.map(reason => ({ labels: { integration: k.integration, reason }, value: k.c.failed[reason] }))),
    },
    byKind('alertmanager_notification_requests_total', 'counter', 'The total number of attempted notification requests.', c => c.requests),
    byKind('alertmanager_notification_requests_failed_total', 'counter', 'The total number of failed notification requests.', c => c.requestsFailed),
    {
      name: 'haechi_notifications_possible_duplicates_total', type: 'counter',
      help: 'Messages that were sent though the same may have arrived: the server ended during an attempt (restart), or an attempt had no answer (no_answer).',
      values: kinds.flatMap(k => (['restart', 'no_answer'] as const).map(reason => ({ labels: { integration: k.integration, reason }, value: k.c.mayRepeat[reason] }))),
    },
    { name: 'alertmanager_notification_latency_seconds', type: 'histogram', help: 'The latency of notifications in seconds.', values: kinds.flatMap(k => latencyValues(k.integration, k.c)) },
    many('alertmanager_notifications_suppressed_total', 'counter', 'The total number of notifications suppressed for being silenced, inhibited, outside of active time intervals or within muted time intervals.', 'reason', {
      inhibition: s.suppressed.inhibition, silence: s.suppressed.silence, mute_time_interval: s.suppressed.muteTimeInterval, active_time_interval: s.suppressed.activeTimeInterval,
    }),
    many('alertmanager_silences', 'gauge', 'How many silences by state.', 'state', s.silences),
    one('alertmanager_dispatcher_aggregation_groups', 'gauge', 'Number of active aggregation groups.', s.groups),
    one('alertmanager_nflog_entries', 'gauge', 'Entries of the notification log that still count.', s.logEntries),
    ...alertmanagerFamilies(s),
    one('alertmanager_inhibition_rules', 'gauge', 'Number of configured inhibition rules.', s.inhibitRules),
    one('alertmanager_receivers', 'gauge', 'Number of configured receivers.', s.receivers),
    one('alertmanager_integrations', 'gauge', 'Number of configured integrations.', s.contactPoints),
    { name: 'prometheus_notifications_sent_total', type: 'counter', help: 'Alerts sent.', values: n.targets.map(t => ({ labels: { alertmanager: t.url }, value: t.sent })) },
    { name: 'prometheus_notifications_errors_total', type: 'counter', help: 'Alerts that could not be sent.', values: n.targets.map(t => ({ labels: { alertmanager: t.url }, value: t.errors })) },
    one('prometheus_notifications_dropped_total', 'counter', 'Alerts dropped from the full queue.', n.dropped),
    one('prometheus_notifications_queue_length', 'gauge', 'Alerts that wait to be sent.', n.queueLength),
    one('prometheus_notifications_queue_capacity', 'gauge', 'Most alerts that can wait to be sent.', n.queueCapacity),
    one('prometheus_notifications_alertmanagers_discovered', 'gauge', 'Alertmanagers that alerts are sent to.', alertmanagers),
  ]
}

/** A histogram's buckets, each with those below it. */
function latencyValues(integration: string, c: Readonly<IntegrationCounts>): OwnMetric['values'] {
  let below = 0
  return [
    ...[...LATENCY_BUCKETS, Infinity].map((seconds, i) => ({ suffix: '_bucket' as const, labels: { integration, le: seconds === Infinity ? '+Inf' : String(seconds) }, value: (below += c.latency[i]!) })),
    { suffix: '_sum', labels: { integration }, value: c.durationSumMs / 1000 }, { suffix: '_count', labels: { integration }, value: c.requests },
  ]
}
