import { useMemo, useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, NativeSelect, Skeleton, Switch, TextInput, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { GrafanaRuleSummary } from '@haechi/server'
import { getGrafanaRule, grafanaRulesQuery, runningRulesQuery, saveGrafanaRule, setGroupInterval } from '../../api/alerting.ts'
import { makeFolder } from '../../api/boards.ts'
import { postRule } from '../../api/haechi.ts'
import { contactPointsQuery, foldersQuery, rulesQuery, useScrapeInterval } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Choice } from '../../components/Choice.tsx'
import { failureText } from '../../components/Failure.tsx'
import { PromqlEditor } from '../explore/later-editor.ts'
import { holdText, parseHold } from '../../format/time.ts'
import { ruleExpr } from '../boards/panel-rule.ts'
import { useAlertWords } from './alert-words.ts'
import { copiedForm, grafanaForm, grafanaRule, isTime, newGrafanaForm } from './grafana-rule.ts'
import { NodesEditor } from './NodesEditor.tsx'
import { hasTwin, pairValue, recordOf, withPair } from './pairs.ts'
import type { Pair } from './pairs.ts'
import { PairsEditor } from './PairsEditor.tsx'
import { isNodeComplete } from './rule-nodes.ts'
import type { RuleNode } from './rule-nodes.ts'
import { RulePreview } from './RulePreview.tsx'
import { GrafanaPreview } from './GrafanaPreview.tsx'
import { useRulePlay } from './use-rule-play.ts'
import { displayScale, parseNumber, thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

const SEVERITIES: readonly string[] = ['critical', 'warning', 'info']
const OWN_FIELDS: readonly string[] = ['summary', 'runbook_url']
/** The choice of a folder that is yet to be made. */
const NEW_FOLDER = '\u0000new'
const DEFAULT_EVERY = '1m'

/** What a new rule begins with. */
export interface RuleStart {
  readonly title: string
  /** Without a comparison. */
  readonly expr: string
  readonly op: '>' | '<'
  readonly value: number | undefined
  /** A Grafana unit id. */
  readonly unit: string
  /** The panel that it is made of. */
  readonly panel?: { readonly boardUid: string; readonly panelId: number }
}

/** A rule that was just saved. */
export interface SavedRule {
  readonly uid: string
  readonly title: string
}

/** Props of `RuleForm`. */
export interface RuleFormProps {
  readonly start: RuleStart
  /** A Grafana-managed rule to be changed. */
  readonly grafana?: GrafanaRuleSummary
  /** A Grafana-managed rule that the new one is to be like. */
  readonly copyOf?: GrafanaRuleSummary
  readonly saveLabel: string
  readonly onSaved: (rule: SavedRule) => void
  readonly onCancel: () => void
}

/**
 * The form of a rule: what is watched, when it fires, what is said; the query with its limit drawn below, with when it would have fired. Simple, or
 * Grafana-managed with queries and expressions.
 */
export function RuleForm({ start, grafana, copyOf, saveLabel, onSaved, onCancel }: RuleFormProps): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const folders = useQuery(foldersQuery).data ?? []
  const points = useQuery(contactPointsQuery).data ?? []
  const others = useQuery(grafanaRulesQuery).data ?? []
  const [old] = useState(() => (grafana !== undefined ? grafanaForm(grafana) : copyOf === undefined ? undefined : copiedForm(copyOf, a('rule.copyOf', { title: copyOf.title }))))
  const [kind, setKind] = useState<'simple' | 'grafana'>(old === undefined ? 'simple' : 'grafana')
  const [title, setTitle] = useState(old?.title ?? start.title)
  const [expr, setExpr] = useState(start.expr)
  const [op, setOp] = useState(start.op)
  const [unit, setUnit] = useState(start.unit)
  const scale = displayScale(unit)
  const [limit, setLimit] = useState(() => (start.value === undefined ? '' : String(Number((start.value * scale.factor).toPrecision(12)))))
  const [hold, setHold] = useState(old?.hold ?? '2m')
  const [severity, setSeverity] = useState(old === undefined ? 'warning' : pairValue(old.labels, 'severity'))
  const [labels, setLabels] = useState<readonly Pair[]>(old?.labels.filter(p => p.name !== 'severity') ?? [])
  const [summary, setSummary] = useState(old === undefined ? '' : pairValue(old.annotations, 'summary'))
  const [runbook, setRunbook] = useState(old === undefined ? '' : pairValue(old.annotations, 'runbook_url'))
  const [annotations, setAnnotations] = useState<readonly Pair[]>(old?.annotations.filter(p => !OWN_FIELDS.includes(p.name)) ?? [])
  const [nodes, setNodes] = useState<readonly RuleNode[]>(old?.nodes ?? [])
  const [condition, setCondition] = useState(old?.condition ?? '')
  const [folder, setFolder] = useState(old?.folderUid ?? '')
  const [folderName, setFolderName] = useState('')
  const [group, setGroup] = useState(old?.group ?? 'haechi')
  const [every, setEvery] = useState(old?.every)
  const [keepFiring, setKeepFiring] = useState(old?.keepFiring ?? '0s')
  const [noData, setNoData] = useState(old?.noData ?? 'NoData')
  const [onError, setOnError] = useState(old?.onError ?? 'Error')
  const [missing, setMissing] = useState(old?.missing ?? '')
  const [paused, setPaused] = useState(old?.paused ?? false)
  const [receiver, setReceiver] = useState(old?.receiver ?? '')
  const [isTried, setTried] = useState(false)

  const shown = parseNumber(limit)
  const value = shown === undefined ? undefined : Number((shown / scale.factor).toPrecision(12))
  const forMs = parseHold(hold)
  const folderChoice = folder !== '' ? folder : folders[0]?.uid ?? NEW_FOLDER
  const groupOf = others.find(r => r.folderUid === folderChoice && r.group === group.trim())
  const everyShown = every ?? (groupOf === undefined ? DEFAULT_EVERY : holdText(groupOf.intervalMs))
  const everyMs = parseHold(everyShown)
  const isEveryGood = everyMs !== undefined && everyMs > 0 && everyMs % 10_000 === 0
  const isMissingGood = /^\d*$/.test(missing.trim())
  const isSimpleValid = expr.trim() !== '' && value !== undefined && forMs !== undefined
  const isGrafanaValid = nodes.length > 0 && nodes.every(n => isNodeComplete(n, isTime)) && isTime(hold) && isTime(keepFiring) && isEveryGood && isMissingGood && group.trim() !== '' && (folderChoice !== NEW_FOLDER || folderName.trim() !== '')
  const isValid = title.trim() !== '' && !hasTwin(labels) && !hasTwin(annotations) && (kind === 'simple' ? isSimpleValid : isGrafanaValid)

  const choose = (next: 'simple' | 'grafana'): void => {
    if (next === 'grafana' && nodes.length === 0) {
      const made = newGrafanaForm(expr, op, value === undefined ? '' : String(value))
      setNodes(made.nodes)
      setCondition(made.condition)
    }
    setKind(next)
  }
  const save = useMutation({
    mutationFn: async (): Promise<SavedRule> => {
      const name = title.trim()
      const allLabels = withPair(labels, 'severity', severity)
      const said = summary.trim() !== '' ? summary.trim() : kind === 'simple' ? `${name}: {{ $value }} (${op} ${thresholdText(value!, unit)})` : ''
      const allAnnotations = withPair(withPair(annotations, 'summary', said), 'runbook_url', runbook.trim())
      if (kind === 'simple') {
        const made = await postRule({
          title: name, expr: ruleExpr(expr, op, value!), forMs: forMs!, labels: recordOf(allLabels), ...(unit === '' ? {} : { unit }),
          annotations: { ...recordOf(allAnnotations), ...(start.panel === undefined ? {} : { dashboard_uid: start.panel.boardUid, panel_id: String(start.panel.panelId) }) },
        })
        return { uid: made.uid, title: name }
      }
      if (grafana !== undefined && JSON.stringify(await getGrafanaRule(grafana.uid)) !== JSON.stringify(old!.source)) throw new Error('conflict')
      const folderUid = folderChoice === NEW_FOLDER ? (await makeFolder(folderName.trim())).uid : folderChoice
      const ofPanel: readonly Pair[] = start.panel === undefined ? [] : [{ name: '__dashboardUid__', value: start.panel.boardUid }, { name: '__panelId__', value: String(start.panel.panelId) }]
      const form = { title: name, folderUid, group, every: everyShown, hold, keepFiring, noData, onError, missing, labels: allLabels, annotations: [...allAnnotations, ...ofPanel], receiver, paused, condition, nodes, source: old?.source ?? {} }
      const made = await saveGrafanaRule(grafanaRule(form), grafana?.uid)
      if (everyMs !== (groupOf?.intervalMs ?? parseHold(DEFAULT_EVERY))) await setGroupInterval(folderUid, group.trim(), everyMs! / 1000)
      return { uid: String(made['uid'] ?? grafana?.uid ?? ''), title: name }
    },
    onSuccess: async saved => {
      await Promise.all([rulesQuery, runningRulesQuery, grafanaRulesQuery, foldersQuery].map(q => client.invalidateQueries({ queryKey: q.queryKey })))
      onSaved(saved)
    },
  })
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (isValid && !save.isPending) save.mutate()
  }
  const { range } = useRefresh()
  const [played] = useDebouncedValue(useMemo(() => (kind === 'grafana' && nodes.length > 0 && nodes.every(n => isNodeComplete(n, isTime)) && isTime(hold) && isTime(keepFiring) && isMissingGood ? { condition, nodes, hold, keepFiring, noData, onError, missing } : undefined), [kind, nodes, condition, hold, keepFiring, noData, onError, missing, isMissingGood]), 500)
  const play = useRulePlay(played, isEveryGood ? everyMs : 60_000, range, useScrapeInterval())
  const timeError = (text: string): string | undefined => (isTime(text) ? undefined : t('rules.holdInvalid'))
  return (
    <form className={css['form']} onSubmit={submit} noValidate>
      {grafana?.provenance === 'api' && <p className="dim">{a('rule.api')}</p>}
      {kind === 'simple' ? (
        <>
          <div>
            <span className={css['fieldLabel']} aria-hidden>{a('rule.query')}</span>
            <PromqlEditor waiting={<Skeleton height={40} />} autoFocus={start.expr === ''} label={a('rule.query')} placeholder={a('rule.queryHint')} value={expr} onChange={setExpr} onRun={() => {}} />
            {isTried && expr.trim() === '' && <p className="health-critical">{a('channels.missing')}</p>}
          </div>
          <div className={css['fields']}>
            <NativeSelect label={a('rule.when')} value={op} data={[{ value: '>', label: a('rule.above') }, { value: '<', label: a('rule.below') }]} onChange={e => setOp(e.currentTarget.value as '>')} />
            <TextInput label={a('rule.limit')} inputMode="decimal" value={limit} rightSection={<span className="dim">{scale.unit}</span>} rightSectionWidth={scale.unit.length * 9 + 16} error={(isTried || limit !== '') && value === undefined ? t('rules.thresholdInvalid') : undefined} onChange={e => setLimit(e.currentTarget.value)} />
            <NativeSelect label={a('rule.unit')} value={unit} data={[{ value: '', label: a('rule.unit.none') }, { value: 'ratio', label: a('rule.unit.ratio') }, { value: 's', label: a('rule.unit.s') }, { value: 'bytes', label: a('rule.unit.bytes') }, ...(['', 'ratio', 's', 'bytes'].includes(unit) ? [] : [unit]), ...(['', 'ratio', 's', 'bytes', unit].includes(start.unit) ? [] : [start.unit])]} onChange={e => setUnit(e.currentTarget.value)} />
            <TextInput label={a('rule.hold')} value={hold} error={forMs === undefined ? t('rules.holdInvalid') : undefined} onChange={e => setHold(e.currentTarget.value)} />
          </div>
        </>
      ) : <NodesEditor nodes={nodes} condition={condition} isTried={isTried} now={played === undefined ? undefined : play.data?.view.nodes} onChange={(next, decides) => { setNodes(next); setCondition(decides) }} />}
      {kind === 'grafana' ? played !== undefined && <GrafanaPreview play={play} />
        : expr.trim() !== '' && <RulePreview expr={value === undefined ? expr : ruleExpr(expr, op, value)} op={op} threshold={value} savedThreshold={value} unit={unit} forMs={forMs ?? 0} />}
      <div className={css['fields']}>
        <TextInput label={a('rule.name')} value={title} error={isTried && title.trim() === '' ? a('rule.nameMissing') : undefined} onChange={e => setTitle(e.currentTarget.value)} />
        <NativeSelect label={a('rule.severity')} value={severity} data={[...SEVERITIES.map(s => ({ value: s, label: a(`rule.${s}` as 'rule.info') })), ...(SEVERITIES.includes(severity) ? [] : [{ value: severity, label: severity === '' ? '–' : severity }])]} onChange={e => setSeverity(e.currentTarget.value)} />
      </div>
      <Textarea autosize minRows={1} maxRows={5} label={a('rule.summary')} description={a('rule.summaryHint')} value={summary} onChange={e => setSummary(e.currentTarget.value)} />
      <TextInput label={a('rule.runbook')} description={a('rule.runbookHint')} type="url" value={runbook} onChange={e => setRunbook(e.currentTarget.value)} />
      <PairsEditor title={a('rule.labels')} hint={a('rule.labelsHint')} pairs={labels} onChange={setLabels} />
      <PairsEditor title={a('rule.annotations')} isLong pairs={annotations} onChange={setAnnotations} />
      {grafana === undefined && (
        <div>
          <span className={css['fieldLabel']} aria-hidden>{a('rule.kind')}</span>
          <Choice label={a('rule.kind')} value={kind} onChange={choose} options={[{ value: 'simple', label: a('rule.kind.simple') }, { value: 'grafana', label: a('rule.kind.grafana') }]} />
          <p className={css['ruleText']}>{a(`rule.kindText.${kind}`)}</p>
        </div>
      )}
      {kind === 'grafana' && (
        <>
          <div className={css['fields']}>
            <NativeSelect label={a('rule.folder')} value={folderChoice} data={[...folders.map(f => ({ value: f.uid, label: f.title })), ...(folderChoice !== NEW_FOLDER && !folders.some(f => f.uid === folderChoice) ? [{ value: folderChoice, label: grafana?.folderTitle ?? folderChoice }] : []), { value: NEW_FOLDER, label: a('rule.newFolder') }]} onChange={e => setFolder(e.currentTarget.value)} />
            {folderChoice === NEW_FOLDER && <TextInput label={a('rule.folderName')} value={folderName} error={isTried && folderName.trim() === '' ? a('channels.missing') : undefined} onChange={e => setFolderName(e.currentTarget.value)} />}
            <TextInput label={a('rule.group')} value={group} error={group.trim() === '' ? a('channels.missing') : undefined} onChange={e => setGroup(e.currentTarget.value)} />
            <TextInput label={a('rule.every')} description={a('rule.everyHint')} value={everyShown} error={isEveryGood ? undefined : a('rule.everyInvalid')} onChange={e => setEvery(e.currentTarget.value)} />
          </div>
          <div className={css['fields']}>
            <TextInput label={a('rule.hold')} value={hold} error={timeError(hold)} onChange={e => setHold(e.currentTarget.value)} />
            <TextInput label={a('rule.keepFiring')} description={a('rule.keepFiringHint')} value={keepFiring} error={timeError(keepFiring)} onChange={e => setKeepFiring(e.currentTarget.value)} />
            <TextInput label={a('rule.missing')} description={a('rule.missingHint')} inputMode="numeric" value={missing} error={isMissingGood ? undefined : a('rule.missingInvalid')} onChange={e => setMissing(e.currentTarget.value)} />
          </div>
          <div className={css['fields']}>
            <NativeSelect label={a('rule.noData')} value={noData} data={(['NoData', 'OK', 'Alerting', 'KeepLast'] as const).map(s => ({ value: s, label: a(`rule.${s}`) }))} onChange={e => setNoData(e.currentTarget.value)} />
            <NativeSelect label={a('rule.error')} value={onError} data={(['Error', 'OK', 'Alerting', 'KeepLast'] as const).map(s => ({ value: s, label: a(`rule.${s}`) }))} onChange={e => setOnError(e.currentTarget.value)} />
            <NativeSelect label={a('rule.receiver')} value={receiver} data={[{ value: '', label: a('rule.receiverPolicies') }, ...new Set([...points.map(p => p.name), ...(receiver === '' ? [] : [receiver])])]} onChange={e => setReceiver(e.currentTarget.value)} />
          </div>
          <Switch label={a('rule.paused')} checked={paused} onChange={e => setPaused(e.currentTarget.checked)} />
        </>
      )}
      {save.isError && <p role="alert" className="health-critical">{save.error.message === 'conflict' ? a('rule.conflict') : failureText(save.error, t, locale).text}</p>}
      <div className={css['dialogButtons']}><Button variant="default" onClick={onCancel}>{t('action.cancel')}</Button><Button type="submit" loading={save.isPending}>{saveLabel}</Button></div>
    </form>
  )
}
