import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, NativeSelect, Skeleton, Switch, UnstyledButton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { EditableRule } from '@haechi/server'
import { deleteGrafanaRule, grafanaRulesQuery, ruleExportPath, runningRulesQuery } from '../../api/alerting.ts'
import { baseUrl } from '../../api/client.ts'
import { putRule } from '../../api/haechi.ts'
import { rulesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { durationText } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import type { Words } from '../../i18n/index.ts'
import { matchesFilter } from '../../state/order.ts'
import { useAlertWords } from './alert-words.ts'
import { RuleDialog } from './RuleDialog.tsx'
import { RuleHistory } from './RuleHistory.tsx'
import { isInState, lineHealth, otherRules } from './rule-rows.ts'
import type { RuleLine } from './rule-rows.ts'
import { RuleDrawer } from './RuleDrawer.tsx'
import { ruleHealth, ruleTitle, rulesWorstFirst } from './rule-state.ts'
import { thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

/** Origins that are no file and no folder, as the address has them in every language. */
const FROM_BUILTIN = 'haechi:builtin'
const FROM_OWN = 'haechi:own'
const STATES = ['firing', 'pending', 'inactive', 'error'] as const

/** All rules, worst first; one of them open for editing. State and origin are chosen in the address. */
export function RuleList(): ReactElement {
  const { t, a, of } = useAlertWords()
  const { search, change } = usePageSearch()
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
  const froms = [{ value: FROM_BUILTIN, label: a('rules.from.builtin') }, { value: FROM_OWN, label: a('rules.from.own') }, ...[...new Set(others.map(r => r.from))].map(f => ({ value: f, label: f }))]
  return (
    <>
      <div className={css['ruleTools']}>
        <Filter label={t('rules.filter')} />
        <NativeSelect aria-label={a('rules.state')} value={state} data={[{ value: '', label: `${a('rules.state')}: ${a('rules.all')}` }, ...STATES.map(s => ({ value: s, label: t(`alerts.${s}`) }))]} onChange={e => choose({ state: e.currentTarget.value })} />
        <NativeSelect aria-label={a('rules.folder')} value={folder} data={[{ value: '', label: `${a('rules.folder')}: ${a('rules.all')}` }, ...froms]} onChange={e => choose({ from: e.currentTarget.value })} />
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => change({ open: 'new' })}>{a('rules.new')}</Button>
      </div>
      {shown.length === 0 && lines.length === 0 ? <Explained health="unknown" text={query.data.length === 0 && others.length === 0 ? t('rules.empty') : a('rules.none')} action={{ label: a('rules.clear'), run: () => change({ filter: undefined, variables: undefined }, 'replace') }} />
        : <Aged query={query}><ul className={css['list']}>{shown.map(r => <RuleRow key={r.uid} rule={r} onOpen={() => change({ open: r.uid })} />)}{lines.map(r => <OtherRow key={r.key} line={r} />)}</ul></Aged>}
      <RuleDrawer rule={opened} onClose={() => change({ open: undefined })} />
      {(search.open === 'new' || changed !== undefined) && <RuleDialog key={changed?.uid ?? ''} {...(changed === undefined ? {} : { grafana: changed })} onClose={() => change({ open: undefined })} />}
    </>
  )
}

/** A rule of a file, or a Grafana-managed one. */
function OtherRow({ line: r }: { readonly line: RuleLine }): ReactElement {
  const { t, a, locale, said } = useAlertWords()
  const client = useQueryClient()
  const { change } = usePageSearch()
  const [isAsking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => deleteGrafanaRule(r.grafana!.uid),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: grafanaRulesQuery.queryKey }), client.invalidateQueries({ queryKey: runningRulesQuery.queryKey })]),
  })
  const stateText = r.error !== undefined ? t('alerts.error') : r.state === 'paused' ? a('rules.paused') : r.state === 'recording' ? a('rules.recording') : t(`alerts.${r.state}`)
  return (
    <li className={css['rule']}>
      <StateMark health={lineHealth(r)} label={stateText} size={16} />
      <details className={css['ruleMain']}>
        <summary><span className={css['ruleTitle']}>{r.title}<span className={css['tag']}>{r.from}</span></span>{r.error !== undefined && <span className={css['ruleError']}>{t('alerts.error')}: {said(r.error)}</span>}</summary>
        <code className={css['exprShown']}>{r.query}</code>
        {r.isFile ? <p className={css['ruleText']}>{a('rules.fixedFile', { file: r.file ?? r.from })}</p> : r.grafana !== undefined && (
          <div className={css['buttons']}>
            <Button size="compact-sm" variant="default" onClick={() => change({ open: r.grafana!.uid })}>{a('rule.change')}</Button>
            <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>{t('action.delete')}</Button>
          </div>
        )}
        {r.grafana !== undefined && <p><a href={new URL(ruleExportPath(r.grafana.uid), baseUrl()).href} download>{a('rule.export')}</a></p>}
        <Modal opened={isAsking} onClose={() => setAsking(false)} title={r.title} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{a('rule.deleteSure')}</p>
          {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
          <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button></div>
        </Modal>
        {r.state !== 'recording' && <RuleHistory name={r.title} />}
      </details>
      <span className={css['ruleState']}><span className={r.error !== undefined || r.state === 'firing' ? 'health-critical' : r.state === 'pending' ? 'health-warning' : 'dim'}>{stateText}</span>
        <span className="dim">{r.lastMs === undefined ? '' : <Ago ms={r.lastMs} />}{r.tookMs !== undefined && ` · ${a('rules.took', { time: quantityText(secondsQuantity(r.tookMs / 1000)) })}`}</span>
      </span>
    </li>
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
        {toggle.isError && <span className={css['ruleError']}>{failureText(toggle.error, t, locale).text}</span>}
      </UnstyledButton>
      <span className={css['ruleState']}><span className={isBroken ? 'health-critical' : rule.state === 'firing' ? 'health-critical' : rule.state === 'pending' ? 'health-warning' : 'dim'}>{t(isBroken ? 'alerts.error' : `alerts.${rule.state}`)}</span>
        <span className="dim">{rule.lastEvaluationMs === null ? '' : <Ago ms={rule.lastEvaluationMs} />}</span>
      </span>
      <Switch checked={enabled} aria-label={t('rules.enable', { title: ruleTitle(rule, words.of) })} onChange={e => toggle.mutate(e.currentTarget.checked)} />
    </li>
  )
}
