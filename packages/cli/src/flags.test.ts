import { spawnSync } from 'node:child_process'
import { peerRun } from '@haechi/testkit'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addServerFlags, appOptions } from './flags.ts'
import { main } from './main.ts'
import { otherFlagTexts } from './other-flags.ts'

const serverCommand = (): Command => addServerFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }), en => en)

const parsed = (...args: string[]): ReturnType<typeof appOptions> => {
  const command = serverCommand()
  command.parse(args, { from: 'user' })
  return appOptions(command.opts(), command)
}

test('[L12] sizes that follow from the machine are shown as they came out', () => {
  const { flags, queryCacheBytes } = parsed()
  for (const name of ['storage.head.max-memory', 'query.max-memory', 'query.max-memory-total', 'query.cache-size']) expect(flags[name], name).toMatch(/^[1-9]\d*([KMGT]i)?B$/)
  expect(queryCacheBytes).toBeGreaterThan(0)
  expect(parsed('--storage.head.max-memory=2GB', '--query.cache-size=0').flags).toMatchObject({ 'storage.head.max-memory': '2GiB', 'query.cache-size': '0B' })
})

describe('[L11] flags about alerting have Prometheus\' names, values and defaults', () => {
  test('[L11] defaults', () => {
    const { rules, alertmanagerQueue, flags } = parsed()
    expect(rules).toEqual({ outageToleranceMs: 3_600_000, forGracePeriodMs: 600_000, resendDelayMs: 60_000, maxConcurrentEvals: 4 })
    expect(alertmanagerQueue).toEqual({ capacity: 10_000, batchSize: 256, drain: true })
    expect(flags).toMatchObject({
      'rules.alert.for-grace-period': '10m', 'rules.alert.for-outage-tolerance': '1h', 'rules.alert.resend-delay': '1m', 'alertmanager.notification-queue-capacity': '10000', 'alertmanager.notification-batch-size': '256',
      'alertmanager.drain-notification-queue-on-shutdown': 'true',
    })
  })
  test('[L11] limits of silences; 0 is none', () => {
    expect(parsed().silenceLimits).toEqual({ maxSilences: 10_000, maxBytes: 65_536 })
    expect(parsed('--silences.max-silences=0', '--silences.max-silence-size-bytes=100').silenceLimits).toEqual({ maxSilences: 0, maxBytes: 100 })
  })
  test('[L11] connections, reading, alerts of one name, changed files', () => {
    expect(parsed()).toMatchObject({ maxConnections: 512, readTimeoutMs: 300_000, alertsPerName: 0, autoReloadIntervalMs: 30_000 })
    expect(parsed().flags).toMatchObject({ 'web.max-connections': '512', 'web.read-timeout': '5m', 'alerts.per-alertname-limit': '0', 'config.auto-reload-interval': '30s' })
    expect(parsed('--web.max-connections=7', '--web.read-timeout=30s', '--alerts.per-alertname-limit=9', '--config.auto-reload-interval=2s')).toMatchObject({ maxConnections: 7, readTimeoutMs: 30_000, alertsPerName: 9, autoReloadIntervalMs: 2000 })
    expect(() => parsed('--config.auto-reload-interval=100ms')).toThrow(/at least 1s/)
  })
  test('[L11] given', () => {
    const { rules, alertmanagerQueue, flags } = parsed(
      '--rules.alert.for-outage-tolerance=2h', '--rules.alert.for-grace-period=30s', '--rules.alert.resend-delay=15s', '--rules.max-concurrent-evals=9', '--alertmanager.notification-queue-capacity=7', '--alertmanager.notification-batch-size=3',
      '--no-alertmanager.drain-notification-queue-on-shutdown',
    )
    expect(rules).toEqual({ outageToleranceMs: 7_200_000, forGracePeriodMs: 30_000, resendDelayMs: 15_000, maxConcurrentEvals: 9 })
    expect(alertmanagerQueue).toEqual({ capacity: 7, batchSize: 3, drain: false })
    expect(flags['alertmanager.drain-notification-queue-on-shutdown']).toBe('false')
    expect(() => parsed('--rules.alert.resend-delay=soon')).toThrow(/resend-delay/)
  })
})

describe('[L13] a command line of Prometheus or Alertmanager goes on working', () => {
  const texts = (...args: string[]): ReturnType<typeof otherFlagTexts> => {
    const command = serverCommand()
    command.parse(args, { from: 'user' })
    return otherFlagTexts(command.opts(), command, en => en)
  }
  test('[L13] what changes nothing is taken with a sentence', () => {
    expect(texts('--web.console.templates=/etc/prometheus/consoles', '--no-auto-gomaxprocs', '--cluster.listen-address=')).toEqual({
      warnings: ['--web.console.templates changes nothing: console templates are not served; dashboards take their place.', '--cluster.listen-address changes nothing: Haechi is one process; there is no cluster to join.'], refusals: [],
    })
    expect(parsed('--web.page-title=x').flags['web.page-title']).toBe('x')
    expect(parsed().flags).not.toHaveProperty('web.page-title')
  })
  test('[L13] what would make another server than was asked for is refused', () => {
    expect(texts('--agent', '--storage.agent.path=x').refusals).toEqual(['--agent: there is no agent mode; leave the flag out.', '--storage.agent.path: there is no agent mode; leave the flag out.'])
    expect(texts('--no-agent')).toEqual({ warnings: [], refusals: [] })
  })
  test('[L13] a refusal ends the start, in the language of the user', async () => {
    let err = ''
    const code = await main(['--agent'], { out: () => undefined, err: text => { err += text }, terminal: false, env: { LANG: 'en' }, cwd: process.cwd(), signal: new AbortController().signal, onHangup: () => undefined })
    expect(code).toBe(2)
    expect(err).toBe('haechi: --agent: there is no agent mode; leave the flag out.\n')
  })
  test('[L13] switches have both forms', () => {
    expect(parsed('--storage.tsdb.wal-compression').walCompression).toBe('snappy')
    expect(parsed('--no-storage.tsdb.wal-compression').walCompression).toBe('none')
    expect(parsed().walCompression).toBe('snappy')
    expect(parsed('--alertmanager.drain-notification-queue-on-shutdown').alertmanagerQueue).toMatchObject({ drain: true })
    expect(parsed('--no-web.enable-lifecycle', '--no-web.enable-admin-api', '--no-web.enable-remote-write-receiver')).toMatchObject({ lifecycle: false, adminApi: false, remoteWriteReceiver: false })
  })
  const run = peerRun()
  test.skipIf(run === undefined).each(['prometheus', 'prometheus-alertmanager'])('[L13] every flag that %s --help names is known (PEERS_DIR)', program => {
    const { stdout, stderr } = spawnSync(run!, [program, '--help'], { encoding: 'utf8', timeout: 30_000 })
    const given = [...`${stdout}${stderr}`.matchAll(/^(?: {2}-h, | {6})--(\[no-\])?([a-z][\w.-]*\w)/gm)].flatMap(m => (m[1] === undefined ? [`--${m[2]!}`] : [`--${m[2]!}`, `--no-${m[2]!}`]))
    expect(given.length).toBeGreaterThan(30)
    const known = new Set(serverCommand().options.map(o => o.long))
    expect(given.filter(f => !known.has(f) && !/^--(no-)?(help|version)$/.test(f))).toEqual([])
  })
})
