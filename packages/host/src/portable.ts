import { statfsSync } from 'node:fs'
import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os'
import { NoData } from './collector.ts'
import type { Collector } from './collector.ts'
import { writeFigures } from './linux/filesystems.ts'

/** Where a system without procfs keeps files: macOS has what is written on a volume of its own. */
const MOUNTPOINTS: Readonly<Record<string, readonly string[]>> = { darwin: ['/', '/System/Volumes/Data'], win32: ['C:\\'] }
/** Types of file systems that `statfs` of macOS tells by number. */
const TYPE_NAMES: Readonly<Record<number, string>> = { 0x1a: 'apfs', 0x11: 'hfs' }

/** What the runtime tells about a machine without procfs (macOS, BSD, Windows), under node_exporter's names for it. */
export function portableCollectors(platform: string, nowMs: () => number): Collector[] {
  return [
    {
      name: 'cpu',
      collect(out) {
        for (const [cpu, { times }] of cpus().entries()) {
          const modes = [['idle', times.idle], ['nice', times.nice], ['system', times.sys], ['user', times.user], ...(times.irq > 0 ? [['irq', times.irq] as const] : [])] as const
          for (const [mode, ms] of modes) out.counter('node_cpu_seconds_total', 'Seconds the CPUs spent in each mode.', ms / 1000, 'cpu', String(cpu), 'mode', mode)
        }
      },
    },
    {
      name: 'meminfo',
      collect(out) {
        out.gauge('node_memory_total_bytes', 'Memory information field total_bytes.', totalmem())
        out.gauge('node_memory_free_bytes', 'Memory information field free_bytes.', freemem())
      },
    },
    {
      name: 'loadavg',
      collect(out) {
        if (platform === 'win32') throw new NoData('no load average')
        const [one, five, fifteen] = loadavg() as [number, number, number]
        out.gauge('node_load1', '1m load average.', one)
        out.gauge('node_load5', '5m load average.', five)
        out.gauge('node_load15', '15m load average.', fifteen)
      },
    },
    {
      name: 'boottime',
      collect: out => out.gauge('node_boot_time_seconds', 'Unix time of last boot, including microseconds.', nowMs() / 1000 - uptime()),
    },
    {
      name: 'filesystem',
      collect(out) {
        let found = 0
        for (const mountpoint of MOUNTPOINTS[platform] ?? ['/']) {
          try {
            const figures = statfsSync(mountpoint)
            writeFigures(out, { device: mountpoint, mountpoint, fstype: TYPE_NAMES[figures.type] ?? 'unknown', major: '', minor: '', readonly: false }, figures)
            found++
          } catch {
            // That volume is not there.
          }
        }
        if (found === 0) throw new NoData('no file system')
      },
    },
  ]
}
