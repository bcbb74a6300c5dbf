import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { goQuote, labelsFromObject, parseFields } from '@haechi/model'
import type { ConfigError, Fields, Labels, RelabelConfig } from '@haechi/model'
import { parseRuleFile } from '@haechi/rules'
import type { RuleGroup } from '@haechi/rules'
import { globalScrapeConfig, scrapeConfigs } from '@haechi/scrape'
import type { ScrapeConfig } from '@haechi/scrape'
import { alertingSection } from './alerting-section.ts'
import type { AlertmanagerDiscoveryConfig, AlertmanagerTarget } from './alerting-section.ts'
import { globBeside } from './glob.ts'
import { maskSecrets } from './mask.ts'

/** A whole `prometheus.yml` with the files that it names; all defaults are filled in. */
export interface HaechiConfig {
  /** As the user named it; undefined for {@link DEFAULT_CONFIG}. */
  readonly file: string | undefined
  readonly scrapeConfigs: readonly ScrapeConfig[]
  /** `global.scrape_interval`, ms. */
  readonly scrapeIntervalMs: number
  /** `global.evaluation_interval`, ms. */
  readonly evaluationIntervalMs: number
  readonly externalLabels: Labels
  /** The rule files that the patterns found. */
  readonly ruleFiles: readonly string[]
  readonly ruleGroups: readonly RuleGroup[]
  /** Files named without a wildcard that do not exist. Like Prometheus, a server starts without them; a check of the files refuses them. */
  readonly missing: readonly ConfigError[]
  /** External Alertmanagers: the addresses of `alerting.alertmanagers`. */
  readonly alertmanagers: readonly AlertmanagerTarget[]
  /** Those that are found by file, HTTP or DNS. */
  readonly alertmanagerDiscoveries: readonly AlertmanagerDiscoveryConfig[]
  /** `storage.tsdb.out_of_order_time_window`, ms; 0: late samples are refused. */
  readonly outOfOrderWindowMs: number
  /** `storage.exemplars.max_exemplars`: kept of all series together; takes effect at the start. */
  readonly maxExemplars: number
  /** `alerting.alert_relabel_configs`: for alerts to all of them. */
  readonly alertRelabelConfigs: readonly RelabelConfig[]
  /** Addresses that `relabel_configs` dropped. */
  readonly droppedAlertmanagers: readonly string[]
  /** What the file asks for and this version does not do, one sentence each. */
  readonly warnings: readonly string[]
  /** The text with secrets masked, for `/api/v1/status/config`. */
  readonly shownYaml: string
}

/** @see Prometheus config/config.go `DefaultExemplarsConfig` */
const DEFAULT_MAX_EXEMPLARS = 100_000

/** What holds without a configuration file. */
export const DEFAULT_CONFIG: HaechiConfig = {
  file: undefined, scrapeConfigs: [], scrapeIntervalMs: 5_000, evaluationIntervalMs: 15_000, externalLabels: [], ruleFiles: [], ruleGroups: [], missing: [], alertmanagers: [], alertmanagerDiscoveries: [], alertRelabelConfigs: [], droppedAlertmanagers: [], outOfOrderWindowMs: 0, maxExemplars: DEFAULT_MAX_EXEMPLARS, warnings: [], shownYaml: '',
}

/** What the command line says about configurations. */
export interface ConfigOptions {
  /** Native histograms are scraped where the file does not say otherwise: `--enable-feature=native-histograms`. */
  readonly nativeHistograms?: boolean
}

/**
 * Reads a `prometheus.yml` and every file that it names. Nothing is used when anything is wrong.
 *
 * @throws ConfigError or RuleError naming file, line, path and reason; Error when a file can't be read
 */
