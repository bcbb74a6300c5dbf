import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import { Autocomplete, Button, Popover, Select, TagsInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { filterText, isOneOf, parseFilter } from '@haechi/dashboards'
import { panelWords } from './panel-words.ts'
import css from './VariableBar.module.css'
import type { AdhocFilter, TimeRange } from '@haechi/dashboards'
import type { FetchValues, Language } from './types.ts'

const OPERATORS: readonly AdhocFilter['operator'][] = ['=', '!=', '=|', '!=|', '=~', '!~']

/** Filters that are added to every query of a board: each can be taken away, and new ones be made of the labels that there are. */
export function AdhocBar({ label, chosen, range, fetchValues, source, language, onChange }: {
  readonly label: string
  readonly chosen: readonly string[]
  readonly range: TimeRange
  readonly fetchValues: FetchValues
  /** The data source whose labels are offered. */
  readonly source?: string | undefined
  readonly language: Language
  readonly onChange: (chosen: readonly string[]) => void
}): ReactElement {
  const words = panelWords(language)
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={css['bar']} role="group" aria-label={label}>
      <span className={css['field']}>{label}</span>
      {chosen.map(text => {
        const f = parseFilter(text)
        return f === undefined ? null : (
          <button key={text} type="button" className={css['filter']} data-idle={f.operator === '<' || f.operator === '>' || undefined} title={f.operator === '<' || f.operator === '>' ? words.idleFilter : undefined} aria-label={words.removeFilter(shownFilter(f))} onClick={() => onChange(chosen.filter(c => c !== text))}>
            {shownFilter(f)} <span aria-hidden="true">×</span>
          </button>
        )
      })}
      <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus withinPortal>
        <Popover.Target><Button size="compact-xs" variant="default" onClick={() => setOpen(!isOpen)}>{words.addFilter}</Button></Popover.Target>
        <Popover.Dropdown>
          <FilterForm range={range} fetchValues={fetchValues} source={source} language={language} onDone={f => {
            setOpen(false)
            if (!chosen.includes(filterText(f))) onChange([...chosen, filterText(f)])
          }} />
        </Popover.Dropdown>
      </Popover>
    </div>
  )
}

/** A filter as people read it. */
function shownFilter(f: AdhocFilter): string {
  return isOneOf(f.operator) ? `${f.key} ${f.operator === '=|' ? '=' : '!='} ${(f.values ?? [f.value]).join(' | ')}` : `${f.key} ${f.operator} ${f.value}`
}

function FilterForm({ range, fetchValues, source, language, onDone }: { readonly range: TimeRange; readonly fetchValues: FetchValues; readonly source: string | undefined; readonly language: Language; readonly onDone: (f: AdhocFilter) => void }): ReactElement {
  const words = panelWords(language)
  const [key, setKey] = useState('')
  const [operator, setOperator] = useState<AdhocFilter['operator']>('=')
  const [value, setValue] = useState('')
  const [several, setSeveral] = useState<string[]>([])
  const isSeveral = isOneOf(operator)
  const isDone = key !== '' && (!isSeveral || several.length > 0)
  const keys = useAnswers('label_names()', range, fetchValues, source)
  const values = useAnswers(key === '' ? undefined : `label_values(${key})`, range, fetchValues, source)
  return (
    <form className={css['filterForm']} onSubmit={e => { e.preventDefault(); if (isDone) onDone({ key, operator, value: isSeveral ? several[0]! : value, ...(isSeveral ? { values: several } : {}) }) }}>
      <Autocomplete size="xs" label={words.label} data={keys.filter(k => k !== '__name__')} value={key} onChange={setKey} limit={100} data-autofocus />
      <Select size="xs" label={words.comparison} data={OPERATORS.map(o => ({ value: o as string, label: isOneOf(o) ? words.oneOf(o === '=|') : o }))} value={operator} allowDeselect={false} onChange={v => setOperator(OPERATORS.find(o => o === v) ?? '=')} w={150} />
      {isSeveral
        ? <TagsInput size="xs" label={words.value} data={[...values]} value={several} onChange={setSeveral} limit={100} />
        : <Autocomplete size="xs" label={words.value} data={[...values]} value={value} onChange={setValue} limit={100} />}
      <Button size="xs" type="submit" disabled={!isDone}>{words.addFilter}</Button>
    </form>
  )
}

/** The values of a definition, none while they are asked for. */
function useAnswers(definition: string | undefined, range: TimeRange, fetchValues: FetchValues, source: string | undefined): readonly string[] {
  const [found, setFound] = useState<readonly string[]>([])
  useEffect(() => {
    if (definition === undefined) return undefined
    const controller = new AbortController()
    fetchValues(definition, range, controller.signal, source).then(v => { if (!controller.signal.aborted) setFound(v) }, () => setFound([]))
    return () => controller.abort()
    // What there is hardly changes while the form is open.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [definition, fetchValues, source])
  return found
}
