import type { EngineOptions, ParseOptions } from '@haechi/promql'

/** What `--enable-feature` turned on. */
export interface Features {
  readonly engine: Pick<EngineOptions, 'experimentalFunctions' | 'delayedNameRemoval' | 'extendedRangeSelectors' | 'fillModifiers' | 'perStepStats' | 'startTimestamps' | 'typeAndUnitLabels'>
  /** For expressions that are read outside of the engine: rules, the API. */
  readonly language: ParseOptions
  /** Native histograms are scraped unless the configuration says otherwise. */
  readonly nativeHistograms: boolean
  /** What targets say about their metrics goes into the write-ahead log. */
  readonly metadataInLog: boolean
  /** Start times of samples are stored. */
  readonly startTimes: boolean
  /** Files of the configuration are read again when they change. */
  readonly autoReload: boolean
  /** What is to be logged about each name, in Prometheus' words where it has some. */
  readonly notes: readonly { readonly level: 'info' | 'warn'; readonly option: string; readonly text: string }[]
}

type EngineFlag = keyof Features['engine']

/** Names that do something here. */
const KNOWN: Readonly<Record<string, { readonly flag: EngineFlag; readonly text: string }>> = {
  'promql-experimental-functions': { flag: 'experimentalFunctions', text: 'Experimental PromQL functions enabled.' },
  'promql-delayed-name-removal': { flag: 'delayedNameRemoval', text: 'Experimental PromQL delayed name removal enabled.' },
  'promql-extended-range-selectors': { flag: 'extendedRangeSelectors', text: 'Experimental PromQL extended range selectors enabled.' },
  'promql-binop-fill-modifiers': { flag: 'fillModifiers', text: 'Experimental PromQL binary operator fill modifiers enabled.' },
  'promql-per-step-stats': { flag: 'perStepStats', text: 'Experimental per-step statistics reporting' },
  'type-and-unit-labels': { flag: 'typeAndUnitLabels', text: 'Experimental type and unit labels enabled' },
  'use-start-timestamps': { flag: 'startTimestamps', text: 'Experimental usage of start timestamps in PromQL engine is enabled.' },
}

const PERMANENT = 'This option for --enable-feature is now permanently enabled and therefore a no-op.'
const ABSENT = 'This option for --enable-feature is one of Prometheus that Haechi does not have; it changes nothing.'

/** Names that Prometheus 3.14 knows and that change nothing here. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'promql-duration-expr': PERMANENT,
  'xor2-encoding': 'Chunks of this encoding are read, and written where samples have start times (st-storage); others stay as every Prometheus reads them.',
  'histograms-st-encoding': 'Chunks of this encoding are read, and written where histograms have start times (st-storage); others stay as every Prometheus reads them.',
  ...Object.fromEntries([
    'concurrent-rule-eval', 'created-timestamp-zero-ingestion', 'delayed-compaction', 'exemplar-storage', 'extra-scrape-metrics', 'fast-startup',
    'memory-snapshot-on-shutdown', 'old-ui', 'ooo-native-histograms', 'otlp-deltatocumulative', 'otlp-native-delta-ingestion', 'search-api',
    'st-synthesis', 'use-uncached-io',
  ].map(name => [name, ABSENT])),
}

/** Reads the names of `--enable-feature`. An unknown one is a warning, as in Prometheus. @see cmd/prometheus/main.go `setFeatureListOptions` */
export function readFeatures(names: readonly string[]): Features {
  const engine: Partial<Record<EngineFlag, boolean>> = {}
  const notes: { level: 'info' | 'warn'; option: string; text: string }[] = []
  let nativeHistograms = false
  let metadataInLog = false
  let startTimes = false
  let autoReload = false
  for (const option of names) {
    const known = Object.hasOwn(KNOWN, option) ? KNOWN[option] : undefined
    if (option === 'native-histograms') {
      nativeHistograms = true
      notes.push({ level: 'info', option, text: 'Experimental native histogram support enabled. Changed default scrape_protocols to prefer PrometheusProto format.' })
    } else if (option === 'auto-reload-config') {
      autoReload = true
      notes.push({ level: 'info', option, text: 'Enabled automatic configuration file reloading. Checking for configuration changes every interval.' })
    } else if (option === 'metadata-wal-records') {
      metadataInLog = true
      notes.push({ level: 'info', option, text: 'Experimental metadata records in WAL enabled' })
    } else if (option === 'st-storage') {
      startTimes = true
      notes.push({ level: 'info', option, text: 'Experimental start timestamp storage enabled. Chunks and log records with start timestamps can only be read by Prometheus 3.14 and later.' })
    } else if (known !== undefined) {
      engine[known.flag] = true
      notes.push({ level: 'info', option, text: known.text })
    } else notes.push({ level: 'warn', option, text: Object.hasOwn(WITHOUT_EFFECT, option) ? WITHOUT_EFFECT[option]! : 'Unknown option for --enable-feature' })
  }
  const { experimentalFunctions = false, extendedRangeSelectors = false, fillModifiers = false } = engine
  return { engine, language: { experimentalFunctions, extendedRangeSelectors, fillModifiers }, nativeHistograms, metadataInLog, startTimes, autoReload, notes }
}
