import { FAILURE_REASONS } from '@haechi/alerting'
import type { AlertPipeline, AlertmanagerSender } from '@haechi/alerting'
import type { OwnMetric } from '@haechi/server'

/** Alertmanager's name of a kind of contact point, where it has another one. */
const INTEGRATION: Readonly<Record<string, string>> = { teams: 'msteamsv2' }

/** Families under Alertmanager's names, and Prometheus' about sending to Alertmanagers. */
export function alertingMetrics(pipeline: Pick<AlertPipeline, 'stats'>, notifier: Pick<AlertmanagerSender, 'counters'>, alertmanagers: number): OwnMetric[] {
  const s = pipeline.stats()
  const n = notifier.counters()
  const one = (name: string, type: OwnMetric['type'], help: string, value: number): OwnMetric => ({ name, type, help, values: [{ value }] })
  const many = (name: string, type: OwnMetric['type'], help: string, label: string, values: Readonly<Record<string, number>>): OwnMetric => ({ name, type, help, values: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })) })
  const kinds = [...s.integrations].map(([kind, c]) => ({ integration: INTEGRATION[kind] ?? kind, c }))
  const byKind = (name: string, type: OwnMetric['type'], help: string, of: (c: (typeof kinds)[number]['c']) => number): OwnMetric => ({ name, type, help, values: kinds.map(k => ({ labels: { integration: k.integration }, value: of(k.c) })) })
  return [
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
    byKind('alertmanager_notification_latency_seconds_sum', 'counter', 'The latency of notifications in seconds, added up.', c => c.durationSumMs / 1000),
    byKind('alertmanager_notification_latency_seconds_count', 'counter', 'The number of notification requests with a latency.', c => c.requests),
    many('alertmanager_notifications_suppressed_total', 'counter', 'The total number of notifications suppressed for being silenced, inhibited, outside of active time intervals or within muted time intervals.', 'reason', {
      inhibition: s.suppressed.inhibition, silence: s.suppressed.silence, mute_time_interval: s.suppressed.muteTimeInterval, active_time_interval: s.suppressed.activeTimeInterval,
    }),
    many('alertmanager_silences', 'gauge', 'How many silences by state.', 'state', s.silences),
    one('alertmanager_dispatcher_aggregation_groups', 'gauge', 'Number of active aggregation groups.', s.groups),
    one('alertmanager_nflog_entries', 'gauge', 'Entries of the notification log that still count.', s.logEntries),
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
