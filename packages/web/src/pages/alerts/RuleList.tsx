import type { ReactElement } from 'react'
import { Skeleton, Switch, UnstyledButton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { EditableRule } from '@haechi/server'
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
import { RuleDrawer } from './RuleDrawer.tsx'
import { ruleHealth, ruleTitle, rulesWorstFirst } from './rule-state.ts'
import { thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

/** All rules, worst first; one of them open for editing. */
export function RuleList(): ReactElement {
  const { t, of } = useWords()
  const { search, change } = usePageSearch()
  const query = useQuery(rulesQuery)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <><Skeleton height={36} width="min(100%, 340px)" /><Skeleton height={360} /></>
  if (query.data.length === 0) return <Explained health="unknown" text={t('rules.empty')} />
  const filter = search.filter ?? ''
  const shown = rulesWorstFirst(query.data).filter(r => matchesFilter(filter, [r.title, ruleTitle(r, of), r.expr, ...Object.values(r.labels)]))
  const opened = query.data.find(r => r.uid === search.open)
  return (
    <>
      <Filter label={t('rules.filter')} />
      {shown.length === 0 ? <Explained health="unknown" text={t('rules.none', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />
        : <Aged query={query}><ul className={css['list']}>{shown.map(r => <RuleRow key={r.uid} rule={r} onOpen={() => change({ open: r.uid })} />)}</ul></Aged>}
      <RuleDrawer rule={opened} onClose={() => change({ open: undefined })} />
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

function RuleRow({ rule, onOpen }: { readonly rule: EditableRule; readonly onOpen: () => void }): ReactElement {
  const words = useWords()
  const { t, locale } = words
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
        {isBroken && <span className={css['ruleError']}>{t('alerts.error')}: {rule.lastError}</span>}
        {toggle.isError && <span className={css['ruleError']}>{failureText(toggle.error, t, locale).text}</span>}
      </UnstyledButton>
      <span className={css['ruleState']}><span className={isBroken ? 'health-critical' : rule.state === 'firing' ? 'health-critical' : rule.state === 'pending' ? 'health-warning' : 'dim'}>{t(isBroken ? 'alerts.error' : `alerts.${rule.state}`)}</span>
        <span className="dim">{rule.lastEvaluationMs === null ? '' : <Ago ms={rule.lastEvaluationMs} />}</span>
      </span>
      <Switch checked={enabled} aria-label={t('rules.enable', { title: ruleTitle(rule, words.of) })} onChange={e => toggle.mutate(e.currentTarget.checked)} />
    </li>
  )
}
