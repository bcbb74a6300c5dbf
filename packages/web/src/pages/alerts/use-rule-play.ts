import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { labelsText, varyingLabels } from '@haechi/dashboards'
import type { RulePreviewView } from '@haechi/server'
import { previewRule } from '../../api/alerting.ts'
import { tickClock } from '../../api/queries.ts'
import { momentOf } from '../../state/time-range.ts'
import type { GridSeries, TimeRange } from '../../state/view-types.ts'
import { joinedSpans } from './backtest.ts'
import { grafanaRule } from './grafana-rule.ts'
import type { GrafanaRuleForm } from './grafana-rule.ts'

/** What a rule needs to be played; the rest of its form changes nothing. */
export type PlayedForm = Pick<GrafanaRuleForm, 'condition' | 'nodes' | 'hold' | 'keepFiring' | 'noData' | 'onError' | 'missing'>

/** A rule played over the range of the page. */
export interface RulePlay {
  readonly fromMs: number
  readonly toMs: number
  readonly view: RulePreviewView
}

/** The rule as the server plays it: no names, no texts. */
export function playedRule(form: PlayedForm): Readonly<Record<string, unknown>> {
  const { title: _t, folderUID: _f, ruleGroup: _g, labels: _l, annotations: _a, ...rest } = grafanaRule({ ...form, title: '', folderUid: '', group: '', every: '', labels: [], annotations: [], receiver: '', paused: false, source: {} })
  return rest
}

/** Plays a Grafana-managed rule on the server, as it stands in the form, and again at each tick. @param form  undefined while something is missing @param intervalMs  of its group */
export function useRulePlay(form: PlayedForm | undefined, intervalMs: number, range: TimeRange, scrapeIntervalMs: number): UseQueryResult<RulePlay> {
  const text = form === undefined ? '' : JSON.stringify(playedRule(form))
  return useQuery<RulePlay>({
    queryKey: ['live', 'rule-preview', text, intervalMs, range.from, range.to],
    enabled: text !== '',
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const toMs = momentOf(range.to, tickClock.nowMs, true) ?? range.toMs
      const fromMs = momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs
      return { fromMs, toMs, view: await previewRule({ rule: JSON.parse(text) as Readonly<Record<string, unknown>>, startMs: fromMs, endMs: toMs, intervalMs, scrapeIntervalMs }, signal) }
    },
  })
}

/** The lines of a played rule. */
export function playedSeries({ series, startMs, stepMs, steps }: RulePreviewView): GridSeries[] {
  const ts = Float64Array.from({ length: steps }, (_x, i) => startMs + i * stepMs)
  const shared = varyingLabels(series.map(s => s.labels))
  return series.map(s => {
    const id = labelsText(s.labels)
    const name = shared.length === 0 || shared.length > 3 ? id : shared.map(label => s.labels[label] ?? '').filter(v => v !== '').join(' · ')
    return { id, name: name === '' || name === '{}' ? id : name, labels: s.labels, ts, vs: Float64Array.from(s.values, v => v ?? NaN) }
  })
}

/** How often and how long a played rule fired, and when; times in Unix ms. */
export interface PlayedFires {
  readonly times: number
  readonly totalMs: number
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number }[]
}

/** When a played rule fired: every state that somebody is told of. */
export function playedFires({ instances, startMs, stepMs }: RulePreviewView): PlayedFires {
  const runs = instances.flatMap(i => {
    // An alert that goes over from one such state to the next is one.
    const told = i.spans.filter(s => s.state !== 'Pending')
    const out: { from: number; to: number }[] = []
    for (const s of told) {
      const last = out.at(-1)
      if (last !== undefined && s.from === last.to + 1) last.to = s.to
      else out.push({ from: s.from, to: s.to })
    }
    return out
  })
  return { times: runs.length, totalMs: runs.reduce((sum, s) => sum + (s.to - s.from + 1) * stepMs, 0), spans: joinedSpans(runs).map(s => ({ fromMs: startMs + s.from * stepMs, toMs: startMs + s.to * stepMs })) }
}
