import { arch, hostname, machine, release, type, version } from 'node:os'
import { NoData } from '../collector.ts'
import type { Collector } from '../collector.ts'
import type { SystemFiles } from '../system-files.ts'

/** Counters of `/proc/stat` besides CPU time. @see node_exporter `collector/stat_linux.go` */
export function statCollector(files: SystemFiles): Collector {
  return {
    name: 'stat',
    collect(out) {
      for (const line of files.read(`${files.proc}/stat`).split('\n')) {
        const space = line.indexOf(' ')
        const end = line.indexOf(' ', space + 1)
        const value = Number(line.slice(space + 1, end < 0 ? undefined : end))
        switch (line.slice(0, space)) {
          case 'intr': out.counter('node_intr_total', 'Total number of interrupts serviced.', value); break
          case 'ctxt': out.counter('node_context_switches_total', 'Total number of context switches.', value); break
          case 'processes': out.counter('node_forks_total', 'Total number of forks.', value); break
          case 'btime': out.gauge('node_boot_time_seconds', 'Node boot time, in unixtime.', value); break
          case 'procs_running': out.gauge('node_procs_running', 'Number of processes in runnable state.', value); break
          case 'procs_blocked': out.gauge('node_procs_blocked', 'Number of processes blocked waiting for I/O to complete.', value); break
        }
      }
    },
  }
}

/** @see node_exporter `collector/loadavg_linux.go` */
export function loadavgCollector(files: SystemFiles): Collector {
  return {
    name: 'loadavg',
    collect(out) {
      const [one, five, fifteen] = files.read(`${files.proc}/loadavg`).split(' ').map(Number) as [number, number, number]
      out.gauge('node_load1', '1m load average.', one)
      out.gauge('node_load5', '5m load average.', five)
      out.gauge('node_load15', '15m load average.', fifteen)
    },
  }
}

/** All fields of `/proc/meminfo`; kilobytes become bytes. @see node_exporter `collector/meminfo.go` */
export function meminfoCollector(files: SystemFiles): Collector {
  return {
    name: 'meminfo',
    collect(out) {
      for (const line of files.read(`${files.proc}/meminfo`).split('\n')) {
        const parts = /^([^:]+):\s*(\d+)( kB)?/.exec(line)
        if (parts === null) continue
        const name = parts[1]!.replace(/\((.*)\)/, '_$1') + (parts[3] === undefined ? '' : '_bytes')
        out.gauge(`node_memory_${name}`, `Memory information field ${name}.`, Number(parts[2]) * (parts[3] === undefined ? 1 : 1024))
      }
    },
  }
}

/** Fields of `/proc/vmstat` that node_exporter shows by default. */
const VMSTAT_FIELD = /^(?:oom_kill|pgpg|pswp|pg.*fault)/

/** @see node_exporter `collector/vmstat_linux.go` */
export function vmstatCollector(files: SystemFiles): Collector {
  return {
    name: 'vmstat',
    collect(out) {
      for (const line of files.read(`${files.proc}/vmstat`).split('\n')) {
        if (!VMSTAT_FIELD.test(line)) continue
        const [field, value] = line.split(' ') as [string, string]
        out.untyped(`node_vmstat_${field}`, `/proc/vmstat information field ${field}.`, Number(value))
      }
    },
  }
}

/** Pressure: resource, what is counted, name, explanation. @see node_exporter `collector/pressure_linux.go` */
const PRESSURE: readonly (readonly [resource: string, kind: 'some' | 'full', metric: string, help: string])[] = [
  ['cpu', 'some', 'cpu_waiting', 'Total time in seconds that processes have waited for CPU time'],
  ['io', 'some', 'io_waiting', 'Total time in seconds that processes have waited due to IO congestion'],
  ['io', 'full', 'io_stalled', 'Total time in seconds no process could make progress due to IO congestion'],
  ['memory', 'some', 'memory_waiting', 'Total time in seconds that processes have waited for memory'],
  ['memory', 'full', 'memory_stalled', 'Total time in seconds no process could make progress due to memory congestion'],
  ['irq', 'full', 'irq_stalled', 'Total time in seconds no process could make progress due to IRQ congestion'],
]

/** Pressure stall information (Linux 4.20 and later, unless switched off). */
export function pressureCollector(files: SystemFiles): Collector {
  return {
    name: 'pressure',
    collect(out) {
      let found = false
      const texts = new Map(['cpu', 'io', 'memory', 'irq'].map(resource => [resource, files.tryRead(`${files.proc}/pressure/${resource}`)]))
      for (const [resource, kind, metric, help] of PRESSURE) {
        const total = new RegExp(`^${kind} .*total=(\\d+)`, 'm').exec(texts.get(resource) ?? '')?.[1]
        if (total === undefined) continue
        found = true
        out.counter(`node_pressure_${metric}_seconds_total`, help, Number(total) / 1e6)
      }
      if (!found) throw new NoData('no pressure stall information')
    },
  }
}

/** @see node_exporter `collector/filefd_linux.go` */
export function filefdCollector(files: SystemFiles): Collector {
  return {
    name: 'filefd',
    collect(out) {
      const [allocated, , maximum] = files.read(`${files.proc}/sys/fs/file-nr`).trim().split(/\s+/).map(Number) as [number, number, number]
      out.gauge('node_filefd_allocated', 'File descriptor statistics: allocated.', allocated)
      out.gauge('node_filefd_maximum', 'File descriptor statistics: maximum.', maximum)
    },
  }
}

