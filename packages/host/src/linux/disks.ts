import type { Collector } from '../collector.ts'
import type { SystemFiles } from '../system-files.ts'

/** Partitions and memory disks are left out, as node_exporter does by default. */
const IGNORED = /^(?:z?ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/

/** Columns of `/proc/diskstats` behind the device's name. Sectors have 512 bytes, times are in ms. @see Linux Documentation/admin-guide/iostats.rst */
const COLUMNS: readonly (readonly [metric: string, type: 'counter' | 'gauge', factor: number, help: string])[] = [
  ['reads_completed_total', 'counter', 1, 'The total number of reads completed successfully.'],
  ['reads_merged_total', 'counter', 1, 'The total number of reads merged.'],
  ['read_bytes_total', 'counter', 512, 'The total number of bytes read successfully.'],
  ['read_time_seconds_total', 'counter', 1e-3, 'The total number of seconds spent by all reads.'],
  ['writes_completed_total', 'counter', 1, 'The total number of writes completed successfully.'],
  ['writes_merged_total', 'counter', 1, 'The number of writes merged.'],
  ['written_bytes_total', 'counter', 512, 'The total number of bytes written successfully.'],
  ['write_time_seconds_total', 'counter', 1e-3, 'This is the total number of seconds spent by all writes.'],
  ['io_now', 'gauge', 1, 'The number of I/Os currently in progress.'],
  ['io_time_seconds_total', 'counter', 1e-3, 'Total seconds spent doing I/Os.'],
  ['io_time_weighted_seconds_total', 'counter', 1e-3, 'The weighted # of seconds spent doing I/Os.'],
  ['discards_completed_total', 'counter', 1, 'The total number of discards completed successfully.'],
  ['discards_merged_total', 'counter', 1, 'The total number of discards merged.'],
  ['discarded_sectors_total', 'counter', 1, 'The total number of sectors discarded successfully.'],
  ['discard_time_seconds_total', 'counter', 1e-3, 'This is the total number of seconds spent by all discards.'],
  ['flush_requests_total', 'counter', 1, 'The total number of flush requests completed successfully'],
  ['flush_requests_time_seconds_total', 'counter', 1e-3, 'This is the total number of seconds spent by all flush requests.'],
]

/** @see node_exporter `collector/diskstats_linux.go` */
export function diskstatsCollector(files: SystemFiles): Collector {
  return {
    name: 'diskstats',
    collect(out) {
      for (const line of files.read(`${files.proc}/diskstats`).split('\n')) {
        const [major, minor, device, ...values] = line.trim().split(/\s+/)
        if (device === undefined || IGNORED.test(device)) continue
        for (const [i, [metric, type, factor, help]] of COLUMNS.entries()) {
          const value = values[i]
          if (value !== undefined) out[type](`node_disk_${metric}`, help, factor === 1e-3 ? Number(value) / 1000 : Number(value) * factor, 'device', device)
        }
        const udev = udevProperties(files, major!, minor!)
        const property = (...names: readonly string[]): string => names.map(name => udev.get(name) ?? '').find(value => value !== '') ?? ''
        out.gauge(
          'node_disk_info', 'Info of /sys/block/<block_device>.', 1, 'device', device, 'major', major!, 'minor', minor!, 'model', property('ID_MODEL'), 'path', property('ID_PATH'),
          'revision', property('ID_REVISION'), 'rotational', files.tryRead(`${files.sys}/block/${device}/queue/rotational`) === '1' ? '1' : '0',
          'serial', property('SCSI_IDENT_SERIAL', 'ID_SERIAL_SHORT', 'ID_SERIAL'), 'wwn', property('ID_WWN'),
        )
      }
    },
  }
}

/** What udev found out about a block device; empty where udev does not run. */
function udevProperties(files: SystemFiles, major: string, minor: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of files.tryRead(`${files.root}/run/udev/data/b${major}:${minor}`)?.split('\n') ?? []) {
    const parts = /^E:([^=]+)=(.*)$/.exec(line)
    if (parts !== null) properties.set(parts[1]!, parts[2]!)
  }
  return properties
}
