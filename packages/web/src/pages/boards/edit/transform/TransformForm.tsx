import type { ReactElement } from 'react'
import { MultiSelect, NativeSelect, Switch, TagsInput, TextInput } from '@mantine/core'
import { jsonAt, withJson } from '@haechi/dashboards'
import { calcChoices } from '../calcs.ts'
import { useEditWords } from '../edit-words.ts'
import { NameInput } from '../NameInput.tsx'
import { NumberField } from '../NumberField.tsx'
import { GroupsForm, OrganizeForm } from './ColumnForms.tsx'
import { ConfigsForm, PathsForm } from './DataForms.tsx'
import { ConditionsForm, ConversionsForm, SortForm, TrendsForm } from './RowForms.tsx'
import { filterLetters, lettersFilter, operandJson, operandText } from './transform-catalog.ts'
import type { TransformField } from './transform-catalog.ts'
import type { OptionsFormProps } from './options-form.ts'
import { useTransformWords } from './transform-words.ts'
import edit from '../Edit.module.css'

/** The settings of one transformation. */
export function TransformForm({ fields, ...props }: OptionsFormProps & { readonly fields: readonly TransformField[] }): ReactElement | null {
  const shown = fields.filter(f => f.when?.(props.options) ?? true)
  const plain = shown.filter(f => !OWN.has(f.input.kind))
  if (shown.length === 0) return null
  return (
    <>
      {plain.length > 0 && <div className={edit['queryOptions']}>{plain.map(f => <OptionControl key={f.path.join('.')} field={f} {...props} />)}</div>}
      {shown.filter(f => OWN.has(f.input.kind)).map(f => <OwnForm key={f.input.kind} kind={f.input.kind} {...props} />)}
    </>
  )
}

const OWN: ReadonlySet<string> = new Set(['organize', 'groups', 'conditions', 'conversions', 'sort', 'trends', 'paths', 'configs'])

function OwnForm({ kind, ...props }: OptionsFormProps & { readonly kind: string }): ReactElement | null {
  switch (kind) {
    case 'organize': return <OrganizeForm {...props} />
    case 'groups': return <GroupsForm {...props} />
    case 'conditions': return <ConditionsForm {...props} />
    case 'conversions': return <ConversionsForm {...props} />
    case 'sort': return <SortForm {...props} />
    case 'trends': return <TrendsForm {...props} />
    case 'paths': return <PathsForm {...props} />
    case 'configs': return <ConfigsForm {...props} />
    default: return null
  }
}

const text = (v: unknown): string => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '')
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : [])

function OptionControl({ field, options, before, onChange }: OptionsFormProps & { readonly field: TransformField }): ReactElement | null {
  const { w } = useTransformWords()
  const { e } = useEditWords()
  const { input, path } = field
  const label = w(field.label)
  const value = jsonAt(options, path)
  const about = path.join('.')
  const set = (next: unknown): void => onChange(withJson(options, path, next), about)
  switch (input.kind) {
    case 'text': return <TextInput size="xs" label={label} placeholder={input.hint === undefined ? '' : w(input.hint)} spellCheck={false} value={text(value)} onChange={ev => set(ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
    case 'number': return <NumberField label={label} value={typeof value === 'number' ? value : undefined} placeholder={input.fallback === undefined ? undefined : String(input.fallback)} onChange={set} />
    case 'switch': return <Switch size="sm" label={label} checked={typeof value === 'boolean' ? value : input.fallback ?? false} onChange={ev => set(ev.currentTarget.checked)} />
    case 'choice': {
      const given = text(value)
      const isKnown = input.values.some(([v]) => v === given)
      return <NativeSelect size="xs" label={label} value={given === '' ? input.values[0]![0] : given} data={[...input.values.map(([v, word]) => ({ value: v, label: w(word) })), ...(isKnown || given === '' ? [] : [{ value: given, label: given }])]} onChange={ev => set(input.isNumber === true ? Number(ev.currentTarget.value) : ev.currentTarget.value)} />
    }
    case 'column': return <NameInput label={label} names={before.columns} value={text(value)} onChange={v => set(v === '' ? undefined : v)} />
    case 'label': return <NameInput label={label} names={before.labels} value={text(value)} onChange={v => set(v === '' ? undefined : v)} />
    case 'columns': case 'labels': return <TagsInput size="xs" label={label} splitChars={[]} data={[...(input.kind === 'columns' ? before.columns : before.labels)]} value={texts(value)} onChange={next => set(next.length === 0 ? undefined : next)} />
    case 'calc': return <NativeSelect size="xs" label={label} value={text(value) || 'sum'} data={calcChoices(e, [text(value)])} onChange={ev => set(ev.currentTarget.value)} />
    case 'calcs': return <MultiSelect size="xs" label={label} searchable data={calcChoices(e, texts(value))} value={texts(value)} onChange={set} />
    case 'operand': {
      const shown = operandText(value)
      return shown === undefined ? <p className="dim">{label}: {w('jsonOnly')}</p> : <NameInput label={label} names={before.columns} value={shown} onChange={v => set(operandJson(v, before.columns))} />
    }
    case 'query': return <NativeSelect size="xs" label={label} value={text(value)} data={[...new Set([...before.letters, text(value)])].filter(l => l !== '')} onChange={ev => set(ev.currentTarget.value)} />
    case 'queries': return <TagsInput size="xs" label={label} data={[...before.letters]} value={filterLetters(value)} onChange={next => set(lettersFilter(next))} />
    default: return null
  }
}
