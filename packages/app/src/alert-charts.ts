import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAlertCharts } from '@haechi/alerting'
import type { AlertQuery, DrawChart, NotificationAlert } from '@haechi/alerting'
import { labelValue } from '@haechi/model'
import { exprThreshold, exprWithoutThreshold } from '@haechi/rules'
import type { RuleManager } from '@haechi/rules'
import type { QueryEngine } from '@haechi/storage'
import { ChartRenderer } from './chart-renderer.ts'
import { systemClock } from './clock.ts'
import type { Logger } from './logger.ts'

/** Pictures of alerts; undefined where this build has no renderer beside it. */
export function alertCharts(query: QueryEngine, rules: () => Pick<RuleManager, 'groups'>, log: Logger): { readonly draw: DrawChart; readonly close: () => Promise<void> } | undefined {
  const entry = new URL('./chart-thread.js', import.meta.url)
  const wasmFile = fileURLToPath(new URL('./resvg.wasm', import.meta.url))
  const fontFile = fileURLToPath(new URL('./Pretendard-Regular.otf', import.meta.url))
  if (![fileURLToPath(entry), wasmFile, fontFile].every(existsSync)) return undefined
  const renderer = new ChartRenderer(entry, { wasmFile, fontFile })
  return { draw: createAlertCharts({ query, log, clock: systemClock, render: svg => renderer.render(svg), queryOf: a => alertQuery(a, rules()) }), close: () => renderer.close() }
}

/** What the rule of an alert asks; only of rules that run here. */
export function alertQuery(a: NotificationAlert, rules: Pick<RuleManager, 'groups'>): AlertQuery | undefined {
  const name = labelValue(a.labels, 'alertname')
  const asked = URL.canParse(a.generatorUrl) ? new URL(a.generatorUrl).searchParams.get('g0.expr') : null
  for (const rule of rules.groups().flatMap(g => g.rules)) {
    if (rule.type !== 'alerting' || rule.name !== name) continue
    // Two rules of a name: the one that the alert's link shows.
    if (asked !== null && asked !== rule.query) continue
    const threshold = exprThreshold(rule.query)
    return { expr: exprWithoutThreshold(rule.query), ...(threshold === undefined ? {} : { threshold: { ...threshold, unit: a.threshold?.unit ?? threshold.unit } }) }
  }
  return undefined
}
