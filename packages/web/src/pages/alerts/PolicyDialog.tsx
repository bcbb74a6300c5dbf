import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, NativeSelect, Skeleton, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { PolicyNodeView, PolicyTreeView } from '@haechi/server'
import { getPolicyJson, policiesQuery, putPolicyJson } from '../../api/alerting.ts'
import type { PolicyJson } from '../../api/alerting.ts'
import { Failure, failureText } from '../../components/Failure.tsx'
import { holdText } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { FormDialog } from './FormDialog.tsx'
import { isTime } from './grafana-rule.ts'
import { matchersText, operatorOf, parseMatchers } from './matchers.ts'
import { isSameTree, policyAt, withNewPolicy, withPolicy } from './policy-json.ts'
import css from './Alerts.module.css'

/** Props of `PolicyDialog`. */
export interface PolicyDialogProps {
  readonly node: PolicyNodeView
  readonly isNew: boolean
  readonly tree: PolicyTreeView
  readonly names: readonly string[]
  readonly onClose: () => void
}

/** Adds a policy below one (`isNew`), or changes one. The server judges what is sent. */
export function PolicyDialog(props: PolicyDialogProps): ReactElement {
  const { a } = useAlertWords()
  const json = useQuery({ queryKey: ['policy-json'], queryFn: getPolicyJson, staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false })
  return (
    <FormDialog size="lg" title={a(props.isNew ? 'policies.newTitle' : 'policies.editTitle')} onClose={props.onClose}>
      {({ leave, done }) => (json.isError ? <Failure error={json.error} retry={() => void json.refetch()} /> : json.data === undefined ? <Skeleton height={360} /> : <PolicyForm {...props} opened={json.data} onClose={done} onCancel={leave} />)}
    </FormDialog>
  )
}

