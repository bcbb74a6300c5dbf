import type { ReactElement } from 'react'
import { ActionIcon, Button, TextInput, Textarea } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useAlertWords } from './alert-words.ts'
import { hasTwin } from './pairs.ts'
import type { Pair } from './pairs.ts'
import css from './Alerts.module.css'

/** Props of `PairsEditor`. */
export interface PairsEditorProps {
  readonly title: string
  readonly hint?: string
  /** Texts have several lines. */
  readonly isLong?: boolean
  readonly pairs: readonly Pair[]
  readonly onChange: (pairs: readonly Pair[]) => void
}

/** Names with texts, one row each. */
export function PairsEditor({ title, hint, isLong = false, pairs, onChange }: PairsEditorProps): ReactElement {
  const { a } = useAlertWords()
  const change = (i: number, p: Pair): void => onChange(pairs.map((x, j) => (j === i ? p : x)))
  return (
    <fieldset className={css['matchers']}>
      <legend>{title}</legend>
      {hint !== undefined && <p className={css['ruleText']}>{hint}</p>}
      {pairs.map((p, i) => {
        const text = { 'aria-label': a('rule.pairValue', { title, name: p.name }), value: p.value, spellCheck: false }
        return (
          // Rows have no identity but their place.
          // eslint-disable-next-line react/no-array-index-key
          <div key={i} className={css['pair']}>
            <TextInput aria-label={a('rule.pairName', { title })} placeholder={a('silences.label')} autoComplete="off" spellCheck={false} value={p.name} onChange={e => change(i, { ...p, name: e.currentTarget.value })} />
            {isLong ? <Textarea autosize minRows={1} maxRows={6} {...text} onChange={e => change(i, { ...p, value: e.currentTarget.value })} /> : <TextInput {...text} onChange={e => change(i, { ...p, value: e.currentTarget.value })} />}
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={a('rule.pairRemove', { title, name: p.name })} onClick={() => onChange(pairs.filter((_, j) => j !== i))}><IconTrash size={18} /></ActionIcon>
          </div>
        )
      })}
      {hasTwin(pairs) && <p className="health-critical" role="alert">{a('rule.pairTwin')}</p>}
      <div><Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange([...pairs, { name: '', value: '' }])}>{a('rule.pairAdd', { title })}</Button></div>
    </fieldset>
  )
}
