import { NoData } from '../collector.ts'
import type { Collector } from '../collector.ts'
import type { MetricBuffer } from '../metric-buffer.ts'
import type { SystemFiles } from '../system-files.ts'

/** The kernel counts CPU time in hundredths of a second towards user space, whatever its own clock is. */
const TICKS_PER_SECOND = 100

const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const
/** In the order in which they are written. */
const SHOWN_MODES = [...MODES].sort()
/** A CPU whose idle time falls by more was taken out and put back, and begins anew; a smaller fall is jitter of the kernel and is not shown. */
const JUMP_BACK_SECONDS = 3

/** `/proc/stat`: CPU time. @see node_exporter `collector/cpu_linux.go` */
export class CpuCollector implements Collector {
  readonly name = 'cpu'
  readonly #files: SystemFiles
  /** Highest seconds seen, by CPU: user … steal, guest user, guest nice. */
  readonly #highest = new Map<string, number[]>()

  constructor(files: SystemFiles) {
    this.#files = files
  }

  collect(out: MetricBuffer): void {
    const stat = this.#files.read(`${this.#files.proc}/stat`)
    const present = new Set<string>()
    for (const line of stat.slice(0, stat.indexOf('\nintr')).split('\n')) {
      const match = /^cpu(\d+) (.*)$/.exec(line)
      if (match === null) continue
      const cpu = match[1]!
      present.add(cpu)
      const seconds = this.#monotonic(cpu, match[2]!.trim().split(/\s+/).map(ticks => Number(ticks) / TICKS_PER_SECOND))
      for (const mode of SHOWN_MODES) out.counter('node_cpu_seconds_total', 'Seconds the CPUs spent in each mode.', seconds[MODES.indexOf(mode)] ?? 0, 'cpu', cpu, 'mode', mode)
      out.counter('node_cpu_guest_seconds_total', GUEST, seconds[9] ?? 0, 'cpu', cpu, 'mode', 'nice')
      out.counter('node_cpu_guest_seconds_total', GUEST, seconds[8] ?? 0, 'cpu', cpu, 'mode', 'user')
    }
    for (const cpu of this.#highest.keys()) if (!present.has(cpu)) this.#highest.delete(cpu)
  }

  /** The kernel's counters of idle and iowait time may step back a little; counters must not. */
  #monotonic(cpu: string, seconds: number[]): number[] {
    const before = this.#highest.get(cpu)
    const idle = MODES.indexOf('idle')
    if (before === undefined || before[idle]! - (seconds[idle] ?? 0) >= JUMP_BACK_SECONDS) {
      this.#highest.set(cpu, seconds)
      return seconds
    }
    for (let i = 0; i < seconds.length; i++) if (seconds[i]! > (before[i] ?? 0)) before[i] = seconds[i]!
    return before
  }
}

const GUEST = 'Seconds the CPUs spent in guests (VMs) for each mode.'

/** Clock rates of CPUs from sysfs, file and metric. */
const FREQUENCIES: readonly (readonly [file: string, metric: string, help: string])[] = [
  ['cpuinfo_cur_freq', 'node_cpu_frequency_hertz', 'Current CPU thread frequency in hertz.'],
  ['cpuinfo_avg_freq', 'node_cpu_frequency_avg_hertz', 'Average CPU thread frequency in hertz.'],
  ['cpuinfo_min_freq', 'node_cpu_frequency_min_hertz', 'Minimum CPU thread frequency in hertz.'],
  ['cpuinfo_max_freq', 'node_cpu_frequency_max_hertz', 'Maximum CPU thread frequency in hertz.'],
  ['scaling_cur_freq', 'node_cpu_scaling_frequency_hertz', 'Current scaled CPU thread frequency in hertz.'],
  ['scaling_min_freq', 'node_cpu_scaling_frequency_min_hertz', 'Minimum scaled CPU thread frequency in hertz.'],
  ['scaling_max_freq', 'node_cpu_scaling_frequency_max_hertz', 'Maximum scaled CPU thread frequency in hertz.'],
]

/** Clock rates and governors. @see node_exporter `collector/cpufreq_linux.go` */
export function cpufreqCollector(files: SystemFiles): Collector {
  return {
    name: 'cpufreq',
    collect(out) {
      const base = `${files.sys}/devices/system/cpu`
      for (const folder of files.list(base)) {
        const cpu = /^cpu(\d+)$/.exec(folder)?.[1]
        if (cpu === undefined) continue
        const at = `${base}/${folder}/cpufreq`
        const governor = files.tryRead(`${at}/scaling_governor`)
        // Without a governor there is no frequency scaling, and no file to try.
        if (governor === undefined) continue
        for (const [file, metric, help] of FREQUENCIES) {
          const kilohertz = files.tryNumber(`${at}/${file}`)
          if (kilohertz !== undefined) out.gauge(metric, help, kilohertz * 1000, 'cpu', cpu)
        }
        for (const name of files.tryRead(`${at}/scaling_available_governors`)?.split(/\s+/) ?? []) {
          out.gauge('node_cpu_scaling_governor', 'Current enabled CPU frequency governor.', name === governor ? 1 : 0, 'cpu', cpu, 'governor', name)
        }
      }
    },
  }
}

/** `/proc/schedstat`: time that processes ran and waited, by CPU. @see node_exporter `collector/schedstat_linux.go` */
export function schedstatCollector(files: SystemFiles): Collector {
  return {
    name: 'schedstat',
    collect(out) {
      const text = files.tryRead(`${files.proc}/schedstat`)
      if (text === undefined) throw new NoData('no schedstat')
      for (const line of text.split('\n')) {
        const fields = /^cpu(\d+) (.*)$/.exec(line)
        if (fields === null) continue
        const cpu = fields[1]!
        const [running, waiting, slices] = fields[2]!.split(' ').slice(6).map(Number) as [number, number, number]
        out.counter('node_schedstat_running_seconds_total', 'Number of seconds CPU spent running a process.', running / 1e9, 'cpu', cpu)
        out.counter('node_schedstat_waiting_seconds_total', 'Number of seconds spent by processing waiting for this CPU.', waiting / 1e9, 'cpu', cpu)
        out.counter('node_schedstat_timeslices_total', 'Number of timeslices executed by CPU.', slices, 'cpu', cpu)
      }
    },
  }
}