/** `opened`: the tree as it was when the form was opened. */
function PolicyForm({ node, isNew, tree, names, onClose, onCancel, opened }: PolicyDialogProps & { readonly opened: PolicyJson; readonly onCancel: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const own = isNew ? undefined : policyAt(opened, node.path!)
  const client = useQueryClient()
  const isRoot = !isNew && node.path?.length === 0
  const [receiver, setReceiver] = useState(own?.receiver ?? '')
  const [matchers, setMatchers] = useState(isNew ? '' : matchersText(node.matchers))
  const [groupBy, setGroupBy] = useState((own?.group_by ?? []).join(', '))
  const [wait, setWait] = useState(own?.group_wait ?? '')
  const [interval, setInterval] = useState(own?.group_interval ?? '')
  const [repeat, setRepeat] = useState(own?.repeat_interval ?? '')
  const [continues, setContinues] = useState(!isNew && node.continues)
  const [mute, setMute] = useState(isNew ? '' : node.muteTimeIntervals.join(', '))
  const [active, setActive] = useState(isNew ? '' : node.activeTimeIntervals.join(', '))
  const read = parseMatchers(matchers)
  const bad = (text: string): string | undefined => (text.trim() !== '' && !isTime(text) ? a('policies.durationInvalid') : undefined)
  const isValid = read !== undefined && (isRoot || read.length > 0) && [wait, interval, repeat].every(x => bad(x) === undefined) && (!isRoot || receiver !== '')
  const save = useMutation({
    mutationFn: async () => {
      const json = await getPolicyJson()
      // Its place may be another one by now.
      if (!isSameTree(json, opened)) throw new Error('conflict')
      const old = own ?? {}
      const list = (text: string): string[] => text.split(',').map(x => (x.trim() === '…' ? '...' : x.trim())).filter(x => x !== '')
      const { receiver: _r, group_by: _g, group_wait: _w, group_interval: _i, repeat_interval: _p, mute_time_intervals: _m, active_time_intervals: _a, object_matchers: _o, continue: _c, ...rest } = old as PolicyJson & { matchers?: unknown; match?: unknown; match_re?: unknown }
      const { matchers: _1, match: _2, match_re: _3, ...others } = rest
      const next: PolicyJson = {
        ...others, ...(receiver === '' ? {} : { receiver }), ...(list(groupBy).length === 0 ? {} : { group_by: list(groupBy) }), ...(wait.trim() === '' ? {} : { group_wait: wait.trim() }), ...(interval.trim() === '' ? {} : { group_interval: interval.trim() }),
        ...(repeat.trim() === '' ? {} : { repeat_interval: repeat.trim() }), ...(list(mute).length === 0 ? {} : { mute_time_intervals: list(mute) }), ...(list(active).length === 0 ? {} : { active_time_intervals: list(active) }),
        ...(isRoot ? {} : { object_matchers: read!.map(m => [m.name, operatorOf(m), m.value] as const), ...(continues ? { continue: true } : {}) }),
      }
      return putPolicyJson(isNew ? withNewPolicy(json, node.path!, next) : withPolicy(json, node.path!, next))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: policiesQuery.queryKey })
      onClose()
    },
  })
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    if (isValid) save.mutate()
  }
  const inherited = (ms: number): { placeholder: string } => ({ placeholder: a('policies.inherited', { value: holdText(ms) }) })
  return (
    <form className={css['form']} onSubmit={submit} noValidate>
      {isNew && tree.origin === 'none' && <p className="dim">{a('policies.firstText', { name: names[0] ?? '–' })}</p>}
      {!isRoot && <TextInput data-autofocus label={a('silences.matchers')} placeholder='severity="critical"' spellCheck={false} value={matchers} classNames={{ input: 'mono' }} error={read === undefined ? a('policies.labelsInvalid') : undefined} onChange={e => setMatchers(e.currentTarget.value)} />}
      <NativeSelect label={a('policies.receiver')} value={receiver} onChange={e => setReceiver(e.currentTarget.value)} data={[...(isRoot ? [] : [{ value: '', label: a('policies.inherit', { name: node.receiver }) }]), ...names.map(n => ({ value: n, label: n }))]} />
      <TextInput label={a('policies.groupBy')} description={a('policies.groupByHint')} spellCheck={false} value={groupBy} placeholder={a('policies.inherited', { value: node.groupBy.join(', ') || '–' })} onChange={e => setGroupBy(e.currentTarget.value)} />
      <div className={css['fields']}>
        <TextInput label={a('policies.wait')} value={wait} error={bad(wait)} {...inherited(node.groupWaitMs)} onChange={e => setWait(e.currentTarget.value)} />
        <TextInput label={a('policies.interval')} value={interval} error={bad(interval)} {...inherited(node.groupIntervalMs)} onChange={e => setInterval(e.currentTarget.value)} />
        <TextInput label={a('policies.repeat')} value={repeat} error={bad(repeat)} {...inherited(node.repeatIntervalMs)} onChange={e => setRepeat(e.currentTarget.value)} />
      </div>
      {tree.timeIntervals.length > 0 && !isRoot && <TextInput label={a('policies.muteTimes')} description={tree.timeIntervals.map(x => x.name).join(', ')} value={mute} onChange={e => setMute(e.currentTarget.value)} />}
      {tree.timeIntervals.length > 0 && !isRoot && <TextInput label={a('policies.activeTimes')} value={active} onChange={e => setActive(e.currentTarget.value)} />}
      {!isRoot && <Switch label={a('policies.continueLabel')} checked={continues} onChange={e => setContinues(e.currentTarget.checked)} />}
      {save.isError && <p className="health-critical" role="alert">{save.error.message === 'conflict' ? a('policies.conflict') : failureText(save.error, t, locale).text}</p>}
      <div className={css['dialogButtons']}><Button variant="default" onClick={onCancel}>{t('action.cancel')}</Button><Button type="submit" loading={save.isPending} disabled={!isValid}>{t('action.save')}</Button></div>
    </form>
  )
}
