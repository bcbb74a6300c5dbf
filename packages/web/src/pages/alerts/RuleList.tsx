import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, NativeSelect, Skeleton, Switch, UnstyledButton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { EditableRule, GrafanaRuleSummary } from '@haechi/server'
import { grafanaRulesQuery, runningRulesQuery } from '../../api/alerting.ts'
import { putRule } from '../../api/haechi.ts'
import { rulesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { durationText } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import type { Words } from '../../i18n/index.ts'
import { matchesFilter } from '../../state/order.ts'
import { useAlertWords } from './alert-words.ts'
import { comparedPart } from './comparison.ts'
import { OtherRow } from './OtherRow.tsx'
import { useRuleActions } from './rule-actions.ts'
import { RuleDialog } from './RuleDialog.tsx'
import { RuleFindings } from './RuleFindings.tsx'
import type { RuleStart } from './RuleForm.tsx'
import { isInState, otherRules } from './rule-rows.ts'
import { RuleDrawer } from './RuleDrawer.tsx'
import { ruleHealth, ruleTitle, rulesWorstFirst } from './rule-state.ts'
import { thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

/** Origins that are no file and no folder, as the address has them in every language. */
const FROM_BUILTIN = 'haechi:builtin'
const FROM_OWN = 'haechi:own'
/** Rules that are shown before one asks for more. */
const SHOWN_RULES = 100
/** How the address says that a rule like another one is to be made. */
export const COPY = 'copy:'
const STATES = ['firing', 'pending', 'inactive', 'error'] as const

/** All rules, worst first; one of them open for editing. State and origin are chosen in the address. */
export function RuleList(): ReactElement {
  const { t, a, of } = useAlertWords()
  const { search, change } = usePageSearch()
  const [most, setMost] = useState(SHOWN_RULES)
  const [deleted, setDeleted] = useState<GrafanaRuleSummary | EditableRule | undefined>(undefined)
  const query = useQuery(rulesQuery)
  const running = useQuery(runningRulesQuery)
  const grafana = useQuery(grafanaRulesQuery)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <><Skeleton height={36} width="min(100%, 340px)" /><Skeleton height={360} /></>
  const filter = search.filter ?? ''
  const state = search.variables?.['state']?.[0] ?? ''
  const folder = search.variables?.['from']?.[0] ?? ''
  const choose = (patch: Readonly<Record<string, string>>): void => {
    const next = Object.fromEntries(Object.entries({ state, from: folder, ...patch }).filter(([, v]) => v !== '').map(([k, v]) => [k, [v]]))
    change({ variables: Object.keys(next).length === 0 ? undefined : next })
  }
  const others = otherRules(running.data ?? [], grafana.data ?? [])
  const isFrom = (from: string): boolean => folder === '' || folder === from
  const shown = rulesWorstFirst(query.data).filter(r => matchesFilter(filter, [r.title, ruleTitle(r, of), r.expr, ...Object.values(r.labels)]) && isInState(r, state) && isFrom(r.builtIn ? FROM_BUILTIN : FROM_OWN))
  const lines = others.filter(r => matchesFilter(filter, [r.title, r.query, r.from]) && (state === '' || r.state === state || (state === 'error' && r.error !== undefined)) && isFrom(r.from))
  const opened = query.data.find(r => r.uid === search.open)
  const changed = grafana.data?.find(g => g.uid === search.open && g.provenance !== 'file')
  const copyUid = search.open?.startsWith(COPY) === true ? search.open.slice(COPY.length) : undefined
  const copied = grafana.data?.find(g => g.uid === copyUid)
  const original = query.data.find(r => r.uid === copyUid)
  const start = original === undefined ? undefined : copiedStart(original, a('rule.copyOf', { title: ruleTitle(original, of) }))
  const groups = new Map<string, GrafanaRuleSummary[]>()
  for (const g of grafana.data ?? []) groups.set(groupKey(g), [...(groups.get(groupKey(g)) ?? []), g])
  const left = shown.length + lines.length - most
  const froms = [{ value: FROM_BUILTIN, label: a('rules.from.builtin') }, { value: FROM_OWN, label: a('rules.from.own') }, ...[...new Set(others.map(r => r.from))].map(f => ({ value: f, label: f }))]
  return (
    <>
      <div className={css['ruleTools']}>
        <Filter label={t('rules.filter')} />
        <NativeSelect aria-label={a('rules.state')} value={state} data={[{ value: '', label: `${a('rules.state')}: ${a('rules.all')}` }, ...STATES.map(s => ({ value: s, label: t(`alerts.${s}`) }))]} onChange={e => choose({ state: e.currentTarget.value })} />
        <NativeSelect aria-label={a('rules.folder')} value={folder} data={[{ value: '', label: `${a('rules.folder')}: ${a('rules.all')}` }, ...froms]} onChange={e => choose({ from: e.currentTarget.value })} />
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => change({ open: 'new' })}>{a('rules.new')}</Button>
      </div>
      {deleted !== undefined && <Deleted rule={deleted} onDone={() => setDeleted(undefined)} />}
      {shown.length === 0 && lines.length === 0 ? <Explained health="unknown" text={query.data.length === 0 && others.length === 0 ? t('rules.empty') : a('rules.none')} action={{ label: a('rules.clear'), run: () => change({ filter: undefined, variables: undefined }, 'replace') }} />
        : (
          <Aged query={query}>
            <ul className={css['list']}>{shown.slice(0, most).map(r => <RuleRow key={r.uid} rule={r} onOpen={() => change({ open: r.uid })} />)}{lines.slice(0, Math.max(0, most - shown.length)).map(r => <OtherRow key={r.key} line={r} siblings={r.grafana === undefined ? [] : groups.get(groupKey(r.grafana)) ?? []} onDeleted={setDeleted} />)}</ul>
            {left > 0 && <div className={css['more']}><Button variant="subtle" onClick={() => setMost(most + SHOWN_RULES)}>{a('rules.more', { count: Math.min(left, SHOWN_RULES), left })}</Button></div>}
          </Aged>
        )}
      <RuleDrawer rule={opened} onDeleted={setDeleted} onClose={() => change({ open: undefined })} />
      {(search.open === 'new' || changed !== undefined || copied !== undefined || start !== undefined) && (
        <RuleDialog key={search.open} {...(changed === undefined ? {} : { grafana: changed })} {...(copied === undefined ? {} : { copyOf: copied })} {...(start === undefined ? {} : { start })} onClose={() => change({ open: undefined })} />
      )}
    </>
  )
}

/** What makes a rule fire, in words. Without a threshold only its expression says what must hold. */
export function conditionText(rule: EditableRule, { t, locale }: Words): string {
  const time = durationText(rule.forMs, locale)
  if (rule.threshold === undefined) return rule.forMs === 0 ? t('rules.holdsAtOnce') : t('rules.holds', { time })
  const value = thresholdText(rule.threshold.value, rule.threshold.unit)
  if (rule.threshold.op === '>') return rule.forMs === 0 ? t('rules.aboveAtOnce', { value }) : t('rules.above', { value, time })
  return rule.forMs === 0 ? t('rules.belowAtOnce', { value }) : t('rules.below', { value, time })
}

function groupKey(g: Pick<GrafanaRuleSummary, 'folderUid' | 'group'>): string {
  return `${g.folderUid}\xff${g.group}`
}

/** What a rule that is like another one begins with. */
function copiedStart(r: EditableRule, title: string): RuleStart | undefined {
  const expr = r.threshold === undefined ? undefined : comparedPart(r.expr, r.threshold.op, r.threshold.value)
  return expr === undefined || r.threshold === undefined ? undefined : { title, expr, op: r.threshold.op, value: r.threshold.value, unit: r.threshold.unit }
}

/** A rule that was just deleted, and the way back. */
function Deleted({ rule, onDone }: { readonly rule: GrafanaRuleSummary | EditableRule; readonly onDone: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { restore } = useRuleActions()
  return (
    <div className={css['deleted']} role="status">
      <span>{a('rule.deleted', { title: rule.title })}</span>
      <Button size="compact-sm" variant="default" loading={restore.isPending} onClick={() => restore.mutate(rule, { onSuccess: onDone })}>{a('rule.undo')}</Button>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={onDone}>{t('action.close')}</Button>
      {restore.isError && <span className="health-critical" role="alert">{failureText(restore.error, t, locale).text}</span>}
    </div>
  )
}

function RuleRow({ rule, onOpen }: { readonly rule: EditableRule; readonly onOpen: () => void }): ReactElement {
  const words = useWords()
  const { t, locale, said } = words
  const client = useQueryClient()
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => putRule(rule.uid, { enabled }),
    onSettled: () => client.invalidateQueries({ queryKey: rulesQuery.queryKey }),
  })
  const isBroken = rule.enabled && (rule.lastError ?? '') !== ''
  const enabled = toggle.isPending ? toggle.variables : rule.enabled
  return (
    <li className={css['rule']}>
      <StateMark health={ruleHealth(rule)} label={t(isBroken ? 'alerts.error' : `alerts.${rule.state}`)} size={16} />
      <UnstyledButton className={css['ruleMain']} onClick={onOpen}>
        <span className={css['ruleTitle']}>{ruleTitle(rule, words.of)}{rule.edited && <span className={css['tag']}>{t('rules.edited')}</span>}</span>
        <span className={css['ruleText']}>{conditionText(rule, words)}</span>
        {isBroken && <span className={css['ruleError']}>{t('alerts.error')}: {said(rule.lastError ?? '')}</span>}
        {rule.enabled && <RuleFindings uid={rule.uid} name={rule.title} />}
        {toggle.isError && <span className={css['ruleError']}>{failureText(toggle.error, t, locale).text}</span>}
      </UnstyledButton>
      <span className={css['ruleState']}><span className={isBroken ? 'health-critical' : rule.state === 'firing' ? 'health-critical' : rule.state === 'pending' ? 'health-warning' : 'dim'}>{t(isBroken ? 'alerts.error' : `alerts.${rule.state}`)}</span>
        <span className="dim">{rule.lastEvaluationMs === null ? '' : <Ago ms={rule.lastEvaluationMs} />}</span>
      </span>
      <Switch checked={enabled} aria-label={t('rules.enable', { title: ruleTitle(rule, words.of) })} onChange={e => toggle.mutate(e.currentTarget.checked)} />
    </li>
  )
}