/** @see node_exporter `collector/entropy_linux.go` */
export function entropyCollector(files: SystemFiles): Collector {
  return {
    name: 'entropy',
    collect(out) {
      const at = `${files.proc}/sys/kernel/random`
      out.gauge('node_entropy_available_bits', 'Bits of available entropy.', Number(files.read(`${at}/entropy_avail`)))
      out.gauge('node_entropy_pool_size_bits', 'Bits of entropy pool.', Number(files.read(`${at}/poolsize`)))
    },
  }
}

/** @see node_exporter `collector/kernel_hung_linux.go` */
export function kernelHungCollector(files: SystemFiles): Collector {
  return {
    name: 'kernel_hung',
    collect(out) {
      const count = files.tryNumber(`${files.proc}/sys/kernel/hung_task_detect_count`)
      if (count === undefined) throw new NoData('no hung_task_detect_count')
      out.counter('node_kernel_hung_tasks_total', 'Total number of tasks that have been detected as hung since the system booted.', count)
    },
  }
}

/** @see node_exporter `collector/selinux_linux.go` */
export function selinuxCollector(files: SystemFiles): Collector {
  return {
    name: 'selinux',
    collect(out) {
      const enforcing = files.tryNumber(`${files.sys}/fs/selinux/enforce`)
      out.gauge('node_selinux_enabled', 'SELinux is enabled, 1 is true, 0 is false', enforcing === undefined ? 0 : 1)
      if (enforcing !== undefined) out.gauge('node_selinux_current_mode', 'Current SELinux enforcement mode', enforcing)
    },
  }
}

/** Names of kernel and machine. Also where there is no procfs. @see node_exporter `collector/uname.go` */
export function unameCollector(files: SystemFiles): Collector {
  return {
    name: 'uname',
    collect(out) {
      const domain = files.tryRead(`${files.proc}/sys/kernel/domainname`) ?? '(none)'
      // `os.machine` came with Node 18.9; a runtime without it has the architecture in its own words.
      const hardware = typeof machine === 'function' ? machine() : arch()
      out.gauge(
        'node_uname_info', 'Labeled system information as provided by the uname system call.', 1,
        'domainname', domain, 'machine', hardware, 'nodename', hostname(), 'release', release(), 'sysname', type(), 'version', version(),
      )
    },
  }
}

const OS_LABELS = [
  'build_id', 'id', 'id_like', 'image_id', 'image_version', 'name', 'pretty_name', 'variant', 'variant_id', 'version', 'version_codename', 'version_id',
] as const

/** `/etc/os-release`. @see node_exporter `collector/os_release.go` */
export function osReleaseCollector(files: SystemFiles): Collector {
  return {
    name: 'os',
    collect(out) {
      const text = files.tryRead(`${files.root}/etc/os-release`) ?? files.tryRead(`${files.root}/usr/lib/os-release`)
      if (text === undefined) throw new NoData('no os-release file')
      const values = new Map<string, string>()
      for (const line of text.split('\n')) {
        const parts = /^\s*([A-Z_0-9]+)=(.*?)\s*$/.exec(line)
        if (parts !== null) values.set(parts[1]!.toLowerCase(), shellText(parts[2]!))
      }
      const value = (label: string): string => values.get(label) ?? ''
      out.gauge(
        'node_os_info', `A metric with a constant '1' value labeled by ${OS_LABELS.join(', ')}.`, 1, ...OS_LABELS.flatMap(label => [label, value(label)]),
      )
      const number = Number(/^[0-9]+\.?[0-9]*/.exec(value('version_id'))?.[0] ?? 0)
      if (number > 0) out.gauge('node_os_version', 'Metric containing the major.minor part of the OS version.', number, 'id', value('id'), 'id_like', value('id_like'), 'name', value('name'))
      const end = Date.parse(value('support_end'))
      if (!Number.isNaN(end)) out.gauge('node_os_support_end_timestamp_seconds', 'Metric containing the end-of-life date timestamp of the OS.', end / 1000)
    },
  }
}

/** A value of a shell assignment without its quotes. */
function shellText(raw: string): string {
  const quoted = /^"(.*)"$/.exec(raw)?.[1]
  if (quoted !== undefined) return quoted.replace(/\\(["$`\\])/g, '$1')
  return /^'(.*)'$/.exec(raw)?.[1] ?? raw
}

const DMI_LABELS = [
  'bios_date', 'bios_release', 'bios_vendor', 'bios_version', 'board_asset_tag', 'board_name', 'board_serial', 'board_vendor', 'board_version', 'chassis_asset_tag', 'chassis_serial',
  'chassis_vendor', 'chassis_version', 'product_family', 'product_name', 'product_serial', 'product_sku', 'product_uuid', 'product_version', 'system_vendor',
] as const

/** What the firmware tells about the machine; never changes while it runs. @see node_exporter `collector/dmi.go` */
export function dmiCollector(files: SystemFiles): Collector {
  let labels: string[] | undefined
  return {
    name: 'dmi',
    collect(out) {
      labels ??= DMI_LABELS.flatMap(label => {
        const value = files.tryRead(`${files.sys}/class/dmi/id/${label === 'system_vendor' ? 'sys_vendor' : label}`)
        return value === undefined ? [] : [label, value]
      })
      if (labels.length === 0) throw new NoData('no DMI')
      out.gauge('node_dmi_info', `A metric with a constant '1' value labeled by ${DMI_LABELS.join(', ')} if provided by DMI.`, 1, ...labels)
    },
  }
}
