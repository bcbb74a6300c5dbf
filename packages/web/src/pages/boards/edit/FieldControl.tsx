import type { ReactElement } from 'react'
import { MultiSelect, NativeSelect, Switch, TextInput } from '@mantine/core'
import { jsonAt } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { ColorField } from './ColorField.tsx'
import { MappingsEditor } from './MappingsEditor.tsx'
import { NumberField } from './NumberField.tsx'
import { ThresholdsEditor } from './ThresholdsEditor.tsx'
import { UnitPicker } from './UnitPicker.tsx'
import { useEditWords } from './edit-words.ts'
import type { OptionField } from './option-fields.ts'
import css from './Edit.module.css'

/** Calculations of one value from many, by Grafana's ids. */
const CALCS = ['lastNotNull', 'last', 'firstNotNull', 'mean', 'median', 'min', 'max', 'sum', 'count', 'range', 'delta', 'diff', 'diffperc', 'stdDev', 'p90', 'p95', 'p99'] as const

/** The control of one setting; `onChange(undefined)` takes the setting away. */
export function FieldControl({ field, value, onChange }: { readonly field: OptionField; readonly value: unknown; readonly onChange: (value: unknown) => void }): ReactElement {
  const { e } = useEditWords()
  const { input } = field
  const label = e(field.label)
  switch (input.kind) {
    case 'text': return <TextInput size="xs" label={label} value={typeof value === 'string' ? value : ''} placeholder={input.placeholder === undefined ? '' : e(input.placeholder)} onChange={ev => onChange(ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
    case 'number': return <NumberField label={label} value={typeof value === 'number' ? value : undefined} min={input.min} max={input.max} placeholder={input.placeholder === undefined ? undefined : e(input.placeholder)} onChange={onChange} />
    case 'switch': return <Switch size="sm" label={label} checked={typeof value === 'boolean' ? value : input.fallback} onChange={ev => onChange(ev.currentTarget.checked)} />
    case 'choice': {
      const known = input.values.find(([v]) => v === value)
      const shown = known?.[0] ?? input.fallback
      return <NativeSelect size="xs" label={label} value={String(shown)} data={input.values.map(([v, word]) => ({ value: String(v), label: e(word) }))} onChange={ev => onChange(input.values.find(([v]) => String(v) === ev.currentTarget.value)![0])} />
    }
    case 'calcs': {
      const chosen = Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : []
      const data = [...new Set([...CALCS, ...chosen])].map(v => ({ value: v as string, label: (CALCS as readonly string[]).includes(v) ? e(`calc.${v as (typeof CALCS)[number]}`) : v }))
      return input.many
        ? <MultiSelect size="xs" label={label} data={data} value={chosen} clearable placeholder={chosen.length === 0 ? e('choice.none') : ''} onChange={v => onChange(v)} />
        : <NativeSelect size="xs" label={label} data={data} value={chosen[0] ?? 'lastNotNull'} onChange={ev => onChange([ev.currentTarget.value])} />
    }
    case 'unit': return <UnitPicker label={label} value={typeof value === 'string' ? value : ''} onChange={onChange} />
    case 'thresholds': return <ThresholdsEditor value={value} onChange={onChange} />
    case 'mappings': return <MappingsEditor value={value} onChange={onChange} />
    case 'color': return <ColorMode label={label} value={value} onChange={onChange} />
  }
}

const MODES = ['palette-classic', 'thresholds', 'fixed', 'shades', 'continuous-GrYlRd', 'continuous-RdYlGr', 'continuous-BlPu', 'continuous-YlRd', 'continuous-blues', 'continuous-greens'] as const

function ColorMode({ label, value, onChange }: { readonly label: string; readonly value: unknown; readonly onChange: (value: unknown) => void }): ReactElement {
  const { e } = useEditWords()
  const mode = jsonAt(value, ['mode'])
  const shown = typeof mode === 'string' ? mode : ''
  const fixed = jsonAt(value, ['fixedColor'])
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
    </div>
  )
}
