import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { jsonAt, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { FieldControl } from './FieldControl.tsx'
import { useEditWords } from './edit-words.ts'
import { overrideFieldsOf } from './option-fields.ts'
import type { OptionField } from './option-fields.ts'
import css from './Edit.module.css'

const MATCHERS = ['byName', 'byRegexp', 'byFrameRefID', 'byType'] as const

interface Property { readonly id: string; readonly value?: unknown }
interface Override extends JsonObject { readonly matcher: { readonly id: string; readonly options?: unknown }; readonly properties: readonly Property[] }

/** Where a property's value holds what the field is about: `custom.stacking` is `{mode}`. */
function inside(field: OptionField): readonly (string | number)[] {
  return field.path.slice(field.property!.startsWith('custom.') ? 4 : 3)
}

/** Other settings for some of the fields. */
export function OverridesEditor({ kind, value, names, onChange }: { readonly kind: string; readonly value: unknown; readonly names: readonly string[]; readonly onChange: (value: readonly unknown[] | undefined, about?: string) => void }): ReactElement {
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
        const { matcher } = o
        const properties = Array.isArray(o.properties) ? o.properties : []
        const isKnown = (MATCHERS as readonly string[]).includes(matcher?.id)
        const free = fields.filter(f => !properties.some(p => p.id === f.property))
        const setProperties = (next: readonly Property[], about?: string): void => patch(i, { ...o, properties: next }, about)
        return (
          // Overrides are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <section key={i} className={css['override']} aria-label={e('overrides.one', { n: i + 1 })}>
            <div className={css['inline']}>
              <NativeSelect size="xs" label={e('overrides.for')} value={matcher?.id} data={[...MATCHERS.map(m => ({ value: m as string, label: e(`overrides.${m}`) })), ...(isKnown ? [] : [{ value: matcher?.id ?? '', label: matcher?.id ?? '' }])]}
                onChange={ev => patch(i, { ...o, matcher: { ...matcher, id: ev.currentTarget.value } })} />
              <TextInput size="xs" className={css['grow'] ?? ''} label={e('overrides.match')} list={`series-${i}`} disabled={typeof matcher?.options === 'object'} value={typeof matcher?.options === 'string' ? matcher.options : ''}
                onChange={ev => patch(i, { ...o, matcher: { ...matcher, options: ev.currentTarget.value } }, `override ${i}`)} />
              <datalist id={`series-${i}`}>{names.map(n => <option key={n} value={n} />)}</datalist>
              <ActionIcon variant="subtle" color="gray" aria-label={e('overrides.remove', { n: i + 1 })} onClick={() => patch(i, undefined)}><IconTrash size={16} /></ActionIcon>
            </div>
            {properties.map((p, k) => {
              const f = fields.find(x => x.property === p.id)
              return (
                <div key={p.id} className={css['inline']}>
                  <div className={css['grow']}>
                    {f === undefined ? <p className="dim">{e('overrides.other', { id: p.id })}</p>
                      : <FieldControl field={f} value={jsonAt(p.value, inside(f))} onChange={v => setProperties(properties.map((x, j) => (j === k ? { ...x, value: inside(f).length === 0 ? v : withJson((typeof x.value === 'object' && x.value !== null ? x.value : {}) as JsonObject, inside(f), v) } : x)), `override ${i} ${p.id}`)} />}
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
