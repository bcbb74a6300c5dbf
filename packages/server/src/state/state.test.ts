import { createRequire } from 'node:module'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAlertPipeline } from '@haechi/alerting'
import type { DeliveryAttempt } from '@haechi/alerting'
import { MIGRATIONS } from './tables.ts'
import { StateError, openState } from './open-state.ts'
import type { OpenStateOptions } from './open-state.ts'
import { SqliteFile, loadSqlite } from './sqlite.ts'
import { KEPT_DELIVERIES } from './state.ts'
import type { StateStore } from './state.ts'

const require = createRequire(import.meta.url)
let dir = ''
let path = ''
const logged: string[] = []
const options: OpenStateOptions = {
  log: { debug() {}, info() {}, warn() {}, error: (fields, message) => { logged.push(`${message} ${JSON.stringify(fields)}`) } },
  nowMs: () => 1_795_300_000_000,
}
const opened: StateStore[] = []
async function open(more: Partial<OpenStateOptions> = {}): Promise<StateStore> {
  const state = await openState(path, { ...options, ...more })
  opened.push(state)
  return state
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'haechi-state-'))
  path = join(dir, 'state.db')
  logged.length = 0
})
afterEach(async () => {
  for (const s of opened.splice(0)) await s.close()
  rmSync(dir, { recursive: true, force: true })
})

const attempt = (tMs: number): DeliveryAttempt => ({
  tMs, contactPointUid: 'c', contactPoint: 'team', groupKey: '{}', status: 'firing', title: 'API 응답 없음', alerts: 1, attempt: 1, ok: true, durationMs: 3,
})

describe('S1 what was stored is there after the next start', () => {
  test('[S1] contact points, rule edits, settings, sessions', async () => {
    const a = await open()
    await a.contactPoints.put({ uid: 'c1', name: '팀', type: 'discord', url: 'https://example.org/secret', origin: 'ui', language: 'ko' })
    await a.contactPoints.put({ uid: 'c1', name: '팀 2', type: 'discord', url: 'https://example.org/secret2', origin: 'ui', language: 'ko' })
    await a.ruleEdits.put('r1', { threshold: 0.05, enabled: false })
    await a.settings.set('theme', { dark: true })
    await a.sessions.put('hash', 'kim', 1_795_300_000_001)
    await a.sessions.put('old', 'kim', 1_795_299_999_999)
    await a.close()
    opened.length = 0
    const b = await open()
    expect(await b.contactPoints.list()).toEqual([{ uid: 'c1', name: '팀 2', type: 'discord', url: 'https://example.org/secret2', origin: 'ui', language: 'ko' }])
    expect(await b.ruleEdits.list()).toEqual([{ uid: 'r1', edit: { threshold: 0.05, enabled: false }, updatedMs: 1_795_300_000_000 }])
    expect(await b.settings.get('theme')).toEqual({ dark: true })
    expect(await b.settings.get('none')).toBeUndefined()
    expect(await b.sessions.user('hash')).toBe('kim')
    expect(await b.sessions.user('old')).toBeUndefined()
    expect(await b.contactPoints.remove('c1')).toBe(true)
    expect(await b.contactPoints.remove('c1')).toBe(false)
    expect(b.movedAside).toBeUndefined()
  })

  test('[S1] what alerting remembers', async () => {
    const a = await open()
    const alert = { fingerprint: 'f1', labels: ['alertname', 'A'], annotations: [], startsAtMs: 1, endsAtMs: 2, updatedAtMs: 3, timeout: true, generatorUrl: '' }
    const entry = { groupKey: 'g', contactPointUid: 'c', sentMs: 1, firing: ['f1'], resolved: [], undelivered: [], expiresMs: 9 }
    await a.alerting.putAlerts([alert, { ...alert, fingerprint: 'f2' }])
    await a.alerting.putAlerts([{ ...alert, endsAtMs: 7 }])
    await a.alerting.putLog({ ...entry, sentMs: 0 })
    await a.alerting.putLog(entry)
    await a.alerting.putLog({ ...entry, groupKey: 'h' })
    await a.alerting.deleteAlerts(['f2', 'none'])
    await a.alerting.deleteLog('h', 'c')
    expect(await a.alerting.addDelivery(attempt(1_795_299_999_001))).toBe(1)
    expect(await a.alerting.addDelivery(attempt(1_795_299_999_002))).toBe(2)
    await a.close()
    opened.length = 0
    const b = await open()
    expect(await b.alerting.load()).toEqual({ alerts: [{ ...alert, endsAtMs: 7 }], log: [entry] })
    expect((await b.alerting.deliveries({ limit: 10 })).map(d => [d.id, d.tMs - 1_795_299_999_000])).toEqual([[2, 2], [1, 1]])
    expect((await b.alerting.deliveries({ limit: 1 })).length).toBe(1)
  })

  test('[S1] silences', async () => {
    const a = await open()
    const silence = { id: 's1', matchers: [{ name: 'job', value: '가.*', isRegex: true, isEqual: false }], startsAtMs: 1, endsAtMs: 9, updatedAtMs: 1, createdBy: 'kim', comment: '점검', annotations: { ticket: '7' } }
    await a.alerting.putSilence({ ...silence, endsAtMs: 8 })
    await a.alerting.putSilence(silence)
    await a.alerting.putSilence({ ...silence, id: 's2' })
    await a.alerting.deleteSilences(['s2', 'none'])
    await a.close()
    opened.length = 0
    expect(await (await open()).alerting.loadSilences()).toEqual([silence])
  })

  test('[S1] overlapping calls are all done', async () => {
    const a = await open()
    const ids = await Promise.all(Array.from({ length: 50 }, (_x, i) => a.alerting.addDelivery(attempt(i))))
    expect(new Set(ids).size).toBe(50)
    await Promise.all([a.alerting.putAlerts([]), a.dashboards.save('d', 'D', {}, ''), a.dashboards.save('d', 'D', {}, '')])
    expect((await a.dashboards.get('d'))?.version).toBe(2)
  })
})

