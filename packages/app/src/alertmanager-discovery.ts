import type { AlertmanagerDiscoveryConfig, AlertmanagerTarget, HaechiConfig } from '@haechi/config'
import { newDiscoverer } from '@haechi/scrape'
import type { Discoverer, DiscoverySurroundings, TargetGroup } from '@haechi/scrape'

interface Running {
  /** Equal for equal configurations. */
  readonly key: string
  readonly config: AlertmanagerDiscoveryConfig
  readonly discoverer: Discoverer
  groups: readonly TargetGroup[]
}

/** What of a configuration says where Alertmanagers are. */
export type AlertmanagerPlaces = Pick<HaechiConfig, 'alertmanagers' | 'alertmanagerDiscoveries' | 'droppedAlertmanagers'>

/** Knows the external Alertmanagers: the addresses of the configuration, and those that files, HTTP or DNS name at this moment. */
export class AlertmanagerDiscovery {
  readonly #around: DiscoverySurroundings
  #running: readonly Running[] = []
  #places: AlertmanagerPlaces = { alertmanagers: [], alertmanagerDiscoveries: [], droppedAlertmanagers: [] }
  #targets: readonly AlertmanagerTarget[] = []
  #dropped: readonly string[] = []

  constructor(around: DiscoverySurroundings) {
    this.#around = around
  }

  /** Takes a configuration. A discovery that stays keeps what it has found until it answers anew: an alert sent meanwhile has somebody to go to. */
  apply(places: AlertmanagerPlaces): void {
    const before = this.#running
    for (const r of before) r.discoverer.stop()
    this.#places = places
    this.#running = places.alertmanagerDiscoveries.flatMap(config => config.discovery.map((d): Running => {
      const key = JSON.stringify(d)
      return { key, config, discoverer: newDiscoverer(d, this.#around), groups: before.find(r => r.key === key)?.groups ?? [] }
    }))
    const running = this.#running
    this.#sync()
    for (const r of running) {
      r.discoverer.start(groups => {
        if (this.#running !== running) return
        r.groups = groups
        this.#sync()
      })
    }
  }

  /** Each address once. */
  targets(): readonly AlertmanagerTarget[] {
    return this.#targets
  }

  /** Addresses that `relabel_configs` dropped. */
  dropped(): readonly string[] {
    return this.#dropped
  }

  /** Ends the looking; what was found stays, for what is still to be sent. */
  stop(): void {
    for (const r of this.#running) r.discoverer.stop()
    this.#running = []
  }

  #sync(): void {
    const targets = [...this.#places.alertmanagers]
    const dropped = [...this.#places.droppedAlertmanagers]
    for (const { config, groups } of this.#running) {
      for (const group of groups) {
        for (const own of group.targets) {
          const found = config.found({ ...group.labels, ...own })
          if ('dropped' in found) dropped.push(found.dropped)
          else if (!targets.some(t => t.url === found.target.url)) targets.push(found.target)
        }
      }
    }
    this.#targets = targets
    this.#dropped = dropped
  }
}
