import '@mantine/core/styles/Combobox.css'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, NativeSelect, TextInput, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { readDashboard } from '@haechi/dashboards'
import type { Panel } from '@haechi/dashboards'
import { postRule } from '../../api/haechi.ts'
import { rulesQuery } from '../../api/queries.ts'
import { failureText } from '../../components/Failure.tsx'
import { parseHold } from '../../format/time.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import type { GrafanaDashboardJson } from '../../state/view-types.ts'
import { RulePreview } from '../alerts/RulePreview.tsx'
import { displayScale, parseNumber, thresholdText } from '../alerts/threshold-input.ts'
import { useEditWords } from './edit/edit-words.ts'
import { ruleExpr, ruleOfPanel } from './panel-rule.ts'
import css from './edit/Edit.module.css'

/** "Make an alert of this panel": query, unit and threshold are taken from it; what was made is on the alerts page. */
export function PanelRuleDialog({ panel, board, variables, onClose }: { readonly panel: Panel; readonly board: GrafanaDashboardJson; readonly variables: Readonly<Record<string, readonly string[]>>; readonly onClose: () => void }): ReactElement {
  const { e, t, locale } = useEditWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const start = useMemo(() => ruleOfPanel(panel, readDashboard(board).variables, variables), [panel, board, variables])
  const scale = displayScale(start.unit)
  const [title, setTitle] = useState(start.title)
  const [expr, setExpr] = useState(start.expr)
  const [op, setOp] = useState(start.op)
  const [limit, setLimit] = useState(start.value === undefined ? '' : String(Number((start.value * scale.factor).toPrecision(12))))
  const [hold, setHold] = useState('2m')
  const [severity, setSeverity] = useState('warning')
  const shown = parseNumber(limit)
  const value = shown === undefined ? undefined : Number((shown / scale.factor).toPrecision(12))
  const forMs = parseHold(hold)
  const isValid = title.trim() !== '' && expr.trim() !== '' && value !== undefined && forMs !== undefined
  const save = useMutation({
    mutationFn: () => postRule({
      title: title.trim(), expr: ruleExpr(expr, op, value!), forMs: forMs!, unit: start.unit, labels: { severity },
      annotations: { summary: `${title.trim()}: {{ $value }} (${op} ${thresholdText(value!, start.unit)})`, dashboard_uid: String(board['uid'] ?? ''), panel_id: String(panel.id) },
    }),
    onSuccess: () => client.invalidateQueries({ queryKey: rulesQuery.queryKey }),
  })
  return (
    <Modal opened onClose={onClose} title={e('rule.title')} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {save.isSuccess ? (
        <div className={css['rows']}>
          <p role="status">{e('rule.done', { title })}</p>
          <div className={css['tools']}>
            <Button data-autofocus onClick={() => void navigate({ to: '/alerts' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), tab: 'rules', open: save.data.uid })) as never })}>{e('rule.open')}</Button>
            <Button variant="default" onClick={onClose}>{t('action.close')}</Button>
          </div>
        </div>
      ) : (
        <form className={css['rows']} onSubmit={ev => { ev.preventDefault(); if (isValid) save.mutate() }} noValidate>
          <TextInput data-autofocus label={e('rule.name')} value={title} error={title.trim() === '' ? e('rule.noName') : undefined} onChange={ev => setTitle(ev.currentTarget.value)} />
          <Textarea autosize minRows={2} spellCheck={false} label={e('rule.query')} classNames={{ input: css['json'] ?? '' }} value={expr} onChange={ev => setExpr(ev.currentTarget.value)} />
          <div className={css['fields']}>
            <NativeSelect label={e('rule.when')} value={op} data={[{ value: '>', label: e('rule.above') }, { value: '<', label: e('rule.below') }]} onChange={ev => setOp(ev.currentTarget.value as '>')} />
            <TextInput label={e('rule.limit')} inputMode="decimal" value={limit} rightSection={<span className="dim">{scale.unit}</span>} rightSectionWidth={scale.unit.length * 9 + 16} error={limit.trim() !== '' && value === undefined ? t('rules.thresholdInvalid') : undefined} onChange={ev => setLimit(ev.currentTarget.value)} />
            <TextInput label={t('rules.hold')} value={hold} error={forMs === undefined ? t('rules.holdInvalid') : undefined} onChange={ev => setHold(ev.currentTarget.value)} />
            <NativeSelect label={e('rule.severity')} value={severity} data={(['critical', 'warning', 'info'] as const).map(s => ({ value: s, label: e(`rule.${s}`) }))} onChange={ev => setSeverity(ev.currentTarget.value)} />
          </div>
          {expr.trim() !== '' && <RulePreview expr={value === undefined ? expr : ruleExpr(expr, op, value)} op={op} threshold={value} savedThreshold={value} unit={start.unit} forMs={forMs ?? 0} />}
          {save.isError && <p role="alert" className="health-critical">{failureText(save.error, t, locale).text}</p>}
          <div className={css['tools']}><Button type="submit" loading={save.isPending} disabled={!isValid}>{e('rule.make')}</Button></div>
        </form>
      )}
    </Modal>
  )
}
