import type { EditableRule, GrafanaRuleSummary, Health } from '@haechi/server'
import type { RunningGroup } from '../../api/alerting.ts'

/** One rule of the list, whatever its kind. */
export interface RuleLine {
  readonly key: string
  readonly title: string
  /** Its file or folder, and group. */
  readonly from: string
  readonly query: string
  readonly state: 'firing' | 'pending' | 'inactive' | 'unknown' | 'paused' | 'recording'
  readonly error: string | undefined
  /** Unix ms; undefined for never. */
  readonly lastMs: number | undefined
  readonly tookMs: number | undefined
  /** Given for a Grafana-managed rule. */
  readonly grafana?: GrafanaRuleSummary
  readonly isFile: boolean
  /** The file that it stands in, as the server names it. */
  readonly file?: string
}

/** Files of rules that have their own form on the page. */
const OWN_FILES = /^haechi:/

/** Rules of files and Grafana-managed rules, worst first. Rules that the list shows anyway (built in, made here) are left out. */
export function otherRules(groups: readonly RunningGroup[], grafana: readonly GrafanaRuleSummary[]): RuleLine[] {
  const ofGrafana = new Set(grafana.map(g => `${g.group}\xff${g.title}`))
  const out: RuleLine[] = []
  groups.forEach(g => g.rules.forEach((r, i) => {
    if (OWN_FILES.test(g.file) || ofGrafana.has(`${g.name}\xff${r.name}`)) return
    const last = Date.parse(r.lastEvaluation)
    out.push({
      key: `${g.file} ${g.name} ${i}`, title: r.name, from: `${g.file.split('/').at(-1) ?? g.file} · ${g.name}`, query: r.query, state: r.type === 'recording' ? 'recording' : r.health === 'unknown' ? 'unknown' : r.state ?? 'unknown',
      error: r.health === 'err' ? r.lastError ?? '' : undefined, lastMs: last > 0 ? last : undefined, tookMs: r.evaluationTime * 1000, isFile: true, file: g.file,
    })
  }))
  for (const g of grafana) {
    const running = groups.find(x => x.name === g.group && x.rules.some(r => r.name === g.title))?.rules.find(r => r.name === g.title)
    out.push({
      key: g.uid, title: g.title, from: `${g.folderTitle} · ${g.group}`, query: grafanaQuery(g), state: g.paused ? 'paused' : g.health === 'unknown' ? 'unknown' : g.state, error: g.health === 'err' ? g.lastError ?? '' : undefined,
      lastMs: g.lastEvaluationMs ?? undefined, tookMs: running === undefined ? undefined : running.evaluationTime * 1000, grafana: g, isFile: g.provenance === 'file', ...(g.file === undefined ? {} : { file: g.file }),
    })
  }
  const rank = (r: RuleLine): number => (r.state === 'firing' ? 0 : r.state === 'pending' ? 1 : r.error !== undefined ? 2 : r.state === 'recording' ? 5 : r.state === 'unknown' ? 3 : 4)
  return out.sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title))
}

/** The first PromQL expression of a Grafana-managed rule; `''` for none. */
export function grafanaQuery(g: Pick<GrafanaRuleSummary, 'rule'>): string {
  const data = Array.isArray(g.rule['data']) ? (g.rule['data'] as { model?: { expr?: unknown } }[]) : []
  for (const d of data) if (typeof d.model?.expr === 'string') return d.model.expr
  return ''
}

/** The state of a line as a colour. */
export function lineHealth(r: RuleLine): Health {
  return r.error !== undefined || r.state === 'firing' ? 'critical' : r.state === 'pending' ? 'warning' : r.state === 'inactive' || r.state === 'recording' ? 'ok' : 'unknown'
}

/** Whether a rule of the page's own is in the chosen state. */
export function isInState(rule: Pick<EditableRule, 'state' | 'lastError'>, state: string): boolean {
  return state === '' || rule.state === state || (state === 'error' && (rule.lastError ?? '') !== '')
}
