import type { ReactElement } from 'react'
import { ActionIcon, Button, MultiSelect, NativeSelect, Switch, TagsInput, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { jsonAt, panelPlaces, withJson } from '@haechi/dashboards'
import type { JsonObject, JsonPath } from '@haechi/dashboards'
import { getNoteTags } from '../../../api/notes.ts'
import { PromqlEditor } from '../../explore/later-editor.ts'
import type { Change } from './EditGrid.tsx'
import { ColorField } from './ColorField.tsx'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import { moved } from './transform/transform-stages.ts'
import css from './Edit.module.css'

const PATH = ['annotations', 'list'] as const
const OURS: JsonObject = { type: 'grafana', uid: '-- Grafana --' }
const text = (v: unknown): string => (typeof v === 'string' ? v : '')
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((t): t is string => typeof t === 'string') : [])

/** What an entry of `annotations.list` asks for. */
export function annotationSource(a: JsonObject): 'board' | 'tags' | 'query' {
  if (a['builtIn'] === 1) return 'board'
  const { datasource } = a
  const isOurs = typeof datasource === 'string' ? datasource.includes('Grafana') : jsonAt(datasource, ['type']) === 'grafana' || jsonAt(datasource, ['uid']) === '-- Grafana --'
  return !isOurs ? 'query' : jsonAt(a, ['target', 'type']) === 'tags' || a['type'] === 'tags' ? 'tags' : 'board'
}

/** An entry that asks for something else; what belongs to the old source goes. */
export function withAnnotationSource(a: JsonObject, source: 'board' | 'tags' | 'query'): JsonObject {
  const { datasource: _source, target: _target, type: _type, expr: _expr, tags: _tags, ...rest } = a
  if (source === 'query') return { ...rest, datasource: { type: 'prometheus' }, target: { refId: 'Anno', expr: '' } }
  return { ...rest, datasource: OURS, target: source === 'tags' ? { type: 'tags', tags: [], matchAny: false, limit: 100 } : { type: 'dashboard', limit: 100 } }
}

/** What is marked in the charts of a board. */
export function AnnotationsEditor({ board, change }: { readonly board: JsonObject; readonly change: Change }): ReactElement {
  const { e } = useEditWords()
  const given = jsonAt(board, PATH)
  const list = (Array.isArray(given) ? given : []).filter((a): a is JsonObject => typeof a === 'object' && a !== null)
  const setAll = (next: readonly JsonObject[], about?: string): void => change(b => withJson(b, PATH, next), about)
  const panels = panelPlaces(board).filter(p => !p.isRow).map(p => ({ value: String(p.id), label: text(p.json['title']) || `#${p.id}` }))
  const add = (source: 'tags' | 'query'): void => setAll([...list, withAnnotationSource({ name: e('annotations.new'), enable: true, hide: false, iconColor: 'blue' }, source)])
  return (
    <div className={css['rows']}>
      <p className="dim">{e('annotations.intro')}</p>
      {list.map((a, i) => (
        // Annotations are known by their place only.
        // oxlint-disable-next-line react/no-array-index-key
        <Entry key={i} entry={a} n={i + 1} isLast={i === list.length - 1} panels={panels} onMove={by => setAll(moved(list, i, by))} onRemove={() => setAll(list.filter((_, j) => j !== i))}
          onChange={(next, about) => setAll(list.map((x, j) => (j === i ? next : x)), about === undefined ? undefined : `${about} of annotation ${i}`)} />
      ))}
      <div className={css['tools']}>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => add('query')}>{e('annotations.add')}</Button>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => add('tags')}>{e('annotations.addTags')}</Button>
      </div>
    </div>
  )
}

interface EntryProps {
  readonly entry: JsonObject
  readonly n: number
  readonly isLast: boolean
  readonly panels: readonly { readonly value: string; readonly label: string }[]
  readonly onChange: (next: JsonObject, about?: string) => void
  readonly onMove: (by: -1 | 1) => void
  readonly onRemove: () => void
}

