import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import { MultiSelect, Select, Switch, TextInput } from '@mantine/core'
import type { ReactElement } from 'react'
import { ALL_VALUE } from '@haechi/dashboards'
import { useSaidIn } from '../i18n/index.ts'
import { panelWords } from './panel-words.ts'
import css from './VariableBar.module.css'
import type { VariableState } from './use-variables.ts'
import type { Language } from './types.ts'

/** The variables that people may choose. */
export function VariableBar({ states, language, onChange }: { readonly states: readonly VariableState[]; readonly language: Language; readonly onChange: (name: string, values: readonly string[]) => void }): ReactElement | null {
  const shown = states.filter(s => s.variable.hide !== 2 && s.variable.kind !== 'constant' && s.variable.kind !== 'adhoc' && s.variable.kind !== 'unsupported' && (s.variable.kind !== 'datasource' || s.options.length > 2))
  if (shown.length === 0) return null
  return (
    <div className={css['bar']} role="group" aria-label={panelWords(language).variables}>
      {shown.map(s => <VariableField key={s.variable.name} state={s} language={language} onChange={values => onChange(s.variable.name, values)} />)}
    </div>
  )
}

function VariableField({ state, language, onChange }: { readonly state: VariableState; readonly language: Language; readonly onChange: (values: readonly string[]) => void }): ReactElement {
  const { variable, options, chosen } = state
  const words = panelWords(language)
  const said = useSaidIn(language)
  const label = variable.label
  const common = { 'size': 'xs', 'aria-label': label, 'w': 200, ...(state.error === undefined ? {} : { error: said(state.error) }) } as const
  const data = [...(variable.includeAll ? [{ value: ALL_VALUE, label: words.all }] : []), ...options.map(o => ({ value: o.value, label: o.text }))]
  for (const c of chosen) if (!data.some(d => d.value === c)) data.push({ value: c, label: c })
  return (
    <label className={css['field']}>
      {variable.hide !== 1 && <span>{label}</span>}
      {variable.kind === 'switch'
        ? <Switch size="xs" aria-label={label} checked={chosen[0] === options[1]?.value} onChange={e => onChange([options[e.currentTarget.checked ? 1 : 0]!.value])} />
        : variable.kind === 'textbox'
        ? <TextInput {...common} defaultValue={chosen[0] ?? ''} onBlur={e => e.currentTarget.value !== chosen[0] && onChange([e.currentTarget.value])} onKeyDown={e => e.key === 'Enter' && onChange([e.currentTarget.value])} />
        : variable.multi || variable.kind === 'groupby'
          ? <MultiSelect {...common} w={260} searchable data={data} value={[...chosen]} nothingFoundMessage={words.nothingToChoose} onChange={next => onChange(multiChoice(chosen, next))} />
          : <Select {...common} searchable allowDeselect={false} data={data} value={chosen[0] ?? null} nothingFoundMessage={words.nothingToChoose} onChange={v => v !== null && onChange([v])} />}
    </label>
  )
}

/** All and single values exclude each other: the newer wins. */
export function multiChoice(before: readonly string[], next: readonly string[]): readonly string[] {
  if (!next.includes(ALL_VALUE)) return next
  return before.includes(ALL_VALUE) ? next.filter(v => v !== ALL_VALUE) : [ALL_VALUE]
}