describe('S9 alerting', () => {
  test('[S9] what alerting remembers comes back to a new pipeline', async () => {
    const none = (): void => {}
    const clock = { nowMs: () => 1_795_300_000_000, after: () => none }
    const log = { debug: none, info: none, warn: none, error: none }
    const config = { contactPoints: [] }
    const a = await open()
    const one = createAlertPipeline({ store: a.alerting, clock, log, config, externalUrl: 'http://localhost' } as unknown as Parameters<typeof createAlertPipeline>[0])
    one.configure(config)
    await one.start()
    await one.put([{ labels: ['alertname', 'Down'], annotations: ['summary', '응답 없음'], startsAtMs: 1_795_299_000_000 }])
    await one.stop()
    await a.close()
    opened.length = 0
    const b = await open()
    const two = createAlertPipeline({ store: b.alerting, clock, log, config, externalUrl: 'http://localhost' } as unknown as Parameters<typeof createAlertPipeline>[0])
    two.configure(config)
    await two.start()
    expect(two.alerts().map(x => [x.labels, x.annotations, x.startsAtMs])).toEqual([[['alertname', 'Down'], ['summary', '응답 없음'], 1_795_299_000_000]])
    await two.stop()
  })
})

describe('S2 deliveries', () => {
  const NOW = 1_795_300_000_000
  test('[S2] the newest 20,000 of 90 days stay', async () => {
    const a = await open()
    const day = 86_400_000
    for (let i = 0; i < 150; i++) await a.alerting.addDelivery(attempt(NOW - (i < 50 ? 91 : 1) * day))
    expect((await a.alerting.deliveries({ limit: 1000 })).length).toBe(100)
    await a.alerting.addDelivery(attempt(NOW - 92 * day))
    await a.alerting.load()
    expect((await a.alerting.deliveries({ limit: 1000 })).length).toBe(100)
    await a.close()
    opened.length = 0
    const file = new SqliteFile(await loadSqlite(), path)
    file.rows(`UPDATE sqlite_sequence SET seq = ${KEPT_DELIVERIES + 199} WHERE name = 'deliveries'`)
    file.close()
    const b = await open()
    await b.alerting.addDelivery(attempt(NOW))
    expect((await b.alerting.deliveries({ limit: 1000 })).map(d => d.id)).toEqual([KEPT_DELIVERIES + 200])
  })
  test('[S2] filters and pages', async () => {
    const a = await open()
    const put = (tMs: number, more: Partial<DeliveryAttempt>): Promise<number> => a.alerting.addDelivery({ ...attempt(NOW + tMs), ...more })
    await put(1, { alertNames: ['Down', 'Slow 50%'] })
    await put(2, { contactPoint: '온콜', ok: false, status: 'resolved', alertNames: ['Down\'s'] })
    await put(3, { status: 'test' })
    const ids = async (query: object): Promise<number[]> => (await a.alerting.deliveries({ limit: 10, ...query })).map(d => d.id)
    expect(await ids({})).toEqual([3, 2, 1])
    expect([await ids({ limit: 1 }), await ids({ limit: 1, beforeId: 3 }), await ids({ beforeId: 1 })]).toEqual([[3], [2], []])
    expect([await ids({ alertName: 'Down' }), await ids({ alertName: 'Slow 50%' }), await ids({ alertName: 'Down\'s' }), await ids({ alertName: 'low' })]).toEqual([[1], [1], [2], []])
    expect([await ids({ contactPoint: '온콜' }), await ids({ status: 'test' }), await ids({ ok: false }), await ids({ ok: true, status: 'firing' })]).toEqual([[2], [3], [2], [1]])
    expect(await ids({ fromMs: NOW + 2, toMs: NOW + 2 })).toEqual([2])
  })
})

