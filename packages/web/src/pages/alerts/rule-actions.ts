import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { UseMutationResult } from '@tanstack/react-query'
import type { EditableRule, GrafanaRuleSummary } from '@haechi/server'
import { deleteGrafanaRule, getRuleGroup, grafanaRulesQuery, putRuleGroup, runningRulesQuery, saveGrafanaRule } from '../../api/alerting.ts'
import { postRule } from '../../api/haechi.ts'
import { rulesQuery } from '../../api/queries.ts'
import { withMoved } from './policy-json.ts'

/** A Grafana-managed rule as it is sent: without what the server alone knows. */
export function sentRule(rule: GrafanaRuleSummary['rule']): Readonly<Record<string, unknown>> {
  const { id: _i, updated: _u, provenance: _p, ...rest } = rule
  return rest
}

/** Pauses, moves, removes and brings back rules; what the page shows of them is asked again. */
export function useRuleActions(): {
  readonly pause: UseMutationResult<unknown, Error, GrafanaRuleSummary>
  readonly move: UseMutationResult<unknown, Error, { readonly rule: GrafanaRuleSummary; readonly by: -1 | 1 }>
  readonly remove: UseMutationResult<unknown, Error, GrafanaRuleSummary>
  readonly restore: UseMutationResult<unknown, Error, GrafanaRuleSummary | EditableRule>
} {
  const client = useQueryClient()
  const again = async (): Promise<void> => {
    await Promise.all([grafanaRulesQuery, runningRulesQuery, rulesQuery].map(q => client.invalidateQueries({ queryKey: q.queryKey })))
  }
  return {
    pause: useMutation({ mutationFn: g => saveGrafanaRule({ ...sentRule(g.rule), isPaused: !g.paused }, g.uid), onSettled: again }),
    move: useMutation({
      mutationFn: async ({ rule: g, by }) => {
        const group = await getRuleGroup(g.folderUid, g.group)
        const at = group.rules.findIndex(r => r['uid'] === g.uid)
        await putRuleGroup(g.folderUid, g.group, { ...group, rules: withMoved(group.rules, at, by).map(sentRule) })
      },
      onSettled: again,
    }),
    remove: useMutation({ mutationFn: g => deleteGrafanaRule(g.uid), onSuccess: again }),
    restore: useMutation({
      mutationFn: async (r): Promise<unknown> => ('rule' in r ? saveGrafanaRule(sentRule(r.rule), undefined)
        : postRule({ title: r.title, expr: r.expr, forMs: r.forMs, labels: r.labels, annotations: r.annotations, ...(r.threshold === undefined || r.threshold.unit === '' ? {} : { unit: r.threshold.unit }) })),
      onSuccess: again,
    }),
  }
}
