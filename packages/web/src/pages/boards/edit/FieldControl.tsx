import type { ReactElement } from 'react'
import { MultiSelect, NativeSelect, Switch, TagsInput, TextInput } from '@mantine/core'
import { jsonAt } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { calcChoices } from './calcs.ts'
import { ColorField } from './ColorField.tsx'
import { LinksEditor } from './LinksEditor.tsx'
import { MappingsEditor } from './MappingsEditor.tsx'
import { NameInput } from './NameInput.tsx'
import { NumberField } from './NumberField.tsx'
import { ThresholdsEditor } from './ThresholdsEditor.tsx'
import { UnitPicker } from './UnitPicker.tsx'
import { useEditWords } from './edit-words.ts'
import type { OptionField } from './option-field.ts'
import css from './Edit.module.css'

const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : [])
const isScalar = (v: unknown): v is string | number | boolean => typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean'

/** Props of `FieldControl`. */
export interface FieldControlProps {
  readonly field: OptionField
  readonly value: unknown
  /** Names of the panel's columns, as far as they are known. */
  readonly names?: readonly string[]
  /** `undefined` takes the setting away. */
  readonly onChange: (value: unknown) => void
}

/** The control of one setting. */
export function FieldControl({ field, value, names = [], onChange }: FieldControlProps): ReactElement {
  const { e } = useEditWords()
  const { input } = field
  const label = e(field.label)
  switch (input.kind) {
    case 'text': return <TextInput size="xs" label={label} value={typeof value === 'string' ? value : ''} placeholder={input.placeholder === undefined ? '' : e(input.placeholder)} onChange={ev => onChange(ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
    case 'number': return <NumberField label={label} value={typeof value === 'number' ? value : undefined} min={input.min} max={input.max} placeholder={input.placeholder === undefined ? undefined : e(input.placeholder)} onChange={onChange} />
    case 'switch': return <Switch size="sm" label={label} checked={typeof value === 'boolean' ? value : input.fallback} onChange={ev => onChange(ev.currentTarget.checked)} />
    case 'choice': {
      const isOther = isScalar(value) && value !== '' && !input.values.some(([v]) => v === value)
      const data = [...input.values.map(([v, word]) => ({ value: String(v), label: e(word) })), ...(isOther ? [{ value: String(value), label: String(value) }] : [])]
      return <NativeSelect size="xs" label={label} value={String(isScalar(value) && value !== '' ? value : input.fallback)} data={data} onChange={ev => onChange(input.values.find(([v]) => String(v) === ev.currentTarget.value)?.[0] ?? value)} />
    }
    case 'named': {
      const shown = typeof value === 'string' && value !== '' ? value : input.fallback
      return <NativeSelect size="xs" label={label} value={shown} data={[...new Set([...input.values, shown])]} onChange={ev => onChange(ev.currentTarget.value)} />
    }
    case 'several': return <MultiSelect size="xs" label={label} data={input.values.map(([v, word]) => ({ value: v, label: e(word) }))} value={texts(value)} clearable onChange={onChange} />
    case 'column': return <NameInput label={label} names={names} value={typeof value === 'string' ? value : ''} onChange={v => onChange(v === '' ? undefined : v)} />
    case 'columns': return <TagsInput size="xs" label={label} splitChars={[]} data={[...names]} value={texts(value)} onChange={v => onChange(v.length === 0 ? undefined : v)} />
    case 'tags': return <TagsInput size="xs" label={label} value={texts(value)} onChange={v => onChange(v.length === 0 ? undefined : v)} />
    case 'calcs': {
      const chosen = texts(value)
      const data = calcChoices(e, chosen)
      return input.many
        ? <MultiSelect size="xs" label={label} data={data} value={chosen} clearable placeholder={chosen.length === 0 ? e('choice.auto') : ''} onChange={onChange} />
        : <NativeSelect size="xs" label={label} data={data} value={chosen[0] ?? 'lastNotNull'} onChange={ev => onChange([ev.currentTarget.value])} />
    }
    case 'unit': return <UnitPicker label={label} value={typeof value === 'string' ? value : ''} onChange={onChange} />
    case 'thresholds': return <ThresholdsEditor value={value} onChange={onChange} />
    case 'mappings': return <MappingsEditor value={value} onChange={onChange} />
    case 'color': return <ColorMode label={label} value={value} onChange={onChange} />
    case 'namedColor': return <div className={css['inline']}><span>{label}</span><ColorField label={label} value={typeof value === 'string' ? value : input.fallback} onChange={onChange} /></div>
    case 'links': return <LinksEditor value={value} hint={e('links.dataHint')} onChange={onChange} />
    case 'hideFrom': return <HideFrom label={label} value={value} onChange={onChange} />
    case 'lineStyle': return <LineStyle label={label} value={value} onChange={onChange} />
    case 'sortBy': return <SortBy label={label} value={value} names={names} onChange={onChange} />
  }
}

const MODES = [
  'palette-classic', 'palette-classic-by-name', 'thresholds', 'fixed', 'shades', 'continuous-GrYlRd', 'continuous-RdYlGr', 'continuous-BlYlRd', 'continuous-YlRd', 'continuous-BlPu', 'continuous-YlBl', 'continuous-blues', 'continuous-reds',
  'continuous-greens', 'continuous-purples', 'continuous-viridis', 'continuous-magma', 'continuous-plasma', 'continuous-inferno', 'continuous-cividis',
] as const
/** Modes whose colour hangs on one value of a series. */
const BY_VALUE = /^(?:thresholds$|continuous-)/

type PartProps = { readonly label: string; readonly value: unknown; readonly onChange: (value: unknown) => void }

function ColorMode({ label, value, onChange }: PartProps): ReactElement {
  const { e } = useEditWords()
  const mode = jsonAt(value, ['mode'])
  const shown = typeof mode === 'string' ? mode : ''
  const fixed = jsonAt(value, ['fixedColor'])
  const seriesBy = jsonAt(value, ['seriesBy'])
  const isFixed = shown === 'fixed' || shown === 'shades'
  const own = !(MODES as readonly string[]).includes(shown) && shown !== ''
  const base = (typeof value === 'object' && value !== null ? value : {}) as JsonObject
  return (
    <div className={css['inline']}>
      <NativeSelect
        size="xs" label={label} className={css['grow'] ?? ''} value={shown}
        data={[{ value: '', label: e('choice.auto') }, ...MODES.map(m => ({ value: m as string, label: e(`colorMode.${m}`) })), ...(own ? [{ value: shown, label: shown }] : [])]}
        onChange={ev => onChange(ev.currentTarget.value === '' ? undefined : { ...base, mode: ev.currentTarget.value, ...(ev.currentTarget.value === 'fixed' && fixed === undefined ? { fixedColor: 'blue' } : {}) })}
      />
      {isFixed && <ColorField label={label} value={typeof fixed === 'string' ? fixed : 'blue'} onChange={fixedColor => onChange({ ...base, fixedColor })} />}
      {BY_VALUE.test(shown) && (
        <NativeSelect size="xs" label={e('field.seriesBy')} value={seriesBy === 'min' || seriesBy === 'max' ? seriesBy : 'last'} data={[{ value: 'last', label: e('calc.lastNotNull') }, { value: 'min', label: e('calc.min') }, { value: 'max', label: e('calc.max') }]} onChange={ev => onChange({ ...base, seriesBy: ev.currentTarget.value })} />
      )}
    </div>
  )
}

const PLACES = ['viz', 'legend', 'tooltip'] as const

/** Where a series is left out. */
function HideFrom({ label, value, onChange }: PartProps): ReactElement {
  const { e } = useEditWords()
  const chosen = PLACES.filter(p => jsonAt(value, [p]) === true)
  return <MultiSelect size="xs" label={label} data={PLACES.map(p => ({ value: p, label: e(`hide.${p}`) }))} value={chosen} clearable onChange={v => onChange(v.length === 0 ? undefined : Object.fromEntries(PLACES.map(p => [p, v.includes(p)])))} />
}

const DASHES: Readonly<Record<string, readonly number[]>> = { dash: [10, 10], dot: [0, 10] }

/** Solid, dashed or dotted. */
function LineStyle({ label, value, onChange }: PartProps): ReactElement {
  const { e } = useEditWords()
  const fill = jsonAt(value, ['fill'])
  return (
    <NativeSelect size="xs" label={label} value={fill === 'dash' || fill === 'dot' ? fill : 'solid'} data={(['solid', 'dash', 'dot'] as const).map(f => ({ value: f, label: e(`line.${f}`) }))}
      onChange={ev => { const to = ev.currentTarget.value; onChange({ fill: to, ...(DASHES[to] === undefined ? {} : { dash: DASHES[to] }) }) }} />
  )
}

/** By which column a table is sorted at first. */
function SortBy({ label, value, names, onChange }: PartProps & { readonly names: readonly string[] }): ReactElement {
  const { e } = useEditWords()
  const [first, ...rest] = Array.isArray(value) ? (value as readonly JsonObject[]) : []
  const name = jsonAt(first, ['displayName'])
  const desc = jsonAt(first, ['desc']) === true
  return (
    <div className={css['inline']}>
      <NameInput label={label} names={names} value={typeof name === 'string' ? name : ''} onChange={v => onChange(v === '' ? undefined : [{ displayName: v, desc }, ...rest])} />
      {typeof name === 'string' && name !== '' && <Switch size="sm" label={e('choice.desc')} checked={desc} onChange={ev => onChange([{ displayName: name, desc: ev.currentTarget.checked }, ...rest])} />}
    </div>
  )
}
