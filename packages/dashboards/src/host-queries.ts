import { quotePromql, selectorText } from './promql-text.ts'

/** Which computer: a job, an instance of it, both or all that speak node_exporter's names. */
export interface HostScope {
  readonly job?: string
  readonly instance?: string
  /** The range of `rate`; default `$__rate_interval`. */
  readonly range?: string
}

/** PromQL about a computer, one series per instance. */
export interface HostQueries {
  /** Busy share of all cores, 0..1. */
  readonly cpu: string
  /** Bytes that programs can still get without swapping. */
  readonly memoryAvailable: string
  readonly memoryTotal: string
  /** Bytes of the root file system. */
  readonly diskFree: string
  readonly diskSize: string
  readonly load1: string
  /** Bytes per second over all real interfaces. */
  readonly networkReceive: string
  readonly networkTransmit: string
  readonly diskRead: string
  readonly diskWritten: string
  /** Seconds since the machine started. */
  readonly uptime: string
  /** Share of each file system that is in use, by instance and mount point. */
  readonly diskUsed: string
  /** The same in so many seconds, at the pace of the 24 hours before; needs an hour of data. */
  readonly diskUsedIn: (seconds: number) => string
  /** Seconds until each file system is full at the pace of the last 24 hours; nothing for those that will not be within 60 days. */
  readonly diskFullIn: string
  /** Least bytes available within an hour. */
  readonly memoryLeast: string
}

/** The metric by whose presence a job is a computer. */
export const HOST_METRIC = 'node_cpu_seconds_total'

function byInstance(expr: string): string {
  return `sum by (instance) (${expr})`
}

/** The queries about computers, under node_exporter's names. */
export function hostQueries(scope: HostScope = {}): HostQueries {
  const range = scope.range ?? '$__rate_interval'
  const base = [
    ...(scope.job === undefined ? [] : [`job=${quotePromql(scope.job)}`]),
    ...(scope.instance === undefined ? [] : [`instance=${quotePromql(scope.instance)}`]),
  ]
  const select = (name: string, ...matchers: string[]): string => selectorText(name, [...base, ...matchers])

  // A root file system is listed twice on old kernels (rootfs); max keeps one.
  const root = (name: string): string => `max by (instance) (${select(name, 'mountpoint="/"', 'fstype!="rootfs"')})`
  const device = 'device!~"lo|veth.*|docker.*|br-.*|cali.*|flannel.*"'
  const files = ['fstype!~"rootfs|tmpfs|devtmpfs|ramfs|squashfs|iso9660|autofs|nsfs"', 'mountpoint!~"/(etc|dev|proc|sys|run|boot|snap)(/.*)?|/var/lib/(docker|containers|kubelet)/.+"']
  const free = select('node_filesystem_avail_bytes', ...files)
  const perFiles = (aggregate: string, expr: string): string => `${aggregate} by (instance, mountpoint) (${expr})`
  const size = perFiles('max', `${select('node_filesystem_size_bytes', ...files)} > 0`)
  return {
    diskUsed: `1 - ${perFiles('max', free)} / ${size}`,
    diskUsedIn: seconds => `clamp(1 - ${perFiles('max', `predict_linear(${free}[1d], ${seconds}) and ${free} offset 1h`)} / ${size}, 0, 1)`,
    // Bytes over bytes per second.
    diskFullIn: perFiles('min', `${free} / -(deriv(${free}[1d]) < 0) < ${60 * 86_400} and ${free} offset 1h`),
    memoryLeast: `max by (instance) (min_over_time(${select('node_memory_MemAvailable_bytes')}[1h]))`,
    cpu: `1 - avg by (instance) (rate(${select(HOST_METRIC, 'mode="idle"')}[${range}]))`,
    memoryAvailable: `max by (instance) (${select('node_memory_MemAvailable_bytes')})`,
    memoryTotal: `max by (instance) (${select('node_memory_MemTotal_bytes')})`,
    diskFree: root('node_filesystem_avail_bytes'),
    diskSize: root('node_filesystem_size_bytes'),
    load1: `max by (instance) (${select('node_load1')})`,
    networkReceive: byInstance(`rate(${select('node_network_receive_bytes_total', device)}[${range}])`),
    networkTransmit: byInstance(`rate(${select('node_network_transmit_bytes_total', device)}[${range}])`),
    diskRead: byInstance(`rate(${select('node_disk_read_bytes_total')}[${range}])`),
    diskWritten: byInstance(`rate(${select('node_disk_written_bytes_total')}[${range}])`),
    uptime: `max by (instance) (${select('node_time_seconds')} - ${select('node_boot_time_seconds')})`,
  }
}
