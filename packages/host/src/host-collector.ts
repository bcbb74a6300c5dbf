import { NoData } from './collector.ts'
import type { Collector } from './collector.ts'
import { timeCollector } from './linux/clock.ts'
import { diskstatsCollector } from './linux/disks.ts'
import { FilesystemCollector } from './linux/filesystems.ts'
import {
  dmiCollector, entropyCollector, filefdCollector, kernelHungCollector, loadavgCollector, meminfoCollector, osReleaseCollector, pressureCollector, selinuxCollector, statCollector,
  unameCollector, vmstatCollector,
} from './linux/kernel.ts'
import { arpCollector, bondingCollector, conntrackCollector, netdevCollector, netstatCollector, sockstatCollector, softnetCollector, udpQueuesCollector } from './linux/network.ts'
import { NetclassCollector } from './linux/network-devices.ts'
import { CpuCollector, cpufreqCollector, schedstatCollector } from './linux/processor.ts'
import { edacCollector, hwmonCollector, powerSupplyCollector, thermalZoneCollector } from './linux/sensors.ts'
import { MetricBuffer } from './metric-buffer.ts'
import { portableCollectors } from './portable.ts'
import { SystemFiles } from './system-files.ts'

/** Where failures are told. A pino logger fits. */
export interface HostLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

export interface HostOptions {
  /** Told once per collector, again only after it worked in between. */
  readonly log?: HostLog
  /** Where procfs and sysfs are, and a prefix for all other paths; for a machine seen from inside a container. Default `/proc`, `/sys`, ''. */
  readonly procPath?: string
  readonly sysPath?: string
  readonly rootPath?: string
  /** `process.platform` */
  readonly platform?: string
  /** Unix ms. */
  readonly nowMs?: () => number
  /** Any clock in ms that never goes back, for durations. */
  readonly monotonicMs?: () => number
}

/** What a collector may take, in ms, before its results are kept for a while: sensors behind a slow bus, hundreds of devices. */
const SLOW_MS = 5
/** A slow collector runs so rarely that it takes less than this part of the time. */
const SLOW_SHARE = 1 / 500
/** So many slow runs in a row make a collector slow: the first ones pay for code that is not compiled yet, any may be hit by a busy machine. */
const SLOW_RUNS = 4

interface Slot {
  readonly collector: Collector
  metrics: MetricBuffer
  durationSeconds: number
  success: boolean
  failureTold: boolean
  /** Slow runs in a row. */
  slowRuns: number
  /** On the monotonic clock; before it, the last results are given again. */
  nextRunMs: number
}

/**
 * This machine's metrics under node_exporter's names: text 0.0.4 for the ordinary way of a scraped body.
 *
 * Everything is read in this thread from memory-backed files, in about a millisecond or two; no child processes. A collector that fails is alone with it:
 * `node_scrape_collector_success` is 0 and the others go on.
 */
export class HostCollector {
  readonly #slots: Slot[]
  readonly #log: HostLog | undefined
  readonly #monotonicMs: () => number

  constructor(options: HostOptions = {}) {
    this.#log = options.log
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now())
    this.#slots = defaultCollectors(options).map(newSlot)
  }

  /** Adds a collector, or replaces the one with the same name. */
  register(collector: Collector): void {
    const at = this.#slots.findIndex(s => s.collector.name === collector.name)
    if (at < 0) this.#slots.push(newSlot(collector))
    else this.#slots[at] = newSlot(collector)
  }

  /** The metrics now, as UTF-8 of text 0.0.4. The array belongs to the caller. */
  collect(): Uint8Array {
    const all = new MetricBuffer()
    for (const slot of this.#slots) {
      if (this.#monotonicMs() >= slot.nextRunMs) this.#run(slot)
      all.addAll(slot.metrics)
      all.gauge('node_scrape_collector_duration_seconds', 'node_exporter: Duration of a collector scrape.', slot.durationSeconds, 'collector', slot.collector.name)
      all.gauge('node_scrape_collector_success', 'node_exporter: Whether a collector succeeded.', slot.success ? 1 : 0, 'collector', slot.collector.name)
    }
    return Buffer.from(all.text())
  }

  #run(slot: Slot): void {
    const startMs = this.#monotonicMs()
    const metrics = new MetricBuffer()
    try {
      slot.collector.collect(metrics)
      slot.success = true
      slot.failureTold = false
    } catch (err) {
      slot.success = false
      if (!(err instanceof NoData) && !slot.failureTold) {
        slot.failureTold = true
        this.#log?.warn({ err, collector: slot.collector.name }, 'Collecting host metrics failed')
      }
    }
    // What a failing collector found before it failed is right all the same.
    slot.metrics = metrics
    const endMs = this.#monotonicMs()
    slot.durationSeconds = (endMs - startMs) / 1000
    slot.slowRuns = endMs - startMs > SLOW_MS ? slot.slowRuns + 1 : 0
    slot.nextRunMs = slot.slowRuns >= SLOW_RUNS ? endMs + (endMs - startMs) / SLOW_SHARE : 0
  }
}

/** The metrics of this machine once. For repeated use keep a {@link HostCollector}: some values are remembered from one time to the next. */
export function collectHost(options: HostOptions = {}): Uint8Array {
  return new HostCollector(options).collect()
}

function newSlot(collector: Collector): Slot {
  return { collector, metrics: new MetricBuffer(), durationSeconds: 0, success: false, failureTold: false, slowRuns: 0, nextRunMs: 0 }
}

function defaultCollectors(options: HostOptions): Collector[] {
  const platform = options.platform ?? process.platform
  const nowMs = options.nowMs ?? (() => Date.now())
  const files = new SystemFiles(options.procPath ?? '/proc', options.sysPath ?? '/sys', options.rootPath ?? '')
  if (platform !== 'linux') return [...portableCollectors(platform, nowMs), timeCollector(files, nowMs), unameCollector(files)]
  return [
    arpCollector(files), bondingCollector(files), conntrackCollector(files), new CpuCollector(files), cpufreqCollector(files), diskstatsCollector(files), dmiCollector(files),
    edacCollector(files), entropyCollector(files), filefdCollector(files), new FilesystemCollector(files, nowMs), hwmonCollector(files), kernelHungCollector(files),
    loadavgCollector(files), meminfoCollector(files), new NetclassCollector(files, nowMs), netdevCollector(files), netstatCollector(files), osReleaseCollector(files),
    powerSupplyCollector(files), pressureCollector(files), schedstatCollector(files), selinuxCollector(files), sockstatCollector(files), softnetCollector(files), statCollector(files),
    thermalZoneCollector(files), timeCollector(files, nowMs), udpQueuesCollector(files), unameCollector(files), vmstatCollector(files),
  ]
}
