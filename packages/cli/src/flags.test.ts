import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addServerFlags, appOptions } from './flags.ts'

const parsed = (...args: string[]): ReturnType<typeof appOptions> => {
  const command = addServerFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }), en => en)
  command.parse(args, { from: 'user' })
  return appOptions(command.opts(), command)
}

test('[L12] sizes that follow from the machine are shown as they came out', () => {
  const { flags, queryCacheBytes } = parsed()
  for (const name of ['storage.head.max-memory', 'query.cache-size']) expect(flags[name], name).toMatch(/^[1-9]\d*([KMGT]i)?B$/)
  expect(queryCacheBytes).toBeGreaterThan(0)
  expect(parsed('--storage.head.max-memory=2GB', '--query.cache-size=0').flags).toMatchObject({ 'storage.head.max-memory': '2GiB', 'query.cache-size': '0B' })
})

describe('[L11] flags about alerting have Prometheus\' names, values and defaults', () => {
  test('[L11] defaults', () => {
    const { rules, alertmanagerQueue, flags } = parsed()
    expect(rules).toEqual({ outageToleranceMs: 3_600_000, forGracePeriodMs: 600_000, resendDelayMs: 60_000 })
    expect(alertmanagerQueue).toEqual({ capacity: 10_000, batchSize: 256, drain: true })
    expect(flags).toMatchObject({
      'rules.alert.for-grace-period': '10m', 'rules.alert.for-outage-tolerance': '1h', 'rules.alert.resend-delay': '1m', 'alertmanager.notification-queue-capacity': '10000', 'alertmanager.notification-batch-size': '256',
      'alertmanager.drain-notification-queue-on-shutdown': 'true',
    })
  })
  test('[L11] given', () => {
    const { rules, alertmanagerQueue, flags } = parsed(
      '--rules.alert.for-outage-tolerance=2h', '--rules.alert.for-grace-period=30s', '--rules.alert.resend-delay=15s', '--alertmanager.notification-queue-capacity=7', '--alertmanager.notification-batch-size=3',
      '--no-alertmanager.drain-notification-queue-on-shutdown',
    )
    expect(rules).toEqual({ outageToleranceMs: 7_200_000, forGracePeriodMs: 30_000, resendDelayMs: 15_000 })
    expect(alertmanagerQueue).toEqual({ capacity: 7, batchSize: 3, drain: false })
    expect(flags['alertmanager.drain-notification-queue-on-shutdown']).toBe('false')
    expect(() => parsed('--rules.alert.resend-delay=soon')).toThrow(/resend-delay/)
  })
})
