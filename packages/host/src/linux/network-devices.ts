import { NoData } from '../collector.ts'
import type { Collector } from '../collector.ts'
import type { MetricBuffer } from '../metric-buffer.ts'
import type { SystemFiles } from '../system-files.ts'

type Property = readonly [file: string, metric: string, type: 'counter' | 'gauge']

/** Properties of a network device that change while it works, then those that hardly ever do. */
const LIVELY: readonly Property[] = [
  ['carrier', 'carrier', 'gauge'], ['carrier_changes', 'carrier_changes_total', 'counter'], ['carrier_up_count', 'carrier_up_changes_total', 'counter'],
  ['carrier_down_count', 'carrier_down_changes_total', 'counter'], ['dormant', 'dormant', 'gauge'], ['flags', 'flags', 'gauge'],
]
const STEADY: readonly Property[] = [
  ['addr_assign_type', 'address_assign_type', 'gauge'], ['dev_id', 'device_id', 'gauge'], ['ifindex', 'iface_id', 'gauge'], ['iflink', 'iface_link', 'gauge'],
  ['link_mode', 'iface_link_mode', 'gauge'], ['mtu', 'mtu_bytes', 'gauge'], ['name_assign_type', 'name_assign_type', 'gauge'], ['netdev_group', 'net_dev_group', 'gauge'],
  ['speed', 'speed_bytes', 'gauge'], ['tx_queue_len', 'transmit_queue_length', 'gauge'], ['type', 'protocol_type', 'gauge'],
]
const TEXTS = ['address', 'broadcast', 'duplex', 'ifalias'] as const
/** A container host has hundreds of devices with thirty files each; what hardly changes is read again after this time. */
const STEADY_MS = 60_000

interface SteadyValues {
  readonly readAtMs: number
  /** The device's operating state at that time. */
  readonly state: string
  readonly numbers: readonly (number | undefined)[]
  readonly texts: readonly string[]
}

/** `/sys/class/net`. @see node_exporter `collector/netclass_linux.go` */
export class NetclassCollector implements Collector {
  readonly name = 'netclass'
  readonly #files: SystemFiles
  readonly #nowMs: () => number
  readonly #steady = new Map<string, SteadyValues>()

  constructor(files: SystemFiles, nowMs: () => number) {
    this.#files = files
    this.#nowMs = nowMs
  }

  collect(out: MetricBuffer): void {
    const base = `${this.#files.sys}/class/net`
    // Among the devices stands the file of the bonding driver.
    const devices = this.#files.list(base).filter(name => name !== 'bonding_masters')
    if (devices.length === 0) throw new NoData('no network devices')
    for (const device of devices) this.#device(out, device, `${base}/${device}`)
    for (const device of this.#steady.keys()) if (!devices.includes(device)) this.#steady.delete(device)
  }

  #device(out: MetricBuffer, device: string, at: string): void {
    const state = this.#files.tryAttribute(`${at}/operstate`) ?? ''
    // A link that goes up or down may come back with another speed or address.
    const steady = this.#steadyValues(device, at, state)
    let flags: number | undefined
    for (const [file, metric, type] of LIVELY) {
      const value = this.#files.tryNumber(`${at}/${file}`)
      if (file === 'flags') flags = value
      if (value !== undefined) out[type](`node_network_${metric}`, `Network device property: ${metric}`, value, 'device', device)
    }
    for (const [i, [file, metric, type]] of STEADY.entries()) {
      const value = steady.numbers[i]
      if (value !== undefined) out[type](`node_network_${metric}`, `Network device property: ${metric}`, file === 'speed' ? Math.trunc(value * 1_000_000 / 8) : value, 'device', device)
    }
    const [address, broadcast, duplex, ifalias] = steady.texts as [string, string, string, string]
    const admin = flags === undefined ? 'unknown' : (flags & 1) === 1 ? 'up' : 'down'
    out.gauge(
      'node_network_info', 'Non-numeric data from /sys/class/net/<iface>, value is always 1.', 1,
      'address', address, 'adminstate', admin, 'broadcast', broadcast, 'device', device, 'duplex', duplex, 'ifalias', ifalias, 'operstate', state,
    )
    out.gauge('node_network_up', `Value is 1 if operstate is 'up', 0 otherwise.`, state === 'up' ? 1 : 0, 'device', device)
  }

  #steadyValues(device: string, at: string, state: string): SteadyValues {
    const known = this.#steady.get(device)
    const nowMs = this.#nowMs()
    if (known !== undefined && known.state === state && nowMs - known.readAtMs < STEADY_MS) return known
    const values = { readAtMs: nowMs, state, numbers: STEADY.map(([file]) => this.#files.tryNumber(`${at}/${file}`)), texts: TEXTS.map(file => this.#files.tryAttribute(`${at}/${file}`) ?? '') }
    this.#steady.set(device, values)
    return values
  }
}
