import { useId } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, TagsInput, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { jsonAt, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { calcChoices } from './calcs.ts'
import { FieldControl } from './FieldControl.tsx'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import { overrideFieldsOf } from './option-fields.ts'
import type { OptionField } from './option-field.ts'
import { moved } from './transform/transform-stages.ts'
import css from './Edit.module.css'

const MATCHERS = ['byName', 'byRegexp', 'byNames', 'byFrameRefID', 'byType', 'byValue'] as const
const TYPES = ['number', 'time', 'string', 'boolean'] as const
const COMPARISONS = [['gte', '≥'], ['gt', '>'], ['lte', '≤'], ['lt', '<'], ['eq', '='], ['neq', '≠']] as const

interface Property { readonly id: string; readonly value?: unknown }
interface Override extends JsonObject { readonly matcher: { readonly id: string; readonly options?: unknown }; readonly properties: readonly Property[] }

/** Where a property's value holds what the field is about: `custom.stacking` is `{mode}`. */
function inside(field: OptionField): readonly (string | number)[] {
  return field.path.slice(field.property!.startsWith('custom.') ? 4 : 3)
}

/** Options that a matcher begins with. */
function startOf(id: string, names: readonly string[], letters: readonly string[]): unknown {
  switch (id) {
    case 'byNames': return { mode: 'exclude', names: names.slice(0, 1), prefix: 'All except:', readOnly: true }
    case 'byFrameRefID': return letters[0] ?? 'A'
    case 'byType': return 'number'
    case 'byValue': return { reducer: 'allIsZero', op: 'gte', value: 0 }
    case 'byRegexp': return '/.*/'
    default: return names[0] ?? ''
  }
}

/** Props of `OverridesEditor`. */
export interface OverridesEditorProps {
  readonly kind: string
  readonly value: unknown
  /** Names of the panel's series and columns. */
  readonly names: readonly string[]
  /** Letters of its queries. */
  readonly letters: readonly string[]
  readonly onChange: (value: readonly unknown[] | undefined, about?: string) => void
}

/** Other settings for some of the fields. Later ones win. */
export function OverridesEditor({ kind, value, names, letters, onChange }: OverridesEditorProps): ReactElement {
  const { e } = useEditWords()
  const list = (Array.isArray(value) ? value : []) as readonly Override[]
  const fields = overrideFieldsOf(kind)
  const patch = (i: number, next: Override | undefined, about?: string): void => {
    const out = next === undefined ? list.filter((_, j) => j !== i) : list.map((o, j) => (j === i ? next : o))
    onChange(out.length === 0 ? undefined : out, about)
  }
  return (
    <div className={css['rows']}>
      {list.map((o, i) => {
        const n = i + 1
        const properties = Array.isArray(o.properties) ? o.properties : []
        const free = fields.filter(f => !properties.some(p => p.id === f.property))
        const setProperties = (next: readonly Property[], about?: string): void => patch(i, { ...o, properties: next }, about)
        return (
          // Overrides are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <section key={i} className={css['override']} aria-label={e('overrides.one', { n })}>
            <div className={css['queryHead']}>
              <span className="dim">{e('overrides.one', { n })}</span>
              <span className={css['space']} />
              <ActionIcon variant="subtle" color="gray" aria-label={e('overrides.up', { n })} disabled={i === 0} onClick={() => onChange(moved(list, i, -1))}><IconArrowUp size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={e('overrides.down', { n })} disabled={i === list.length - 1} onClick={() => onChange(moved(list, i, 1))}><IconArrowDown size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={e('overrides.remove', { n })} onClick={() => patch(i, undefined)}><IconTrash size={16} /></ActionIcon>
            </div>
            <div className={css['inline']}>
              <Matcher matcher={o.matcher} names={names} letters={letters} onChange={(matcher, about) => patch(i, { ...o, matcher }, about === undefined ? undefined : `override ${i}`)} />
            </div>
            {properties.map((p, k) => {
              const f = fields.find(x => x.property === p.id)
              return (
                // A property may stand twice in a file.
                // oxlint-disable-next-line react/no-array-index-key
                <div key={`${p.id} ${k}`} className={css['inline']}>
                  <div className={css['grow']}>
                    {f === undefined ? <p className="dim">{e('overrides.other', { id: p.id })}</p>
                      : <FieldControl field={f} names={names} value={jsonAt(p.value, inside(f))} onChange={v => setProperties(properties.map((x, j) => (j === k ? { ...x, value: inside(f).length === 0 ? v : withJson((typeof x.value === 'object' && x.value !== null ? x.value : {}) as JsonObject, inside(f), v) } : x)), `override ${i} ${p.id}`)} />}
                  </div>
                  <ActionIcon variant="subtle" color="gray" aria-label={e('overrides.removeProperty', { name: f === undefined ? p.id : e(f.label) })} onClick={() => setProperties(properties.filter((_, j) => j !== k))}><IconTrash size={14} /></ActionIcon>
                </div>
              )
            })}
            <NativeSelect size="xs" aria-label={e('overrides.addProperty')} value="" data={[{ value: '', label: `+ ${e('overrides.addProperty')}` }, ...free.map(f => ({ value: f.property!, label: e(f.label) }))]}
              onChange={ev => { if (ev.currentTarget.value !== '') setProperties([...properties, { id: ev.currentTarget.value }]) }} />
          </section>
        )
      })}
      <div className={css['tools']}><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...list, { matcher: { id: 'byName', options: names[0] ?? '' }, properties: [] }])}>{e('overrides.add')}</Button></div>
    </div>
  )
}