function Entry({ entry: a, n, isLast, panels, onChange, onMove, onRemove }: EntryProps): ReactElement {
  const { e } = useEditWords()
  const source = annotationSource(a)
  const isBuiltIn = a['builtIn'] === 1
  const name = text(a['name'])
  const set = (path: JsonPath, value: unknown): void => onChange(withJson(a, path, value), path.join('.'))
  const exprPath: JsonPath = jsonAt(a, ['target', 'expr']) !== undefined || a['expr'] === undefined ? ['target', 'expr'] : ['expr']
  const stepPath: JsonPath = a['step'] !== undefined ? ['step'] : ['target', 'interval']
  const line = (label: 'annotations.text' | 'annotations.more' | 'annotations.tagKeys', member: string, placeholder: string): ReactElement => <TextInput label={e(label)} placeholder={placeholder} spellCheck={false} value={text(a[member])} onChange={ev => set([member], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
  return (
    <section className={css['query']} aria-label={e('annotations.one', { n })}>
      <div className={css['queryHead']}>
        <strong>{name}</strong>
        <span className={css['space']} />
        <ActionIcon variant="subtle" color="gray" aria-label={e('annotations.up', { n })} disabled={n === 1} onClick={() => onMove(-1)}><IconArrowUp size={16} /></ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={e('annotations.down', { n })} disabled={isLast} onClick={() => onMove(1)}><IconArrowDown size={16} /></ActionIcon>
        {!isBuiltIn && <ActionIcon variant="subtle" color="gray" aria-label={e('annotations.remove', { name })} onClick={onRemove}><IconTrash size={16} /></ActionIcon>}
      </div>
      <div className={css['inline']}>
        <ColorField label={e('annotations.color')} value={text(a['iconColor']) || 'blue'} onChange={c => set(['iconColor'], c)} />
        <TextInput label={e('annotations.name')} value={name} onChange={ev => set(['name'], ev.currentTarget.value)} />
        {!isBuiltIn && <NativeSelect label={e('annotations.source')} value={source} data={(['query', 'tags', 'board'] as const).map(s => ({ value: s, label: e(`annotations.from.${s}`) }))} onChange={ev => onChange(withAnnotationSource(a, ev.currentTarget.value === 'tags' ? 'tags' : ev.currentTarget.value === 'query' ? 'query' : 'board'))} />}
        <Switch label={e('annotations.enabled')} checked={a['enable'] !== false} onChange={ev => set(['enable'], ev.currentTarget.checked)} />
        <Switch label={e('annotations.hide')} checked={a['hide'] === true} onChange={ev => set(['hide'], ev.currentTarget.checked)} />
      </div>
      {source === 'query' && (
        <>
          <PromqlEditor waiting={<div className={css['editorWait']}>{text(jsonAt(a, exprPath))}</div>} value={text(jsonAt(a, exprPath))} label={`${e('annotations.query')} ${n}`} placeholder="changes(process_start_time_seconds[1m]) > 0" onChange={v => set(exprPath, v)} onRun={() => {}} />
          <div className={css['queryOptions']}>
            {line('annotations.text', 'titleFormat', '{{job}}')}
            {line('annotations.more', 'textFormat', '{{instance}}')}
            {line('annotations.tagKeys', 'tagKeys', 'job, version')}
            <TextInput label={e('query.minStep')} placeholder="60s" value={text(jsonAt(a, stepPath))} onChange={ev => set(stepPath, ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
            <Switch label={e('annotations.useValue')} checked={a['useValueForTime'] === true || a['useValueForTime'] === 'on'} onChange={ev => set(['useValueForTime'], ev.currentTarget.checked ? 'on' : undefined)} />
          </div>
        </>
      )}
      {source === 'tags' && <TagsSource entry={a} set={set} />}
      {source === 'board' && <p className="dim">{e('annotations.boardHint')}</p>}
      <PanelFilter entry={a} panels={panels} set={set} />
    </section>
  )
}

interface PartProps { readonly entry: JsonObject; readonly set: (path: JsonPath, value: unknown) => void }

function TagsSource({ entry: a, set }: PartProps): ReactElement {
  const { e } = useEditWords()
  const { data: known = [] } = useQuery({ queryKey: ['note-tags'], queryFn: ({ signal }) => getNoteTags(signal), staleTime: 60_000 })
  const at = (member: string): JsonPath => (a['type'] === 'tags' && jsonAt(a, ['target']) === undefined ? [member] : ['target', member])
  const limit = jsonAt(a, at('limit'))
  const tags = texts(jsonAt(a, at('tags')))
  return (
    <div className={css['queryOptions']}>
      <TagsInput label={e('annotations.tags')} data={[...known]} value={tags} error={tags.length === 0 ? e('annotations.noTags') : undefined} onChange={v => set(at('tags'), v)} />
      <Switch label={e('annotations.matchAny')} checked={jsonAt(a, at('matchAny')) === true} onChange={ev => set(at('matchAny'), ev.currentTarget.checked)} />
      <NumberField label={e('annotations.limit')} min={1} max={1000} placeholder="100" value={typeof limit === 'number' ? limit : undefined} onChange={v => set(at('limit'), v)} />
    </div>
  )
}

function PanelFilter({ entry: a, panels, set }: PartProps & { readonly panels: EntryProps['panels'] }): ReactElement {
  const { e } = useEditWords()
  const ids = jsonAt(a, ['filter', 'ids'])
  const mode = !Array.isArray(ids) ? 'all' : jsonAt(a, ['filter', 'exclude']) === true ? 'except' : 'only'
  const chosen = (Array.isArray(ids) ? ids : []).map(String)
  return (
    <div className={css['inline']}>
      <NativeSelect label={e('annotations.panels')} value={mode} data={(['all', 'only', 'except'] as const).map(m => ({ value: m, label: e(`annotations.panels.${m}`) }))} onChange={ev => set(['filter'], ev.currentTarget.value === 'all' ? undefined : { exclude: ev.currentTarget.value === 'except', ids: Array.isArray(ids) ? ids : [] })} />
      {mode !== 'all' && <MultiSelect className={css['grow'] ?? ''} label={e('annotations.chosen')} searchable data={[...panels, ...chosen.filter(c => !panels.some(p => p.value === c)).map(c => ({ value: c, label: `#${c}` }))]} value={chosen} onChange={v => set(['filter', 'ids'], v.map(Number))} />}
    </div>
  )
}
