import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAlertCharts } from '@haechi/alerting'
import type { AlertQuery, DrawChart, NotificationAlert } from '@haechi/alerting'
import { labelValue } from '@haechi/model'
import { exprThreshold, exprWithoutThreshold, replayRule } from '@haechi/rules'
import type { GrafanaRuleManager, RuleManager } from '@haechi/rules'
import type { QueryEngine } from '@haechi/storage'
import { ChartRenderer } from './chart-renderer.ts'
import { systemClock } from './clock.ts'
import type { Logger } from './logger.ts'

/** Rules of both kinds, once they run. */
export interface ChartRules {
  readonly prometheus: Pick<RuleManager, 'groups'>
  readonly grafana: Pick<GrafanaRuleManager, 'rules'>
  /** For `$__rate_interval`. */
  readonly scrapeIntervalMs: number
}

/** Pictures of alerts; undefined where this build has no renderer beside it. */
export function alertCharts(query: QueryEngine, rules: () => ChartRules, log: Logger): { readonly draw: DrawChart; readonly close: () => Promise<void> } | undefined {
  const entry = new URL('./chart-thread.js', import.meta.url)
  const wasmFile = fileURLToPath(new URL('./resvg.wasm', import.meta.url))
  const fontFile = fileURLToPath(new URL('./Pretendard-Regular.otf', import.meta.url))
  if (![fileURLToPath(entry), wasmFile, fontFile].every(existsSync)) return undefined
  const renderer = new ChartRenderer(entry, { wasmFile, fontFile })
  return { draw: createAlertCharts({ query, log, clock: systemClock, render: svg => renderer.render(svg), queryOf: a => alertQuery(a, rules(), query) }), close: () => renderer.close() }
}

/** What the rule of an alert asks; only of rules that run here. */
export function alertQuery(a: NotificationAlert, rules: ChartRules, engine: QueryEngine): AlertQuery | undefined {
  const managed = a.ruleUid === undefined ? undefined : rules.grafana.rules().find(r => r.rule.uid === a.ruleUid)
  if (managed !== undefined) {
    const { rule, group, running } = managed
    const play = { engine, rule, intervalMs: group.intervalMs, scrapeIntervalMs: rules.scrapeIntervalMs, priority: 'range', timeoutMs: 2000, signal: NEVER } as const
    return {
      // Its queries and expressions, played over the time of the picture.
      value: async ({ startMs, endMs }) => (({ ts, values }) => values.map(v => ({ labels: v.labels, ts, vs: v.vs })))(await replayRule({ ...play, startMs, endMs })),
      ...(running.threshold === undefined ? {} : { threshold: running.threshold }),
    }
  }
  const name = labelValue(a.labels, 'alertname')
  const asked = URL.canParse(a.generatorUrl) ? new URL(a.generatorUrl).searchParams.get('g0.expr') : null
  for (const rule of rules.prometheus.groups().flatMap(g => g.rules)) {
    if (rule.type !== 'alerting' || rule.name !== name) continue
    // Two rules of a name: the one that the alert's link shows.
    if (asked !== null && asked !== rule.query) continue
    const threshold = exprThreshold(rule.query)
    return { value: exprWithoutThreshold(rule.query), ...(threshold === undefined ? {} : { threshold: { ...threshold, unit: a.threshold?.unit ?? threshold.unit } }) }
  }
  return undefined
}

/** A picture is waited for two seconds, and its queries have no more. */
const NEVER: AbortSignal = new AbortController().signal
