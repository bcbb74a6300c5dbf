import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Modal, NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconBellOff } from '@tabler/icons-react'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { PolicyMatchView, PolicyNodeView, PolicyTreeView } from '@haechi/server'
import { getPolicyJson, matchPolicies, policiesQuery, putPolicyJson } from '../../api/alerting.ts'
import type { PolicyJson } from '../../api/alerting.ts'
import { alertsQuery, contactPointsQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { holdWords, minuteTime } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { matcherText, matchersOfLabels, matchersText, parseLabels } from './matchers.ts'
import { isStillAt, withMovedPolicy, withPolicy } from './policy-json.ts'
import { MuteTimings } from './MuteTimings.tsx'
import { PolicyDialog } from './PolicyDialog.tsx'
import css from './Alerts.module.css'

/** Who is told of what, as a tree, and the way that an alert takes through it. */
export function PolicyList(): ReactElement {
  const { a } = useAlertWords()
  const { search } = usePageSearch()
  const query = useQuery(policiesQuery)
  const [text] = useDebouncedValue(search.filter ?? '', 300)
  const labels = text.trim() === '' ? undefined : parseLabels(text)
  const match = useQuery({ queryKey: ['live', 'policy-match', labels], enabled: labels !== undefined, queryFn: () => matchPolicies(labels!) })
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={320} />
  const tree = query.data
  const way = new Set(labels === undefined ? [] : match.data?.ends.flatMap(e => e.way))
  const ends = new Set(labels === undefined ? [] : match.data?.ends.map(e => e.id))
  const isNobody = tree.origin === 'none' && tree.root.contactPoints.length === 0
  return (
    <>
      <Verdict><StateMark health={isNobody ? 'warning' : 'ok'} size={20} /><span>{a(tree.origin === 'none' ? (isNobody ? 'policies.noneNobody' : 'policies.none') : 'policies.some')}</span></Verdict>
      {(tree.origin === 'alertmanager' || tree.origin === 'file' || tree.origin === 'both') && <p className="dim">{a(tree.origin === 'alertmanager' ? 'policies.fromAlertmanager' : tree.origin === 'file' ? 'policies.fromFile' : 'policies.both')}{tree.file !== undefined && <> <span className="mono">{tree.file}</span></>}</p>}
      <AskWay answer={labels === undefined ? undefined : match.data} isWrong={text.trim() !== '' && labels === undefined} error={match.error} />
      <ul className={css['tree']}><Node node={tree.root} tree={tree} way={way} ends={ends} isRoot /></ul>
      <MuteTimings tree={tree} />
    </>
  )
}

function AskWay({ answer, isWrong, error }: { readonly answer: PolicyMatchView | undefined; readonly isWrong: boolean; readonly error: Error | null }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { search, change } = usePageSearch()
  const { data: alerts } = useQuery(alertsQuery)
  const firing = (alerts ?? []).map(x => matchersText(matchersOfLabels(x.labels)))
  return (
    <Section title={a('policies.ask')}>
      <div className={css['ask']}>
        <TextInput label={a('policies.labels')} placeholder={a('policies.labelsHint')} data-filter spellCheck={false} autoComplete="off" classNames={{ input: 'mono' }} value={search.filter ?? ''} error={isWrong ? a('policies.labelsInvalid') : undefined} onChange={e => change({ filter: e.currentTarget.value }, 'replace')} />
        <NativeSelect label={a('policies.choose')} disabled={firing.length === 0} value={firing.find(x => x === search.filter) ?? ''} onChange={e => change({ filter: e.currentTarget.value })}
          data={[{ value: '', label: a('policies.chooseNone') }, ...(alerts ?? []).map((x, i) => ({ value: firing[i]!, label: `${x.labels['alertname'] ?? ''} ${Object.entries(x.labels).filter(([k]) => k === 'job' || k === 'instance').map(([, v]) => v).join(' ')}` }))]} />
      </div>
      <ul className={css['ends']} aria-live="polite">
        {answer?.ends.map(e => (
          <li key={e.id}>
            <p className={css['ruleTitle']}><StateMark health={e.contactPoints.length === 0 ? 'warning' : e.heldBackBy === undefined ? 'ok' : 'unknown'} />{e.contactPoints.length === 0 ? a('policies.goesNowhere') : a('policies.goesTo', { names: e.contactPoints.join(', ') })}</p>
            <p className={css['ruleText']}>{Object.keys(e.group).length === 0 ? a('policies.groupAll') : a('policies.group', { labels: Object.entries(e.group).map(([k, v]) => `${k}=${v === '' ? a('policies.none1') : v}`).join(', ') })}</p>
            <p className={css['ruleText']}>{a('policies.timing', { wait: holdWords(e.groupWaitMs, locale), interval: holdWords(e.groupIntervalMs, locale), repeat: holdWords(e.repeatIntervalMs, locale) })}</p>
            {e.heldBackBy !== undefined && <p className="health-warning">{a('policies.held', { name: e.heldBackBy })}</p>}
          </li>
        ))}
        {answer !== undefined && answer.silencedBy.length + answer.inhibitedBy.length > 0 && (
          <li data-held>
            <p className={css['ruleTitle']}><IconBellOff size={16} aria-hidden />{a('policies.wouldHold')}</p>
            {answer.silencedBy.map(s => (
              <p key={s.id} className={css['ruleText']}>{a('policies.silencedBy', { time: minuteTime(s.endsAtMs, locale), comment: s.comment === '' ? a('silences.noComment') : s.comment })}{s.createdBy !== '' && ` · ${a('silences.by', { name: s.createdBy })}`}
                {' '}<Button size="compact-sm" variant="subtle" onClick={() => change({ tab: 'silences', open: s.id, filter: undefined })}>{a('now.openSilence')}</Button></p>
            ))}
            {answer.inhibitedBy.map(l => <p key={JSON.stringify(l)} className={css['ruleText']}>{a('policies.inhibitedBy', { labels: matchersText(matchersOfLabels(l)) })}</p>)}
          </li>
        )}
      </ul>
      {error !== null && <p className="health-critical" role="alert">{failureText(error, t, locale).text}</p>}
    </Section>
  )
}

function Node({ node, tree, way, ends, isRoot = false, siblings = 0 }: { readonly node: PolicyNodeView; readonly tree: PolicyTreeView; readonly way: ReadonlySet<string>; readonly ends: ReadonlySet<string>; readonly isRoot?: boolean; readonly siblings?: number }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { data: points } = useQuery(contactPointsQuery)
  const [dialog, setDialog] = useState<'new' | 'edit' | 'remove' | undefined>(undefined)
  const client = useQueryClient()
  const move = useMutation({ mutationFn: async (by: -1 | 1) => putPolicyJson(withMovedPolicy(await unchanged(node), node.path!, by)), onSettled: () => client.invalidateQueries({ queryKey: policiesQuery.queryKey }) })
  const place = node.path?.at(-1)
  const isOn = way.has(node.id)
  const isBranch = node.madeBy === 'rule' && node.routes.length > 0
  const grouped = node.groupBy.includes('...') ? a('policies.groupedEach') : node.groupBy.length === 0 ? a('policies.groupedNot') : a('policies.grouped', { names: node.groupBy.join(', ') })
  const canEdit = tree.editable && node.path !== undefined
  return (
    <li>
      <div className={css['node']} data-way={isOn || undefined} data-end={ends.has(node.id) || undefined}>
        <div className={css['channelMain']}>
          <p className={css['ruleTitle']}>
            {isOn && <span className="hidden-visually">{a('policies.marked')}</span>}
            {node.madeBy === 'rule' && isBranch && node.matchers.some(m => m.name === '__grafana_autogenerated__') ? a('policies.ofRules')
              : isRoot ? a(node.routes.length === 0 ? 'policies.everything' : 'policies.everythingElse')
                : <span className={css['chips']}>{node.matchers.map(m => <span key={matcherText(m)} className={`mono ${css['chip']}`}>{matcherText(m)}</span>)}</span>}
            <span className={css['to']}>→ {node.contactPoints.length === 0 ? <span className="health-warning">{node.receiver === 'default' ? a('policies.nobody') : node.receiver}</span> : node.contactPoints.join(', ')}</span>
            {node.continues && <span className={css['tag']}>{a('policies.continues')}</span>}
          </p>
          <p className={css['ruleText']}>{[grouped, a('policies.timing', { wait: holdWords(node.groupWaitMs, locale), interval: holdWords(node.groupIntervalMs, locale), repeat: holdWords(node.repeatIntervalMs, locale) }),
            node.muteTimeIntervals.length > 0 ? a('policies.muted', { names: node.muteTimeIntervals.join(', ') }) : '', node.activeTimeIntervals.length > 0 ? a('policies.activeOnly', { names: node.activeTimeIntervals.join(', ') }) : ''].filter(x => x !== '').join(' · ')}</p>
        </div>
        {canEdit && (
          <div className={css['buttons']}>
            <Button size="compact-sm" variant="subtle" onClick={() => setDialog('new')}>{a('policies.add')}</Button>
            {!(isRoot && tree.origin === 'none') && <Button size="compact-sm" variant="subtle" onClick={() => setDialog('edit')}>{a('policies.change')}</Button>}
            {!isRoot && place !== undefined && place > 0 && <ActionIcon variant="subtle" color="gray" size={30} disabled={move.isPending} aria-label={a('policies.up')} onClick={() => move.mutate(-1)}><IconArrowUp size={16} /></ActionIcon>}
            {!isRoot && place !== undefined && place < siblings - 1 && <ActionIcon variant="subtle" color="gray" size={30} disabled={move.isPending} aria-label={a('policies.down')} onClick={() => move.mutate(1)}><IconArrowDown size={16} /></ActionIcon>}
            {!isRoot && <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setDialog('remove')}>{a('policies.remove')}</Button>}
          </div>
        )}
      </div>
      {move.isError && <p className="health-critical" role="alert">{move.error.message === 'conflict' ? a('policies.conflict') : failureText(move.error, t, locale).text}</p>}
      {node.routes.length > 0 && <ul className={css['tree']}>{node.routes.map(r => <Node key={r.id} node={r} tree={tree} way={way} ends={ends} siblings={node.routes.filter(x => x.path !== undefined).length} />)}</ul>}
      {(dialog === 'new' || dialog === 'edit') && <PolicyDialog node={node} isNew={dialog === 'new'} tree={tree} names={[...new Set(points?.map(p => p.name))]} onClose={() => setDialog(undefined)} />}
      {dialog === 'remove' && <RemoveDialog node={node} onClose={() => setDialog(undefined)} />}
    </li>
  )
}

/** The tree as it is now, in which the policy stands where the page shows it. @throws Error `conflict` when somebody moved it */
async function unchanged(node: PolicyNodeView): Promise<PolicyJson> {
  const tree = await getPolicyJson()
  if (!isStillAt(tree, node.path!, node.matchers)) throw new Error('conflict')
  return tree
}

function RemoveDialog({ node, onClose }: { readonly node: PolicyNodeView; readonly onClose: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: async () => putPolicyJson(withPolicy(await unchanged(node), node.path!, undefined)),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: policiesQuery.queryKey })
    },
  })
  return (
    <Modal opened onClose={onClose} title={a('policies.remove')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <p>{a('policies.removeSure')}</p>
      {remove.isError && <p className="health-critical" role="alert">{remove.error.message === 'conflict' ? a('policies.conflict') : failureText(remove.error, t, locale).text}</p>}
      <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={onClose}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{a('policies.remove')}</Button></div>
    </Modal>
  )
}