export async function loadConfig(file: string, options: ConfigOptions = {}): Promise<HaechiConfig> {
  const text = await readText(file)
  const top = parseFields(text, file)
  const warnings: string[] = []

  const g = top.fields('global')
  const global = globalScrapeConfig(g, options.nativeHistograms ?? false)
  const evaluationIntervalMs = g?.durationMs('evaluation_interval', 60_000) || 60_000
  const queryOffsetMs = g?.durationMs('rule_query_offset', 0) ?? 0
  const externalLabels = labelsFromObject(g?.stringMap('external_labels') ?? {})
  if (g?.has('query_log_file')) warnings.push('global.query_log_file is not written by this version')
  g?.done()

  const runtime = top.fields('runtime')
  if (runtime !== undefined) {
    runtime.integer('gogc', 75) // how Go collects garbage: nothing to do here
    runtime.done()
  }

  const missing: ConfigError[] = []
  const noneFound = (key: string, index: number, pattern: string): void => {
    warnings.push(`${key}: no file matches ${pattern}`)
    if (!/[*?[]/.test(pattern)) missing.push(top.itemError(key, index, `${goQuote(pattern)} does not point to an existing file`, 'paths are relative to this file'))
  }
  const jobs: Fields[] = [...top.list('scrape_configs')]
  for (const [i, pattern] of top.strings('scrape_config_files', []).entries()) {
    const found = await globBeside(pattern, file)
    if (found.length === 0) noneFound('scrape_config_files', i, pattern)
    for (const path of found) {
      const inner = parseFields(await readText(path), path)
      jobs.push(...inner.list('scrape_configs'))
      inner.done()
    }
  }
  const scrape = scrapeConfigs(jobs, global)

  const ruleFiles: string[] = []
  const ruleGroups: RuleGroup[] = []
  for (const [i, pattern] of top.strings('rule_files', []).entries()) {
    const found = await globBeside(pattern, file)
    if (found.length === 0) noneFound('rule_files', i, pattern)
    for (const path of found) {
      if (ruleFiles.includes(path)) continue
      ruleFiles.push(path)
      ruleGroups.push(...parseRuleFile(await readText(path), path, { intervalMs: evaluationIntervalMs, queryOffsetMs }))
    }
  }

  const { alertmanagers, discoveries: alertmanagerDiscoveries, relabel: alertRelabelConfigs, dropped: droppedAlertmanagers } = await alertingSection(top.fields('alerting'), warnings, path => readText(isAbsolute(path) ? path : join(dirname(file), path)))
  for (const key of ['remote_write', 'remote_read', 'tracing', 'otlp'] as const) {
    if (top.has(key)) warnings.push(`${key} is not acted on by this version`)
    top.raw(key)
  }
  const { outOfOrderWindowMs, maxExemplars } = storageSection(top.fields('storage'))
  top.done()

  return { file, scrapeConfigs: scrape, scrapeIntervalMs: global.scrapeIntervalMs, evaluationIntervalMs, externalLabels, ruleFiles, ruleGroups, missing, alertmanagers, alertmanagerDiscoveries, alertRelabelConfigs, droppedAlertmanagers, outOfOrderWindowMs, maxExemplars, warnings, shownYaml: maskSecrets(text) }
}

/** `storage:` of prometheus.yml. */
function storageSection(f: Fields | undefined): { readonly outOfOrderWindowMs: number; readonly maxExemplars: number } {
  if (f === undefined) return { outOfOrderWindowMs: 0, maxExemplars: DEFAULT_MAX_EXEMPLARS }
  const tsdb = f.fields('tsdb')
  // As Prometheus: a window below 0 takes nothing.
  const outOfOrderWindowMs = Math.max(0, tsdb?.durationMs('out_of_order_time_window', 0) ?? 0)
  tsdb?.done()
  const exemplars = f.fields('exemplars')
  const maxExemplars = Math.max(0, exemplars?.integer('max_exemplars', DEFAULT_MAX_EXEMPLARS) ?? DEFAULT_MAX_EXEMPLARS)
  exemplars?.done()
  f.done()
  return { outOfOrderWindowMs, maxExemplars }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'no permission to read it' : (err as Error).message
    throw new Error(`cannot read configuration file ${path}: ${why}`, { cause: err })
  }
}
