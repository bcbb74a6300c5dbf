import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, Switch, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { jsonAt, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { calcChoices } from '../calcs.ts'
import { useEditWords } from '../edit-words.ts'
import { NameInput } from '../NameInput.tsx'
import type { OptionsFormProps } from './options-form.ts'
import { useTransformWords } from './transform-words.ts'
import css from './Transform.module.css'
import edit from '../Edit.module.css'

const TESTS = ['isNotNull', 'isNull', 'greater', 'greaterOrEqual', 'lower', 'lowerOrEqual', 'equal', 'notEqual', 'between', 'substring', 'notSubstring', 'regex'] as const
const text = (v: unknown): string => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '')
const objects = (v: unknown): readonly JsonObject[] => (Array.isArray(v) ? v.filter((x): x is JsonObject => typeof x === 'object' && x !== null) : [])
/** A number where it is one, else the text: conditions compare both. */
const valueOf = (t: string): unknown => (t.trim() !== '' && Number.isFinite(Number(t)) ? Number(t) : t)

/** Conditions that rows must fulfil. */
export function ConditionsForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const filters = objects(options['filters'])
  const setAll = (next: readonly JsonObject[], about: string): void => onChange({ ...options, filters: next }, about)
  return (
    <div className={css['lines']}>
      {filters.map((f, i) => {
        const id = text(jsonAt(f, ['config', 'id'])) || 'isNotNull'
        const set = (path: readonly string[], value: unknown): void => setAll(filters.map((x, j) => (j === i ? withJson(x, path, value) : x)), `condition ${i} ${path.join('.')}`)
        return (
          // Conditions are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={css['columnLine']} role="group" aria-label={w('condition', { n: i + 1 })}>
            <NameInput hideLabel label={w('column')} names={before.columns} value={text(f['fieldName'])} onChange={v => set(['fieldName'], v)} />
            <NativeSelect size="xs" aria-label={w('test')} value={id} data={TESTS.map(t => ({ value: t, label: w(`test.${t}`) }))} onChange={ev => set(['config'], { id: ev.currentTarget.value, options: jsonAt(f, ['config', 'options']) ?? {} })} />
            {id === 'between' ? (
              <>
                <TextInput size="xs" aria-label={w('from')} placeholder={w('from')} value={text(jsonAt(f, ['config', 'options', 'from']))} onChange={ev => set(['config', 'options', 'from'], valueOf(ev.currentTarget.value))} />
                <TextInput size="xs" aria-label={w('to')} placeholder={w('to')} value={text(jsonAt(f, ['config', 'options', 'to']))} onChange={ev => set(['config', 'options', 'to'], valueOf(ev.currentTarget.value))} />
              </>
            ) : id !== 'isNull' && id !== 'isNotNull' && <TextInput size="xs" aria-label={w('value')} placeholder={w('value')} value={text(jsonAt(f, ['config', 'options', 'value']))} onChange={ev => set(['config', 'options', 'value'], valueOf(ev.currentTarget.value))} />}
            <ActionIcon variant="subtle" color="gray" aria-label={w('removeCondition', { n: i + 1 })} onClick={() => setAll(filters.filter((_, j) => j !== i), `remove ${i}`)}><IconTrash size={16} /></ActionIcon>
          </div>
        )
      })}
      <div className={edit['tools']}><Button size="compact-xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAll([...filters, { fieldName: before.columns[0] ?? '', config: { id: 'isNotNull', options: {} } }], `add ${filters.length}`)}>{w('addCondition')}</Button></div>
    </div>
  )
}

/** Columns that become of another type. */
export function ConversionsForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const list = objects(options['conversions'])
  const setAll = (next: readonly JsonObject[], about: string): void => onChange({ ...options, conversions: next }, about)
  return (
    <div className={css['lines']}>
      {list.map((c, i) => {
        const to = text(c['destinationType']) || 'number'
        const set = (member: string, value: unknown): void => setAll(list.map((x, j) => (j === i ? withJson(x, [member], value) : x)), `conversion ${i} ${member}`)
        return (
          // Conversions are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={css['columnLine']} role="group" aria-label={w('conversion', { n: i + 1 })}>
            <NameInput hideLabel label={w('column')} names={before.columns} value={text(c['targetField'])} onChange={v => set('targetField', v)} />
            <NativeSelect size="xs" aria-label={w('toType')} value={to} data={[...(['number', 'string', 'time', 'boolean'] as const).map(t => ({ value: t as string, label: w(`type.${t}`) })), ...(['number', 'string', 'time', 'boolean'].includes(to) ? [] : [{ value: to, label: to }])]} onChange={ev => set('destinationType', ev.currentTarget.value)} />
            {(to === 'time' || to === 'string') && <TextInput size="xs" aria-label={w('dateFormat')} placeholder={w('timeFormatHint')} value={text(c['dateFormat'])} onChange={ev => set('dateFormat', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />}
            <ActionIcon variant="subtle" color="gray" aria-label={w('removeConversion', { n: i + 1 })} onClick={() => setAll(list.filter((_, j) => j !== i), `remove ${i}`)}><IconTrash size={16} /></ActionIcon>
          </div>
        )
      })}
      <div className={edit['tools']}><Button size="compact-xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAll([...list, { targetField: before.columns[0] ?? '', destinationType: 'number' }], `add ${list.length}`)}>{w('addConversion')}</Button></div>
    </div>
  )
}

/** By which column rows are sorted. Grafana sorts by one. */
export function SortForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const [first = {}, ...rest] = objects(options['sort'])
  const set = (member: string, value: unknown): void => onChange({ ...options, sort: [{ ...first, [member]: value }, ...rest] }, member)
  return (
    <div className={edit['queryOptions']}>
      <NameInput label={w('sortColumn')} names={before.columns} value={text(first['field'])} onChange={v => set('field', v)} />
      <Switch size="sm" label={w('desc')} checked={first['desc'] === true} onChange={ev => set('desc', ev.currentTarget.checked)} />
    </div>
  )
}

/** The number that stands beside each query's small graph. */
export function TrendsForm({ options, letters, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const { e } = useEditWords()
  return (
    <div className={edit['queryOptions']}>
      {letters.map(letter => {
        const stat = text(jsonAt(options, [letter, 'stat'])) || 'lastNotNull'
        return <NativeSelect key={letter} size="xs" label={w('trendOf', { letter })} value={stat} data={calcChoices(e, [stat])} onChange={ev => onChange(withJson(options, [letter, 'stat'], ev.currentTarget.value), letter)} />
      })}
    </div>
  )
}
