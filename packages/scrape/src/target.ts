import { createHash } from 'node:crypto'
import { labelValue, labelsFromObject, parseDuration, relabel } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { durationText } from './config.ts'
import type { ScrapeConfig } from './config.ts'
import type { TargetGroup } from './discovery-config.ts'

/** A target as its pool scrapes it. */
export interface Target {
  /** Equal for equal targets: labels and URL. */
  readonly key: string
  /** After relabeling, the internal `__…` ones included, without `__meta_…`. */
  readonly allLabels: Labels
  /** What its series get. */
  readonly labels: Labels
  readonly discoveredLabels: Labels
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** What became of a discovered target. */
export type TargetOutcome =
  | { readonly kind: 'active'; readonly target: Target }
  | { readonly kind: 'dropped'; readonly discoveredLabels: Labels }
  | { readonly kind: 'failed'; readonly discoveredLabels: Labels; readonly error: string }

/** Labels before relabeling. @see Prometheus scrape/target.go `PopulateDiscoveredLabels` */
export function discoveredLabels(config: ScrapeConfig, group: TargetGroup, own: Readonly<Record<string, string>>): Labels {
  const all: Record<string, string> = { ...group.labels, ...own }
  const defaults: Record<string, string> = {
    job: config.jobName, __scrape_interval__: durationText(config.scrapeIntervalMs), __scrape_timeout__: durationText(config.scrapeTimeoutMs), __metrics_path__: config.metricsPath,
    __scheme__: config.scheme,
  }
  for (const [name, values] of Object.entries(config.params)) if (values.length > 0) defaults[`__param_${name}`] = values[0]!
  for (const [name, value] of Object.entries(defaults)) if ((all[name] ?? '') === '') all[name] = value
  return labelsFromObject(all)
}

/** Turns one discovered target into one that can be scraped. Errors are Prometheus' texts. @see Prometheus scrape/target.go `PopulateLabels` */
export function makeTarget(config: ScrapeConfig, group: TargetGroup, own: Readonly<Record<string, string>>): TargetOutcome {
  const discovered = discoveredLabels(config, group, own)
  const failed = (error: string): TargetOutcome => ({ kind: 'failed', discoveredLabels: discovered, error })
  const relabeled = relabel(discovered, config.relabel)
  if (relabeled === undefined) return { kind: 'dropped', discoveredLabels: discovered }
  const address = labelValue(relabeled, '__address__')
  if (address === '') return failed('no address')
  if (address.includes('/')) return failed(`${JSON.stringify(address)} is not a valid hostname`)
  const interval = labelValue(relabeled, '__scrape_interval__')
  const timeout = labelValue(relabeled, '__scrape_timeout__')
  let intervalMs: number
  let timeoutMs: number
  try {
    intervalMs = parseDuration(interval)
  } catch (err) {
    return failed(`error parsing scrape interval: ${(err as Error).message}`)
  }
  if (intervalMs === 0) return failed('scrape interval cannot be 0')
  try {
    timeoutMs = parseDuration(timeout)
  } catch (err) {
    return failed(`error parsing scrape timeout: ${(err as Error).message}`)
  }
  if (timeoutMs === 0) return failed('scrape timeout cannot be 0')
  if (timeoutMs > intervalMs) return failed(`scrape timeout cannot be greater than scrape interval (${JSON.stringify(timeout)} > ${JSON.stringify(interval)})`)
  const kept: string[] = []
  for (let i = 0; i < relabeled.length; i += 2) if (!relabeled[i]!.startsWith('__meta_')) kept.push(relabeled[i]!, relabeled[i + 1]!)
  const withInstance = labelValue(kept, 'instance') === '' ? labelsFromObject({ ...pairsOf(kept), instance: address }) : kept
  const labels: string[] = []
  for (let i = 0; i < withInstance.length; i += 2) if (!withInstance[i]!.startsWith('__')) labels.push(withInstance[i]!, withInstance[i + 1]!)
  const url = targetUrl(config, withInstance)
  if (!URL.canParse(url)) return failed(`parse ${JSON.stringify(url)}: invalid URL`)
  return { kind: 'active', target: { key: `${withInstance.join('\xff')}\xfe${url}`, allLabels: withInstance, labels, discoveredLabels: discovered, url, intervalMs, timeoutMs } }
}

function pairsOf(labels: Labels): Record<string, string> {
  const out: Record<string, string> = {}
  for (let i = 0; i < labels.length; i += 2) out[labels[i]!] = labels[i + 1]!
  return out
}

/** `scheme://address/path?params`; params sorted by name, their first value replaced by the `__param_…` label. */
function targetUrl(config: ScrapeConfig, labels: Labels): string {
  const params = new Map<string, string[]>(Object.entries(config.params).map(([name, values]) => [name, [...values]]))
  for (let i = 0; i < labels.length; i += 2) {
    if (!labels[i]!.startsWith('__param_')) continue
    const name = labels[i]!.slice('__param_'.length)
    const values = params.get(name)
    if (values !== undefined && values.length > 0) values[0] = labels[i + 1]!
    else params.set(name, [labels[i + 1]!])
  }
  const query = [...params.keys()].sort().flatMap(name => params.get(name)!.map(v => `${queryEscape(name)}=${queryEscape(v)}`)).join('&')
  const path = labelValue(labels, '__metrics_path__')
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`
  const escaped = encodeURI(rooted).replace(/[?#]/g, c => (c === '?' ? '%3F' : '%23')).replace(/%25([0-9A-Fa-f]{2})/g, '%25$1')
  return `${labelValue(labels, '__scheme__')}://${labelValue(labels, '__address__')}${escaped}${query === '' ? '' : `?${query}`}`
}

/** Go's `url.QueryEscape`. */
function queryEscape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%20/g, '+')
}

/** A URL as people may see it: without user name and password. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1')
}

/**
 * Where in its interval a target is scraped: always at the same place, spread evenly over targets.
 * @param seed  differs between servers, so that two of them do not scrape the same target at the same moment
 * @returns ms in [0, intervalMs)
 */
export function scrapeOffsetMs(target: Target, seed: string): number {
  const digest = createHash('md5').update(seed).update('\xff').update(target.key).digest()
  return Number(digest.readBigUInt64BE(0) % BigInt(target.intervalMs))
}
