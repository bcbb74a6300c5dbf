import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alertingMetrics } from './alerting-metrics.ts'

const WORK = { count: 2, sumMs: 12, buckets: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
const pipeline = {
  stats: () => ({
    alerts: { active: 1, suppressed: 0, unprocessed: 0 }, received: { firing: 1, resolved: 0, invalid: 0 }, suppressed: { inhibition: 0, silence: 0, muteTimeInterval: 0, activeTimeInterval: 0 }, silences: { active: 0, expired: 0, pending: 0 },
    groups: 1, limit: { perName: 5, refused: 0 }, logEntries: 1, placed: WORK, logWork: { queries: WORK, misses: 1 }, silenceWork: { queries: WORK, scanned: 2, skipped: 1, maintenance: WORK, maintenanceErrors: 0, kept: 1 }, inhibitRules: 0, receivers: 1, contactPoints: 1,
    integrations: new Map([['webhook', { messages: 3, failed: { clientError: 0, serverError: 0, authError: 0, rateLimited: 0, other: 0 }, requests: 4, requestsFailed: 1, mayRepeat: { restart: 1, no_answer: 2 }, durationSumMs: 26_500, latency: [2, 1, 0, 0, 0, 1] }]]),
  }),
} as unknown as Parameters<typeof alertingMetrics>[0]
const notifier = { counters: () => ({ queueLength: 0, queueCapacity: 10, dropped: 0, targets: [] }) }
const metrics = alertingMetrics(pipeline, notifier, 0, { version: '1.2', configHash: 42, reload: { success: true, tMs: 5000 } })
const values = (name: string): unknown => metrics.find(m => m.name === name)?.values

describe('[N1] metrics under Alertmanager\'s names', () => {
  test('[N1] latencies are a histogram: each bucket counts those below it', () => {
    expect(metrics.find(m => m.name === 'alertmanager_notification_latency_seconds')!.type).toBe('histogram')
    const own = (name: string): unknown => (values(name) as { labels: { integration: string } }[]).filter(v => v.labels.integration === 'webhook')
    const bucket = (le: string, value: number): object => ({ suffix: '_bucket', labels: { integration: 'webhook', le }, value })
    expect(own('alertmanager_notification_latency_seconds')).toEqual([
      bucket('1', 2), bucket('5', 3), bucket('10', 3), bucket('15', 3), bucket('20', 3), bucket('+Inf', 4),
      { suffix: '_sum', labels: { integration: 'webhook' }, value: 26.5 }, { suffix: '_count', labels: { integration: 'webhook' }, value: 4 },
    ])
  })
  test('[N1] what may be there twice is counted by its reason', () => {
    expect((values('haechi_notifications_possible_duplicates_total') as { labels: { integration: string } }[]).filter(v => v.labels.integration === 'webhook')).toEqual([{ labels: { integration: 'webhook', reason: 'restart' }, value: 1 }, { labels: { integration: 'webhook', reason: 'no_answer' }, value: 2 }])
  })
  test('[N1] what the server tells about itself', () => {
    expect(values('alertmanager_config_hash')).toEqual([{ value: 42 }])
    expect(values('alertmanager_config_last_reload_successful')).toEqual([{ value: 1 }])
    expect(values('alertmanager_config_last_reload_success_timestamp_seconds')).toEqual([{ value: 5 }])
    expect(values('alertmanager_cluster_enabled')).toEqual([{ value: 0 }])
    expect(values('alertmanager_build_info')).toEqual([{ labels: expect.objectContaining({ version: '1.2' }) as unknown, value: 1 }])
  })
  test('[N1] every family of the real one, of the same type and with the same labels', () => {
    const { families } = JSON.parse(readFileSync(new URL('../test/alertmanager-families.json', import.meta.url), 'utf8')) as { families: readonly { name: string; type: string; labels: readonly string[] }[] }
    const own = metrics.filter(m => m.name.startsWith('alertmanager_')).map(m => ({ name: m.name, type: m.type as string, labels: [...new Set(m.values.flatMap(v => Object.keys(v.labels ?? {})))].filter(l => l !== 'le').sort() }))
    // Those about HTTP are the server's.
    const wanted = families.filter(f => !f.name.startsWith('alertmanager_http_'))
    expect(wanted.length).toBe(50)
    expect(own.filter(f => wanted.some(w => w.name === f.name)).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(wanted)
  })
  test('[N1] each kind of contact point has its counts from the start', () => {
    expect((values('alertmanager_notifications_total') as { labels: { integration: string }; value: number }[]).map(v => [v.labels.integration, v.value]).filter(([, v]) => v !== 0)).toEqual([['webhook', 3]])
    expect((values('alertmanager_notifications_total') as unknown[]).length).toBe(18)
  })
})
