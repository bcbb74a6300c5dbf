import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Drawer, Switch, TextInput, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { EditableRule, RuleEdit } from '@haechi/server'
import { putRule, restoreRule } from '../../api/haechi.ts'
import { rulesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { failureText } from '../../components/Failure.tsx'
import { holdText, parseHold } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { useAlertWords } from './alert-words.ts'
import { hasTwin, pairsOf, recordOf, withPair } from './pairs.ts'
import type { Pair } from './pairs.ts'
import { PairsEditor } from './PairsEditor.tsx'
import { RuleHistory } from './RuleHistory.tsx'
import { RulePreview } from './RulePreview.tsx'
import { displayScale, parseNumber } from './threshold-input.ts'
import type { Locale } from '../../state/view-types.ts'
import { ruleTitle } from './rule-state.ts'
import css from './Alerts.module.css'

/** A rule open for editing, beside the list. */
export function RuleDrawer({ rule, onDeleted, onClose }: { readonly rule: EditableRule | undefined; readonly onDeleted: (rule: EditableRule) => void; readonly onClose: () => void }): ReactElement {
  const { t, of } = useWords()
  return (
    <Drawer opened={rule !== undefined} onClose={onClose} position="right" size="lg" title={rule === undefined ? t('rules.drawer') : ruleTitle(rule, of)} closeButtonProps={{ 'aria-label': t('action.close') }}>
      {rule !== undefined && <RuleForm key={rule.uid} rule={rule} onDeleted={onDeleted} />}
    </Drawer>
  )
}

interface Draft {
  readonly enabled: boolean
  readonly threshold: string
  readonly hold: string
  readonly expr: string
  readonly labels: readonly Pair[]
  readonly summary: string
  readonly runbook: string
}

/** The annotation that the reader sees as summary: the one in their language where the rule has one. */
function summaryKey(rule: EditableRule, locale: Locale): string {
  return rule.annotations[`summary_${locale}`] === undefined ? 'summary' : `summary_${locale}`
}

function draftOf(rule: EditableRule, locale: Locale): Draft {
  const { threshold } = rule
  return {
    enabled: rule.enabled, threshold: threshold === undefined ? '' : String(threshold.value * displayScale(threshold.unit).factor), hold: holdText(rule.forMs), expr: rule.expr,
    labels: pairsOf(rule.labels), summary: rule.annotations[summaryKey(rule, locale)] ?? '', runbook: rule.annotations['runbook_url'] ?? '',
  }
}

function RuleForm({ rule, onDeleted }: { readonly rule: EditableRule; readonly onDeleted: (rule: EditableRule) => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const { change: openCopy } = usePageSearch()
  const [draft, setDraft] = useState(() => draftOf(rule, locale))
  const [isExprOpen, setExprOpen] = useState(rule.threshold === undefined)
  const [said, setSaid] = useState<string | undefined>(undefined)
  const scale = displayScale(rule.threshold?.unit ?? '')
  const forMs = parseHold(draft.hold)
  const shownThreshold = parseNumber(draft.threshold)
  // Number('0.07') * 100 is 7.000000000000001: compare what people typed, not what floats make of it.
  const thresholdValue = shownThreshold === undefined ? undefined : Number((shownThreshold / scale.factor).toPrecision(12))
  const isExprEdited = draft.expr.trim() !== rule.expr
  const isThresholdUsed = rule.threshold !== undefined && !isExprEdited
  const isValid = forMs !== undefined && (!isThresholdUsed || thresholdValue !== undefined) && draft.expr.trim() !== '' && !hasTwin(draft.labels)

  const after = (text: string) => async (saved: unknown): Promise<void> => {
    await client.invalidateQueries({ queryKey: rulesQuery.queryKey })
    const fresh = client.getQueryData<readonly EditableRule[]>(rulesQuery.queryKey as never)?.find(r => r.uid === rule.uid) ?? (saved as EditableRule | undefined)
    if (fresh !== undefined && typeof fresh === 'object') setDraft(draftOf(fresh, locale))
    setSaid(text)
  }
  const save = useMutation({
    mutationFn: () => {
      const labels = recordOf(draft.labels)
      const annotations = recordOf(withPair(withPair(pairsOf(rule.annotations), summaryKey(rule, locale), draft.summary.trim()), 'runbook_url', draft.runbook.trim()))
      const edit: RuleEdit = {
        enabled: draft.enabled,
        forMs: forMs!,
        ...(sameTexts(labels, rule.labels) ? {} : { labels }),
        ...(sameTexts(annotations, rule.annotations) ? {} : { annotations }),
        ...(isExprEdited ? { expr: draft.expr.trim() } : isThresholdUsed && thresholdValue !== rule.threshold?.value ? { threshold: thresholdValue! } : {}),
      }
      return putRule(rule.uid, edit)
    },
    onSuccess: after(t('rules.saved')),
  })
  const restore = useMutation({ mutationFn: () => restoreRule(rule.uid), onSuccess: after(t('rules.restored')) })
  const remove = useMutation({ mutationFn: () => restoreRule(rule.uid), onSuccess: () => {
    onDeleted(rule)
    return client.invalidateQueries({ queryKey: rulesQuery.queryKey })
  } })
  const change = (patch: Partial<Draft>): void => {
    setDraft({ ...draft, ...patch })
    setSaid(undefined)
    save.reset()
  }
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    if (isValid) save.mutate()
  }
  const error = save.error ?? restore.error ?? remove.error
  return (
    <form className={css['form']} onSubmit={submit} noValidate>
      <Switch checked={draft.enabled} label={t('rules.enabled')} onChange={e => change({ enabled: e.currentTarget.checked })} />
      <div className={css['fields']}>
        {rule.threshold !== undefined && (
          <TextInput inputMode="decimal" disabled={isExprEdited} label={t(rule.threshold.op === '>' ? 'rules.thresholdAbove' : 'rules.thresholdBelow')} value={isExprEdited ? '' : draft.threshold}
            description={isExprEdited ? t('rules.exprAndThreshold') : undefined} rightSection={<span className="dim">{scale.unit}</span>} rightSectionWidth={scale.unit.length * 9 + 16}
            error={isThresholdUsed && thresholdValue === undefined ? t('rules.thresholdInvalid') : undefined} onChange={e => change({ threshold: e.currentTarget.value })} />
        )}
        <TextInput label={t('rules.hold')} value={draft.hold} onChange={e => change({ hold: e.currentTarget.value })} error={forMs === undefined ? t('rules.holdInvalid') : undefined} />
      </div>
      <p className={css['hint']}>{t('rules.holdHint')}</p>
      {isExprOpen ? <Textarea autosize minRows={3} label={t('rules.expr')} description={t('rules.exprHint')} classNames={{ input: css['expr'] ?? '' }} spellCheck={false} value={draft.expr} onChange={e => change({ expr: e.currentTarget.value })} />
        : <div><code className={css['exprShown']}>{rule.expr}</code><Button size="compact-sm" variant="subtle" onClick={() => setExprOpen(true)}>{t('rules.advanced')}</Button></div>}
      <RulePreview expr={draft.expr} op={rule.threshold?.op} threshold={isThresholdUsed ? thresholdValue : undefined} savedThreshold={rule.threshold?.value} unit={rule.threshold?.unit ?? ''} forMs={forMs ?? rule.forMs} />
      <Textarea autosize minRows={1} maxRows={5} label={a('rule.summary')} description={a('rule.summaryHint')} value={draft.summary} onChange={e => change({ summary: e.currentTarget.value })} />
      <TextInput label={a('rule.runbook')} description={a('rule.runbookHint')} type="url" value={draft.runbook} onChange={e => change({ runbook: e.currentTarget.value })} />
      <PairsEditor title={a('rule.labelsTitle')} pairs={draft.labels} onChange={labels => change({ labels })} />
      {error !== null && <p className="health-critical" role="alert">{failureText(error, t, locale).text}</p>}
      <p className={css['said']} role="status">{said}</p>
      <div className={css['buttons']}>
        <Button type="submit" loading={save.isPending} disabled={!isValid}>{t('action.save')}</Button>
        {rule.threshold !== undefined && <Button variant="default" onClick={() => openCopy({ open: `copy:${rule.uid}` })}>{a('rule.duplicate')}</Button>}
        {!rule.builtIn && <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button>}
        {rule.builtIn && rule.edited && <Button variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>{t('rules.restore')}</Button>}
      </div>
      <RuleHistory name={rule.title} />
    </form>
  )
}

/** Whether two sets of texts are the same, whatever their order. */
function sameTexts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(n => a[n] === b[n])
}
