import { createAlertPipeline, createMemoryStore } from '@haechi/alerting'
import { DEFAULT_CONFIG } from '@haechi/config'
import { parseFields } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alertmanagerSource } from './alertmanager-source.ts'
import { systemClock } from './clock.ts'
import { ROUTE } from './direct-routes.ts'
import { HOST_ADDRESS, scrapeJobs } from './jobs.ts'
import { createLogger } from './logger.ts'
import type { AppOptions } from './options.ts'
import { welcome } from './terminal.ts'

describe('P1 what is scraped', () => {
  const found = [{ address: 'localhost:8000', metricsPath: '/metrics', jobName: 'fastapi' }, { address: 'localhost:8001', metricsPath: '/metrics', jobName: 'fastapi' }]
    .map(t => ({ ...t, library: undefined })) as unknown as Parameters<typeof scrapeJobs>[1]['found']
  test('[P1] without a file: this machine, this server, the services that were found, each under a name of its own', () => {
    const jobs = scrapeJobs(DEFAULT_CONFIG, { found, demo: [], selfAddress: '127.0.0.1:9090' })
    const names = jobs.map(j => j.jobName)
    expect(names.slice(0, 3)).toEqual(['host', 'haechi', 'fastapi'])
    expect(new Set(names).size).toBe(names.length)
    expect(HOST_ADDRESS).not.toBe('')
  })
  test('[P1] with a file exactly what it names, and the demo where it was asked for', () => {
    const config = { ...DEFAULT_CONFIG, file: 'prometheus.yml' }
    expect(scrapeJobs(config, { found, demo: [], selfAddress: '127.0.0.1:9090' })).toEqual([])
    expect(scrapeJobs(config, { found, demo: [{ name: 'orders', address: '127.0.0.1:1' }], selfAddress: undefined }).map(j => j.jobName)).toEqual(['orders'])
  })
})

describe('P2 logs', () => {
  const lines = (format: 'logfmt' | 'json', write: (log: ReturnType<typeof createLogger>) => void): string[] => {
    const out: string[] = []
    write(createLogger('info', format, line => out.push(line)))
    return out
  }
  test('[P2] one line each, constant message, fields quoted where they must be', () => {
    const [line] = lines('logfmt', log => log.info({ job: 'a b', n: 1 }, 'Something happened'))
    expect(line).toMatch(/^time=\S+Z level=INFO msg="Something happened" job="a b" n=1\n$/)
    expect(lines('logfmt', log => log.debug({}, 'not shown'))).toEqual([])
    expect(JSON.parse(lines('json', log => log.warn({ n: 1 }, 'x'))[0]!)).toMatchObject({ level: 'warn', msg: 'x', n: 1 })
    expect(lines('logfmt', log => log.error({ err: new Error('two\nlines') }, 'Failed'))[0]!.split('\n')).toHaveLength(2)
  })
  test.each(['password', 'authorization', 'token', 'cookie', 'webhook', 'secret'])('[P2] a field named %s is never written', name => {
    for (const format of ['logfmt', 'json'] as const) {
      const text = lines(format, log => {
        log.info({ [name]: 'topsecret' }, 'x')
        log.child({ component: 'c' }).error({ inner: { [name]: 'topsecret' } }, 'x')
      }).join('')
      expect(text).not.toContain('topsecret')
      expect(text).toContain('<secret>')
    }
  })
})

describe('P3 Alertmanager API without a file', () => {
  test('[P3] one route with the times that hold, one receiver, no address', () => {
    const pipeline = createAlertPipeline({
      store: createMemoryStore(), clock: systemClock, log: createLogger('error', 'json', () => undefined), post: () => Promise.reject(new Error('not asked')), externalUrl: 'http://localhost:9090',
    })
    pipeline.configure({
      route: ROUTE,
      contactPoints: [
        { uid: 'a', name: 'Discord', type: 'discord', url: 'https://discord.example/api/webhooks/1/topsecret', origin: 'env' },
        { uid: 'b', name: 'hook', type: 'webhook', url: 'https://hook.example/topsecret', origin: 'ui', sendResolved: false },
      ],
    })
    const text = alertmanagerSource(pipeline, () => undefined).configYaml()
    expect(text).not.toContain('topsecret')
    expect(parse(text)).toEqual({
      route: { receiver: 'default', group_by: ['alertname'], group_wait: '10s', group_interval: '1m', repeat_interval: '4h' },
      receivers: [{ name: 'default', discord_configs: [{ send_resolved: true, webhook_url: '<secret>' }], webhook_configs: [{ send_resolved: false, url: '<secret>' }] }],
    })
    // A real Alertmanager could read it but for the secrets.
    expect(parseFields(text, 'alertmanager.yml').fields('route')!.durationMs('group_wait')).toBe(10_000)
  })
})

describe('P4 the first words', () => {
  const options = { version: '1.2.3', dataDirectory: 'data', demo: false } as AppOptions
  test('[P4] where to look, which files are used, what to try; in both languages', () => {
    const base = { urls: ['http://127.0.0.1:9090'], configFile: undefined, alertingFile: undefined, envFile: '.env', options, demo: [{ name: 'orders', address: '127.0.0.1:4000' }] }
    const english = welcome(base, false)
    expect(english).toMatch(/Haechi 1\.2\.3 {3}http:\/\/127\.0\.0\.1:9090/)
    for (const part of ['found by themselves', 'data', '.env', 'haechi load http://127.0.0.1:4000/boom']) expect(english).toContain(part)
    const korean = welcome({ ...base, configFile: 'prometheus.yml', alertingFile: 'alertmanager.yml' }, true)
    for (const part of ['prometheus.yml', 'alertmanager.yml', 'Ctrl+C를 누르세요']) expect(korean).toContain(part)
  })
})