/** For which fields an override is. */
function Matcher({ matcher, names, letters, onChange }: { readonly matcher: Override['matcher'] | undefined; readonly names: readonly string[]; readonly letters: readonly string[]; readonly onChange: (matcher: Override['matcher'], about?: string) => void }): ReactElement {
  const { e } = useEditWords()
  const listId = useId()
  const id = matcher?.id ?? ''
  const options = matcher?.options
  const isKnown = (MATCHERS as readonly string[]).includes(id)
  const base = (typeof options === 'object' && options !== null ? options : {}) as JsonObject
  const set = (next: unknown, about?: string): void => onChange({ ...matcher, id, options: next }, about)
  const listed = jsonAt(base, ['names'])
  return (
    <>
      <NativeSelect size="xs" label={e('overrides.for')} value={id} data={[...MATCHERS.map(m => ({ value: m as string, label: e(`overrides.${m}`) })), ...(isKnown ? [] : [{ value: id, label: id }])]} onChange={ev => onChange({ id: ev.currentTarget.value, options: startOf(ev.currentTarget.value, names, letters) })} />
      {(id === 'byName' || id === 'byRegexp') && (
        <>
          <TextInput size="xs" className={css['grow'] ?? ''} label={e('overrides.match')} {...(id === 'byName' ? { list: listId } : {})} spellCheck={false} value={typeof options === 'string' ? options : ''} onChange={ev => set(ev.currentTarget.value, 'match')} />
          <datalist id={listId}>{names.map(n => <option key={n} value={n} />)}</datalist>
        </>
      )}
      {id === 'byFrameRefID' && <NativeSelect size="xs" label={e('overrides.letter')} value={typeof options === 'string' ? options : ''} data={[...new Set([...letters, typeof options === 'string' ? options : 'A'])]} onChange={ev => set(ev.currentTarget.value)} />}
      {id === 'byType' && <NativeSelect size="xs" label={e('overrides.type')} value={typeof options === 'string' ? options : 'number'} data={TYPES.map(t => ({ value: t, label: e(`type.${t}`) }))} onChange={ev => set(ev.currentTarget.value)} />}
      {id === 'byNames' && (
        <>
          <NativeSelect size="xs" label={e('overrides.mode')} value={base['mode'] === 'include' ? 'include' : 'exclude'} data={[{ value: 'include', label: e('overrides.include') }, { value: 'exclude', label: e('overrides.exclude') }]} onChange={ev => set({ ...base, mode: ev.currentTarget.value })} />
          <TagsInput size="xs" className={css['grow'] ?? ''} label={e('overrides.names')} splitChars={[]} data={[...names]} value={(Array.isArray(listed) ? listed : []).filter((n): n is string => typeof n === 'string')} onChange={v => set({ ...base, names: v })} />
        </>
      )}
      {id === 'byValue' && (
        <>
          <NativeSelect size="xs" label={e('field.calcs')} value={typeof base['reducer'] === 'string' ? base['reducer'] : 'lastNotNull'} data={calcChoices(e, [String(base['reducer'] ?? '')])} onChange={ev => set({ ...base, reducer: ev.currentTarget.value })} />
          <NativeSelect size="xs" label={e('overrides.comparison')} value={typeof base['op'] === 'string' ? base['op'] : 'gte'} data={COMPARISONS.map(([v, label]) => ({ value: v, label }))} onChange={ev => set({ ...base, op: ev.currentTarget.value })} />
          <NumberField label={e('overrides.value')} value={typeof base['value'] === 'number' ? base['value'] : undefined} onChange={v => set({ ...base, value: v ?? 0 }, 'value')} />
        </>
      )}
    </>
  )
}
