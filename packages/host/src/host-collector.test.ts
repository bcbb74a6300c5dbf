import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseExposition } from '@haechi/exposition'
import { NoData } from './collector.ts'
import type { Collector } from './collector.ts'
import { HostCollector, collectHost } from './host-collector.ts'
import type { HostOptions } from './host-collector.ts'
import { zoneName } from './linux/clock.ts'
import { MetricBuffer } from './metric-buffer.ts'

const text = (collector: HostCollector): string => Buffer.from(collector.collect()).toString()
const line = (body: string, start: string): string | undefined => body.split('\n').find(l => l.startsWith(start))

let folder = ''
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'haechi-host-')) })
afterEach(() => rmSync(folder, { recursive: true }))

/** Writes files below the test's folder. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
const paths = (): HostOptions => ({ platform: 'linux', procPath: join(folder, 'proc'), sysPath: join(folder, 'sys'), rootPath: folder })

describe('[H3] a failing collector is alone with it', () => {
  test('its success is 0, what it had stays, the others go on, it is told once', () => {
    const told: unknown[] = []
    const host = new HostCollector({ ...paths(), platform: 'other', log: { warn: fields => told.push(fields['collector']) } })
    let broken = true
    host.register({ name: 'mine', collect: out => {
      out.gauge('my_value', 'Mine.', 1)
      if (broken) throw new Error('disk on fire')
    } })
    const body = text(host)
    expect(line(body, 'my_value')).toBe('my_value 1')
    expect(line(body, 'node_scrape_collector_success{collector="mine"}')).toBe('node_scrape_collector_success{collector="mine"} 0')
    expect(line(body, 'node_scrape_collector_success{collector="cpu"}')).toBe('node_scrape_collector_success{collector="cpu"} 1')
    text(host)
    expect(told).toEqual(['mine'])
    broken = false
    expect(line(text(host), 'node_scrape_collector_success{collector="mine"}')).toMatch(/ 1$/)
    broken = true
    text(host)
    expect(told).toEqual(['mine', 'mine'])
  })

  test('where there is nothing to collect nobody is told', () => {
    const told: unknown[] = []
    const host = new HostCollector({ ...paths(), platform: 'other', log: { warn: fields => told.push(fields) } })
    host.register({ name: 'none', collect: () => { throw new NoData('nothing here') } })
    expect(line(text(host), 'node_scrape_collector_success{collector="none"}')).toMatch(/ 0$/)
    expect(told).toEqual([])
  })

  test('a Linux without any of the files answers with what it has', () => {
    write({ 'proc/loadavg': '1 2 3 1/1 1\n' })
    const body = text(new HostCollector(paths()))
    expect(line(body, 'node_load5')).toBe('node_load5 2')
    expect(line(body, 'node_cpu_seconds_total')).toBeUndefined()
  })
})

describe('[H4] collectors can be added and replaced', () => {
  test('by name', () => {
    const host = new HostCollector({ ...paths(), platform: 'other' })
    const mine = (value: number): Collector => ({ name: 'loadavg', collect: out => out.gauge('node_load1', '1m load average.', value) })
    host.register(mine(1))
    host.register(mine(2))
    expect(text(host).match(/^node_load1 .*$/gm)).toEqual(['node_load1 2'])
  })
})

describe('[H5] a slow collector runs rarely', () => {
  test('after four slow runs in a row its results are kept for five hundred times their cost', () => {
    let now = 0
    let runs = 0
    const host = new HostCollector({ ...paths(), platform: 'other', monotonicMs: () => now })
    host.register({ name: 'slow', collect: out => {
      runs++
      now += 20
      out.gauge('slow_runs', 'Runs.', runs)
    } })
    for (let i = 0; i < 6; i++) expect(line(text(host), 'slow_runs')).toBe(`slow_runs ${Math.min(i + 1, 4)}`)
    now += 9_000
    expect(line(text(host), 'slow_runs')).toBe('slow_runs 4')
    now += 1_000
    expect(line(text(host), 'slow_runs')).toBe('slow_runs 5')
  })
})

describe('[H6] counters never step back', () => {
  const cpu = (idle: number, user: number): Record<string, string> => ({ 'proc/stat': `cpu0 ${user} 0 0 ${idle} 0 0 0 0 0 0\nintr 1\n` })
  const idle = (host: HostCollector): string | undefined => line(text(host), 'node_cpu_seconds_total{cpu="0",mode="idle"}')?.split(' ')[1]

  test('idle time that jitters is held, a CPU that begins anew is not', () => {
    write(cpu(1000, 10))
    const host = new HostCollector(paths())
    expect(idle(host)).toBe('10')
    write(cpu(950, 11))
    expect(idle(host)).toBe('10')
    write(cpu(1100, 12))
    expect(idle(host)).toBe('11')
    write(cpu(5, 1))
    expect(idle(host)).toBe('0.05')
  })
})

describe('[H7] file systems', () => {
  test('one that is gone has its error, remote ones are asked in the background', async () => {
    write({
      'proc/1/mountinfo': '1 0 8:1 / / rw - ext4 /dev/a rw\n2 0 8:2 / /gone rw - xfs /dev/b rw\n3 0 0:40 / /remote rw - nfs4 server:/x rw\n4 0 0:41 / /gone-remote rw - cifs //s/x rw\n', 'remote/file': 'x',
    })
    const host = new HostCollector(paths())
    const first = text(host)
    expect(line(first, 'node_filesystem_device_error{device="/dev/b"')).toBe('node_filesystem_device_error{device="/dev/b",device_error="no such file or directory",fstype="xfs",mountpoint="/gone"} 1')
    expect(line(first, 'node_filesystem_size_bytes{device="/dev/a"')).toBeDefined()
    expect(first).not.toContain('server:/x')
    await expect.poll(() => text(host)).toContain('node_filesystem_size_bytes{device="server:/x",device_error="",fstype="nfs4",mountpoint="/remote"}')
    await expect.poll(() => text(host)).toContain('node_filesystem_device_error{device="//s/x",device_error="no such file or directory",fstype="cifs",mountpoint="/gone-remote"} 1')
  })
})

describe('[H8] without procfs', () => {
  test.each(['darwin', 'freebsd', 'win32'])('%s: cpu, memory, boot time, time, uname, file system', platform => {
    const body = Buffer.from(collectHost({ ...paths(), platform })).toString()
    for (const name of ['node_cpu_seconds_total', 'node_memory_total_bytes', 'node_boot_time_seconds', 'node_time_seconds', 'node_uname_info']) expect(body).toContain(`\n${name}`)
    expect(body.includes('\nnode_load1 ')).toBe(platform !== 'win32')
    if (platform !== 'win32') expect(line(body, 'node_filesystem_size_bytes')).toMatch(/device="\/".*mountpoint="\/"\} [1-9]/)
    expect(line(body, 'node_boot_time_seconds')!.split(' ')[1]).toMatch(/^1\./)
  })
})

describe('[H9] the body', () => {
  test('is read by our own reader, family by family, without repetition', () => {
    const bytes = collectHost()
    const body = parseExposition(bytes, 'text')
    expect(body.samples.length).toBeGreaterThan(50)
    const names = [...Buffer.from(bytes).toString().matchAll(/^# TYPE (\S+)/gm)].map(m => m[1]!)
    expect(names).toEqual([...new Set(names)].sort())
    const series = Buffer.from(bytes).toString().split('\n').filter(l => l !== '' && !l.startsWith('#')).map(l => l.slice(0, l.lastIndexOf(' ')))
    expect(new Set(series).size).toBe(series.length)
  })

  test('escapes label values and writes numbers as Go does', () => {
    const out = new MetricBuffer()
    out.gauge('b', 'Second.', 1e21, 'x', 'a"b\\c\nd')
    out.untyped('a', 'First.', 0.5)
    out.counter('b', 'ignored', 2)
    expect(out.text()).toBe('# HELP a First.\n# TYPE a untyped\na 0.5\n# HELP b Second.\n# TYPE b gauge\nb{x="a\\"b\\\\c\\nd"} 1e+21\nb 2\n')
  })

  test.each([
    ['KST-9', 32_400, 'KST'], ['CET-1CEST,M3.5.0,M10.5.0/3', 3600, 'CET'], ['CET-1CEST,M3.5.0,M10.5.0/3', 7200, 'CEST'], ['<-03>3', -10_800, '-03'], ['EST5EDT,M3.2.0,M11.1.0', -14_400, 'EDT'],
    ['IST-5:30', 19_800, 'IST'], ['UTC0', 0, 'UTC'], ['', 0, 'UTC'], ['', 20_700, '+0545'], ['', -12_600, '-0330'],
  ])('time zone %s at %d s is %s', (rule, offset, name) => expect(zoneName(rule, offset)).toBe(name))
})