describe('S3 dashboards', () => {
  test('[S3] each save is a version, and a save on a stale version is refused', async () => {
    const a = await open()
    const one = await a.dashboards.save('d', 'One', { title: 'One' }, 'first', { expected: 0 })
    expect(one).toMatchObject({ id: 1, uid: 'd', title: 'One', version: 1 })
    expect(await a.dashboards.save('d', 'Two', { title: 'Two' }, '', { expected: 0 })).toBeUndefined()
    expect(await a.dashboards.save('d', 'Two', { title: 'Two' }, 'second', { expected: 1 })).toMatchObject({ id: 1, version: 2 })
    expect((await a.dashboards.versions('d')).map(v => [v.version, v.message, v.dashboard])).toEqual([[2, 'second', { title: 'Two' }], [1, 'first', { title: 'One' }]])
    expect(await a.dashboards.byId(1)).toMatchObject({ uid: 'd' })
    expect(await a.dashboards.remove('d')).toBe(true)
    expect(await a.dashboards.remove('d')).toBe(false)
    expect(await a.dashboards.versions('d')).toEqual([])
  })
})

describe('S4 the file', () => {
  test('[S4] only its owner can read it, and it is in WAL mode', async () => {
    const a = await open()
    await a.settings.set('a', 1)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(existsSync(`${path}-wal`)).toBe(true)
  })

  test('[S4] a lock that a killed process left is removed', async () => {
    mkdirSync(`${path}.lock`)
    const a = await open()
    await a.settings.set('a', 1)
    expect(await a.settings.get('a')).toBe(1)
  })

  test('[S4] what was stored survives kill -9', async () => {
    const script = join(dir, 'writer.cjs')
    writeFileSync(script, `
      const { Database } = require(${JSON.stringify(require.resolve('node-sqlite3-wasm'))})
      const db = new Database(process.argv[2])
      for (const p of ['locking_mode=EXCLUSIVE', 'journal_mode=WAL', 'synchronous=NORMAL']) db.all('PRAGMA ' + p)
      let i = Number(process.argv[3])
      const s = db.prepare('INSERT INTO settings (key, value_json) VALUES (?, ?)')
      for (;;) { s.run(['k' + i, String(i)]); require('node:fs').writeSync(1, i + '\\n'); i++ }`)
    const first = await open()
    await first.close()
    opened.length = 0
    let next = 0
    for (let round = 0; round < 3; round++) {
      let out = ''
      const child = spawn(process.execPath, [script, path, String(next)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = new Promise(r => child.on('close', r))
      // Killed while it writes, however long the machine took to start it.
      child.stdout.on('data', c => {
        out += String(c)
        if (out.split('\n').length > 20) child.kill('SIGKILL')
      })
      await ended
      const acknowledged = Number(out.slice(0, out.lastIndexOf('\n')).split('\n').at(-1))
      expect(acknowledged).toBeGreaterThan(next)
      const state = await open()
      expect(await state.settings.get(`k${acknowledged}`)).toBe(acknowledged)
      expect(state.movedAside).toBeUndefined()
      next = acknowledged + 100_000
      await state.close()
      opened.length = 0
    }
  })

  test.each([
    ['text', () => Buffer.from('this is no database, but long enough to look at '.repeat(100))],
    ['zeroes in the middle', (good: Buffer) => Buffer.concat([good.subarray(0, 5000), Buffer.alloc(20_000, 0xff), good.subarray(25_000)])],
  ])('[S5] a damaged file (%s) is moved aside, named in the log, and never deleted', async (_name, damage) => {
    const a = await open()
    for (let i = 0; i < 50; i++) await a.settings.set(`k${i}`, 'x'.repeat(500))
    await a.close()
    opened.length = 0
    const bad = damage(readFileSync(path))
    rmSync(`${path}-wal`, { force: true })
    writeFileSync(path, bad)
    const b = await open()
    expect(b.movedAside).toContain('state.db.corrupt-')
    expect(readFileSync(b.movedAside!).equals(bad)).toBe(true)
    expect(logged.join('\n')).toContain('moved aside')
    expect(logged.join('\n')).toContain(b.movedAside!)
    await b.settings.set('a', 1)
    expect(await b.settings.get('k1')).toBeUndefined()
  })

  test('[S6] a file of a newer version is refused and left as it is', async () => {
    const later = { ...MIGRATIONS, '9999_later': { async up() {} } }
    await (await openState(path, { ...options, migrations: later })).close()
    const before = readFileSync(path)
    await expect(open()).rejects.toMatchObject({ code: 'newer' })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('[S7] attempts of an older file can be filtered, too', async () => {
    const { '0007_delivery_columns': columns, ...older } = MIGRATIONS
    expect(columns).toBeDefined()
    await (await openState(path, { ...options, migrations: older })).close()
    const file = new SqliteFile(await loadSqlite(), path)
    file.rows(`INSERT INTO deliveries (t_ms, attempt_json) VALUES (1795299999001, '${JSON.stringify({ ...attempt(1_795_299_999_001), alertNames: ['A', 'B'] })}'), (1795299999002, '${JSON.stringify({ ...attempt(1_795_299_999_002), ok: false, status: 'test' })}')`)
    file.close()
    const a = await open()
    expect((await a.alerting.deliveries({ limit: 9, alertName: 'B', contactPoint: 'team', ok: true, status: 'firing' })).map(d => d.id)).toEqual([1])
    expect((await a.alerting.deliveries({ limit: 9, ok: false, status: 'test' })).map(d => d.id)).toEqual([2])
  })

  test('[S7] a backup is made before a migration, and a failed one changes nothing', async () => {
    const a = await open()
    await a.settings.set('a', 1)
    await a.close()
    opened.length = 0
    // The first start has nothing to back up.
    expect(readdirSync(dir).filter(n => n.includes('.before-'))).toEqual([])
    const failing = { ...MIGRATIONS, '0003_bad': { async up(db: Parameters<(typeof MIGRATIONS)[string]['up']>[0]) {
      await db.schema.dropTable('settings').execute()
      throw new Error('half way')
    } } }
    const err = await open({ migrations: failing }).then(() => undefined, (e: unknown) => e)
    expect(err).toBeInstanceOf(StateError)
    expect((err as StateError).code).toBe('migration')
    const backups = readdirSync(dir).filter(n => n.includes('.before-0003_bad-'))
    expect(backups.length).toBe(1)
    const b = await open()
    expect(await b.settings.get('a')).toBe(1)
    await b.close()
    opened.length = 0
    path = join(dir, backups[0]!)
    expect(await (await open()).settings.get('a')).toBe(1)
  })

  test('[S8] an unusable path is a typed error', async () => {
    path = join(dir, 'state.db')
    mkdirSync(path)
    await expect(open()).rejects.toMatchObject({ code: 'io', path })
  })
})
