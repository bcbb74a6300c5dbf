import { Suspense, lazy, useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Modal, NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { grafanaRulesQuery, runningRulesQuery, saveGrafanaRule } from '../../api/alerting.ts'
import { postRule } from '../../api/haechi.ts'
import { contactPointsQuery, foldersQuery, rulesQuery } from '../../api/queries.ts'
import { Choice } from '../../components/Choice.tsx'
import { failureText } from '../../components/Failure.tsx'
import { holdText, parseHold } from '../../format/time.ts'
import { ruleExpr } from '../boards/panel-rule.ts'
import { useAlertWords } from './alert-words.ts'
import { grafanaRule } from './grafana-rule.ts'
import { parseLabels } from './matchers.ts'
import { RulePreview } from './RulePreview.tsx'
import { displayScale, parseNumber, thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

const PromqlEditor = lazy(async () => ({ default: (await import('../explore/PromqlEditor.tsx')).PromqlEditor }))

/** A new rule: what is watched, when it fires, what is said; the query with its threshold drawn below. Simple, or Grafana-managed. */
export function NewRuleDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const folders = useQuery(foldersQuery).data ?? []
  const points = useQuery(contactPointsQuery).data ?? []
  const [kind, setKind] = useState<'simple' | 'grafana'>('simple')
  const [title, setTitle] = useState('')
  const [expr, setExpr] = useState('')
  const [op, setOp] = useState<'>' | '<'>('>')
  const [limit, setLimit] = useState('')
  const [unit, setUnit] = useState('')
  const [hold, setHold] = useState('2m')
  const [severity, setSeverity] = useState('warning')
  const [labels, setLabels] = useState('')
  const [summary, setSummary] = useState('')
  const [folder, setFolder] = useState('')
  const [group, setGroup] = useState('haechi')
  const [noData, setNoData] = useState('NoData')
  const [onError, setOnError] = useState('Error')
  const [receiver, setReceiver] = useState('')
  const [isTried, setTried] = useState(false)
  const scale = displayScale(unit)
  const shown = parseNumber(limit)
  const value = shown === undefined ? undefined : Number((shown / scale.factor).toPrecision(12))
  const forMs = parseHold(hold)
  const more = parseLabels(labels)
  const folderUid = folder === '' ? folders[0]?.uid : folder
  const isValid = title.trim() !== '' && expr.trim() !== '' && value !== undefined && forMs !== undefined && more !== undefined && (kind === 'simple' || folderUid !== undefined)
  const save = useMutation({
    mutationFn: async (): Promise<unknown> => {
      const common = { title: title.trim(), forMs: forMs!, labels: { ...more, severity }, annotations: { summary: summary.trim() === '' ? `${title.trim()}: {{ $value }} (${op} ${thresholdText(value!, unit)})` : summary.trim() } }
      if (kind === 'simple') return postRule({ ...common, expr: ruleExpr(expr, op, value!), ...(unit === '' ? {} : { unit }) })
      return saveGrafanaRule(grafanaRule({ ...common, expr: expr.trim(), op, value: value!, hold: holdText(forMs!), folderUid: folderUid!, group: group.trim(), noData, onError, receiver }), undefined)
    },
    onSuccess: async () => {
      await Promise.all([rulesQuery, runningRulesQuery, grafanaRulesQuery].map(q => client.invalidateQueries({ queryKey: q.queryKey })))
      onClose()
    },
  })
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (isValid) save.mutate()
  }
  return (
    <Modal opened onClose={onClose} size="xl" title={a('rule.new')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css['form']} onSubmit={submit} noValidate>
        <div>
          <span className={css['fieldLabel']} aria-hidden>{a('rule.query')}</span>
          <Suspense fallback={<Skeleton height={40} />}><PromqlEditor autoFocus label={a('rule.query')} placeholder={a('rule.queryHint')} value={expr} onChange={setExpr} onRun={() => {}} /></Suspense>
          {isTried && expr.trim() === '' && <p className="health-critical">{a('channels.missing')}</p>}
        </div>
        <div className={css['fields']}>
          <NativeSelect label={a('rule.when')} value={op} data={[{ value: '>', label: a('rule.above') }, { value: '<', label: a('rule.below') }]} onChange={e => setOp(e.currentTarget.value as '>')} />
          <TextInput label={a('rule.limit')} inputMode="decimal" value={limit} rightSection={<span className="dim">{scale.unit}</span>} rightSectionWidth={scale.unit.length * 9 + 16} error={(isTried || limit !== '') && value === undefined ? t('rules.thresholdInvalid') : undefined} onChange={e => setLimit(e.currentTarget.value)} />
          <NativeSelect label={a('rule.unit')} value={unit} data={[{ value: '', label: a('rule.unit.none') }, { value: 'ratio', label: a('rule.unit.ratio') }, { value: 's', label: a('rule.unit.s') }, { value: 'bytes', label: a('rule.unit.bytes') }]} onChange={e => setUnit(e.currentTarget.value)} />
          <TextInput label={a('rule.hold')} value={hold} error={forMs === undefined ? t('rules.holdInvalid') : undefined} onChange={e => setHold(e.currentTarget.value)} />
        </div>
        {expr.trim() !== '' && <RulePreview expr={value === undefined ? expr : ruleExpr(expr, op, value)} op={op} threshold={value} savedThreshold={value} unit={unit} forMs={forMs ?? 0} />}
        <div className={css['fields']}>
          <TextInput label={a('rule.name')} value={title} error={isTried && title.trim() === '' ? a('rule.nameMissing') : undefined} onChange={e => setTitle(e.currentTarget.value)} />
          <NativeSelect label={a('rule.severity')} value={severity} data={(['critical', 'warning', 'info'] as const).map(s => ({ value: s, label: a(`rule.${s}`) }))} onChange={e => setSeverity(e.currentTarget.value)} />
        </div>
        <TextInput label={a('rule.summary')} description={a('rule.summaryHint')} value={summary} onChange={e => setSummary(e.currentTarget.value)} />
        <TextInput label={a('rule.labels')} description={a('rule.labelsHint')} spellCheck={false} value={labels} error={more === undefined ? a('policies.labelsInvalid') : undefined} onChange={e => setLabels(e.currentTarget.value)} />
        <div>
          <span className={css['fieldLabel']} aria-hidden>{a('rule.kind')}</span>
          <Choice label={a('rule.kind')} value={kind} onChange={setKind} options={[{ value: 'simple', label: a('rule.kind.simple') }, { value: 'grafana', label: a('rule.kind.grafana') }]} />
          <p className={css['ruleText']}>{a(`rule.kindText.${kind}`)}</p>
        </div>
        {kind === 'grafana' && (folders.length === 0 ? <p className="health-warning">{a('rule.folderNone')}</p> : (
          <div className={css['fields']}>
            <NativeSelect label={a('rule.folder')} value={folderUid ?? ''} data={folders.map(f => ({ value: f.uid, label: f.title }))} onChange={e => setFolder(e.currentTarget.value)} />
            <TextInput label={a('rule.group')} value={group} onChange={e => setGroup(e.currentTarget.value)} />
            <NativeSelect label={a('rule.noData')} value={noData} data={(['NoData', 'OK', 'Alerting', 'KeepLast'] as const).map(s => ({ value: s, label: a(`rule.${s}`) }))} onChange={e => setNoData(e.currentTarget.value)} />
            <NativeSelect label={a('rule.error')} value={onError} data={(['Error', 'OK', 'Alerting', 'KeepLast'] as const).map(s => ({ value: s, label: a(`rule.${s}`) }))} onChange={e => setOnError(e.currentTarget.value)} />
            <NativeSelect label={a('rule.receiver')} value={receiver} data={[{ value: '', label: a('rule.receiverPolicies') }, ...points.map(p => ({ value: p.name, label: p.name }))]} onChange={e => setReceiver(e.currentTarget.value)} />
          </div>
        ))}
        {save.isError && <p role="alert" className="health-critical">{failureText(save.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" onClick={onClose}>{t('action.cancel')}</Button><Button type="submit" loading={save.isPending}>{a('rule.save')}</Button></div>
      </form>
    </Modal>
  )
}
