import type { Collector } from '../collector.ts'
import type { SystemFiles } from '../system-files.ts'

/** The machine's clock. Also where there is no sysfs. @see node_exporter `collector/time.go` */
export function timeCollector(files: SystemFiles, nowMs: () => number): Collector {
  let rule: string | undefined
  return {
    name: 'time',
    collect(out) {
      const now = new Date(nowMs())
      out.gauge('node_time_seconds', 'System time in seconds since epoch (1970).', now.getTime() / 1000)
      const offsetSeconds = 0 - 60 * now.getTimezoneOffset()
      rule ??= zoneRule(files, process.env['TZ'])
      out.gauge('node_time_zone_offset_seconds', 'System time zone offset in seconds.', offsetSeconds, 'time_zone', zoneName(rule, offsetSeconds))
      const base = `${files.sys}/devices/system/clocksource`
      for (const folder of files.list(base)) {
        const device = /^clocksource(\d+)$/.exec(folder)?.[1]
        if (device === undefined) continue
        for (const source of files.tryAttribute(`${base}/${folder}/available_clocksource`)?.split(/\s+/) ?? []) {
          out.gauge('node_time_clocksource_available_info', `Available clocksources read from '/sys/devices/system/clocksource'.`, 1, 'clocksource', source, 'device', device)
        }
        const current = files.tryAttribute(`${base}/${folder}/current_clocksource`)
        if (current !== undefined) out.gauge('node_time_clocksource_current_info', `Current clocksource read from '/sys/devices/system/clocksource'.`, 1, 'clocksource', current, 'device', device)
      }
    },
  }
}

/** The rule for the present at the end of the machine's time zone file, e.g. `KST-9` or `CET-1CEST,M3.5.0,M10.5.0/3`; '' if there is none. @see RFC 8536, section 3.3 */
function zoneRule(files: SystemFiles, zone: string | undefined): string {
  const path = zone === undefined || zone === '' ? '/etc/localtime' : `/usr/share/zoneinfo/${zone.replace(/^:/, '')}`
  return /\n(.*)\n$/.exec(files.tryReadWhole(files.root + path) ?? '')?.[1] ?? ''
}

/** What people call the zone at this offset: the summer name where it differs from the standard one, the offset itself where there is no rule. */
export function zoneName(rule: string, offsetSeconds: number): string {
  const [, standard, sign, hours, minutes = '0', summer] = /^(<[^>]+>|[A-Za-z]+)([+-]?)(\d+)(?::(\d+))?(?::\d+)?(<[^>]+>|[A-Za-z]+)?/.exec(rule) ?? []
  if (standard === undefined) {
    if (offsetSeconds === 0) return 'UTC'
    const size = Math.abs(offsetSeconds) / 60
    return `${offsetSeconds < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}`
  }
  // POSIX counts westwards.
  const standardSeconds = (sign === '-' ? 1 : -1) * (Number(hours) * 3600 + Number(minutes) * 60)
  return (summer !== undefined && offsetSeconds !== standardSeconds ? summer : standard).replace(/[<>]/g, '')
}
