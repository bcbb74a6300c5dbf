import type { ReactElement } from 'react'
import { ActionIcon, MultiSelect, NativeSelect, Switch, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { jsonAt, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { calcChoices } from '../calcs.ts'
import { useEditWords } from '../edit-words.ts'
import type { OptionsFormProps } from './options-form.ts'
import { moved, organizedColumns } from './transform-stages.ts'
import { useTransformWords } from './transform-words.ts'
import css from './Transform.module.css'

/** The columns that the data or the options name. */
function namedColumns(columns: readonly string[], ...parts: readonly unknown[]): readonly string[] {
  return [...new Set([...columns, ...parts.flatMap(p => (typeof p === 'object' && p !== null ? Object.keys(p) : []))])]
}

/** Which columns are shown, in which order, under which names. */
export function OrganizeForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const included = options['includeByName']
  const isInclude = typeof included === 'object' && included !== null && Object.values(included).includes(true)
  const columns = organizedColumns(namedColumns(before.columns, options['excludeByName'], options['renameByName']), options)
  const isShown = (name: string): boolean => (isInclude ? jsonAt(options, ['includeByName', name]) === true : jsonAt(options, ['excludeByName', name]) !== true)
  const show = (name: string, shown: boolean): void => onChange(isInclude ? withJson(options, ['includeByName', name], shown ? true : undefined) : withJson({ excludeByName: {}, ...options }, ['excludeByName', name], shown ? undefined : true), `show ${name}`)
  const move = (i: number, by: -1 | 1): void => onChange({ ...options, indexByName: Object.fromEntries(moved(columns, i, by).map((name, place) => [name, place])) }, `move ${columns[i]!}`)
  if (columns.length === 0) return <p className="dim">{w('noColumns')}</p>
  return (
    <div className={css['lines']}>
      {columns.map((name, i) => {
        const renamed = jsonAt(options, ['renameByName', name])
        return (
          <div key={name} className={css['columnLine']}>
            <Switch size="xs" aria-label={w('shown', { name })} checked={isShown(name)} onChange={ev => show(name, ev.currentTarget.checked)} />
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={w('moveUp', { name })} disabled={i === 0} onClick={() => move(i, -1)}><IconArrowUp size={14} /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={w('moveDown', { name })} disabled={i === columns.length - 1} onClick={() => move(i, 1)}><IconArrowDown size={14} /></ActionIcon>
            <span className={css['columnName']} title={name}>{name}</span>
            <TextInput size="xs" aria-label={w('newName', { name })} placeholder={name} value={typeof renamed === 'string' ? renamed : ''} onChange={ev => onChange(withJson({ renameByName: {}, ...options }, ['renameByName', name], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value), `rename ${name}`)} />
          </div>
        )
      })}
    </div>
  )
}

/** What becomes of each column of a grouped table. */
export function GroupsForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const { e } = useEditWords()
  const columns = namedColumns(before.columns, options['fields'])
  if (columns.length === 0) return <p className="dim">{w('noColumns')}</p>
  return (
    <div className={css['lines']}>
      {columns.map(name => {
        const own = (jsonAt(options, ['fields', name]) ?? {}) as JsonObject
        const operation = own['operation'] === 'groupby' || own['operation'] === 'aggregate' ? own['operation'] : ''
        const calcs = (Array.isArray(own['aggregations']) ? own['aggregations'] : []).filter((c): c is string => typeof c === 'string')
        const set = (next: JsonObject | undefined, about: string): void => onChange(withJson({ fields: {}, ...options }, ['fields', name], next), `${about} ${name}`)
        return (
          <div key={name} className={css['columnLine']}>
            <span className={css['columnName']} title={name}>{name}</span>
            <NativeSelect size="xs" aria-label={w('groupOf', { name })} value={operation} data={[{ value: '', label: w('group.none') }, { value: 'groupby', label: w('group.groupby') }, { value: 'aggregate', label: w('group.aggregate') }]}
              onChange={ev => set(ev.currentTarget.value === '' ? undefined : { aggregations: ev.currentTarget.value === 'aggregate' && calcs.length === 0 ? ['mean'] : calcs, operation: ev.currentTarget.value }, 'group')} />
            {operation === 'aggregate' && <MultiSelect size="xs" aria-label={w('calcsOf', { name })} data={calcChoices(e, calcs)} value={calcs} onChange={next => set({ ...own, aggregations: next }, 'calculate')} />}
          </div>
        )
      })}
    </div>
  )
}
