import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Popover, TagsInput, TextInput, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconEye, IconEyeOff, IconPlus, IconTrash } from '@tabler/icons-react'
import { withJson } from '@haechi/dashboards'
import type { JsonObject, Panel, VariableValues } from '@haechi/dashboards'
import type { QueryResult } from '../../../../panels/panel-result.ts'
import { SCATTERED, matchRank } from '../../../../state/palette-match.ts'
import { TransformForm } from './TransformForm.tsx'
import { StageTable } from './StageTable.tsx'
import { TRANSFORM_KINDS, filterLetters, lettersFilter, transformKind } from './transform-catalog.ts'
import { moved, transformStages } from './transform-stages.ts'
import { useTransformWords } from './transform-words.ts'
import type { TransformKey } from './transform-words.ts'
import edit from '../Edit.module.css'
import css from './Transform.module.css'

/** Props of `TransformationsEditor`. */
export interface TransformationsEditorProps {
  /** The panel's JSON. */
  readonly json: JsonObject
  /** As it is drawn, and what its queries answered; undefined before that. */
  readonly panel: Panel | undefined
  readonly results: readonly QueryResult[] | undefined
  readonly variables: VariableValues
  readonly onChange: (change: (panel: JsonObject) => JsonObject, about?: string) => void
}

/** What is done with a panel's data before it is drawn: a list of steps, each with its settings and the data after it. */
export function TransformationsEditor({ json, panel, results, variables, onChange }: TransformationsEditorProps): ReactElement {
  const { w } = useTransformWords()
  const list = useMemo(() => (Array.isArray(json['transformations']) ? json['transformations'] : []).filter((t): t is JsonObject => typeof t === 'object' && t !== null && !Array.isArray(t)), [json])
  const stages = useMemo(() => transformStages(panel, results, list, variables), [panel, results, list, variables])
  const letters = [...new Set([...(Array.isArray(json['targets']) ? json['targets'] : []).map(t => (t as JsonObject | null)?.['refId']).filter(r => typeof r === 'string'), ...stages[0]!.letters])]
  const setList = (next: readonly JsonObject[], about?: string): void => onChange(p => withJson(p, ['transformations'], next.length === 0 ? undefined : next), about)
  const set = (i: number, path: readonly (string | number)[], value: unknown, about?: string): void => setList(list.map((t, j) => (j === i ? withJson(t, path, value) : t)), about)
  return (
    <div className={edit['queries']}>
      {list.length === 0 && <p className="dim">{w('none')}</p>}
      {list.map((t, i) => {
        const id = typeof t['id'] === 'string' ? t['id'] : ''
        const kind = transformKind(id)
        const name = kind === undefined ? id || '?' : w(`id.${kind.id}` as TransformKey)
        const n = i + 1
        const isOff = t['disabled'] === true
        const options = (typeof t['options'] === 'object' && t['options'] !== null ? t['options'] : {}) as JsonObject
        const filter = t['filter'] as JsonObject | undefined
        const chosen = filterLetters(filter?.['options'])
        return (
          // Steps are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <section key={i} className={edit['query']} data-hidden={isOff || undefined} aria-label={w('one', { n, name })}>
            <div className={edit['queryHead']}>
              <strong>{n}. {name}</strong>
              {isOff && <span className="dim">({w('skipped')})</span>}
              <span className={edit['space']} />
              <ActionIcon variant="subtle" color="gray" aria-label={w('up', { n })} disabled={i === 0} onClick={() => setList(moved(list, i, -1))}><IconArrowUp size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={w('down', { n })} disabled={i === list.length - 1} onClick={() => setList(moved(list, i, 1))}><IconArrowDown size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={w(isOff ? 'enable' : 'disable', { n })} aria-pressed={isOff} onClick={() => set(i, ['disabled'], isOff ? undefined : true)}>{isOff ? <IconEyeOff size={16} /> : <IconEye size={16} />}</ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={w('remove', { n })} onClick={() => setList(list.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>
            </div>
            {kind === undefined ? <p className="dim">{w('unknown', { id })}</p>
              : <TransformForm fields={kind.fields} options={options} before={stages[i]!} letters={letters} onChange={(next, about) => set(i, ['options'], next, `transformation ${i} ${about}`)} />}
            {letters.length > 1 && id !== 'filterByRefId' && (
              <TagsInput size="xs" className={css['narrow'] ?? ''} label={w('onlyQueries')} placeholder={chosen.length === 0 ? w('allQueries') : ''} data={letters} value={chosen}
                onChange={next => set(i, ['filter'], next.length === 0 ? undefined : { ...(typeof filter === 'object' ? filter : {}), id: 'byRefId', options: lettersFilter(next) })} />
            )}
            <StageTable stage={stages[i + 1]!} />
          </section>
        )
      })}
      <AddTransformation onAdd={id => setList([...list, { id, options: transformKind(id)!.start }])} />
    </div>
  )
}

/** A list of all transformations, searched by typing. */
function AddTransformation({ onAdd }: { readonly onAdd: (id: string) => void }): ReactElement {
  const { w } = useTransformWords()
  const [isOpen, setOpen] = useState(false)
  const [query, setQuery] = useState('')
  const words = query.toLowerCase().split(/\s+/)
  const nameOf = (id: string): string => w(`id.${id}` as TransformKey)
  // A name that is typed stands before others whose description holds the word.
  const rank = (id: string): number => Math.min(SCATTERED, matchRank(query, nameOf(id)) ?? SCATTERED)
  const found = TRANSFORM_KINDS.filter(k => {
    const text = `${k.id} ${nameOf(k.id)} ${w(`d.${k.id}` as TransformKey)}`.toLowerCase()
    return words.every(x => text.includes(x))
  }).toSorted((a, b) => rank(a.id) - rank(b.id))
  const choose = (id: string): void => {
    setOpen(false)
    setQuery('')
    onAdd(id)
  }
  return (
    <div className={edit['tools']}>
      <Popover opened={isOpen} onChange={setOpen} position="top-start" withinPortal trapFocus returnFocus shadow="md">
        <Popover.Target><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setOpen(!isOpen)}>{w('add')}</Button></Popover.Target>
        <Popover.Dropdown className={css['menu'] ?? ''} aria-label={w('add')}>
          <TextInput size="xs" aria-label={w('search')} placeholder={w('search')} value={query} onChange={ev => setQuery(ev.currentTarget.value)} onKeyDown={ev => { if (ev.key === 'Enter' && found[0] !== undefined) choose(found[0].id) }} />
          <ul className={css['kinds']}>
            {found.map(k => <li key={k.id}><UnstyledButton className={css['kind']} onClick={() => choose(k.id)}><span>{nameOf(k.id)}</span><span className="dim">{w(`d.${k.id}` as TransformKey)}</span></UnstyledButton></li>)}
          </ul>
          {found.length === 0 && <p className="dim">{w('nothingFound')}</p>}
        </Popover.Dropdown>
      </Popover>
    </div>
  )
}
