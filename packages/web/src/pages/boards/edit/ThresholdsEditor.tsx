import type { ReactElement } from 'react'
import { ActionIcon, Button } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { JsonObject } from '@haechi/dashboards'
import { Choice } from '../../../components/Choice.tsx'
import { ColorField } from './ColorField.tsx'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

interface Step { readonly value: number | null; readonly color: string }

/** The steps of a thresholds object; the first is the base and has no value. */
export function stepsOf(thresholds: unknown): readonly Step[] {
  const list = (thresholds as { readonly steps?: unknown } | undefined)?.steps
  if (!Array.isArray(list) || list.length === 0) return [{ value: null, color: 'green' }]
  return (list as readonly JsonObject[]).map((s, i) => ({ ...s, value: i === 0 || typeof s['value'] !== 'number' ? (i === 0 ? null : 0) : s['value'], color: typeof s['color'] === 'string' ? s['color'] : 'green' }))
}

const NEXT = ['yellow', 'orange', 'red', 'dark-red'] as const

/** From where on a value is how bad. */
export function ThresholdsEditor({ value, onChange }: { readonly value: unknown; readonly onChange: (value: unknown) => void }): ReactElement {
  const { e } = useEditWords()
  const steps = stepsOf(value)
  const mode = (value as { readonly mode?: unknown } | undefined)?.mode === 'percentage' ? 'percentage' : 'absolute'
  const set = (next: readonly Step[], nextMode: string = mode): void => {
    const [base, ...rest] = next
    onChange({ ...(typeof value === 'object' && value !== null ? value : {}), mode: nextMode, steps: [base, ...rest.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))] })
  }
  const add = (): void => {
    const last = steps.at(-1)!.value
    const step = last === null ? (mode === 'percentage' ? 80 : 1) : mode === 'percentage' ? Math.min(100, last + 10) : last === 0 ? 1 : last * 2
    set([...steps, { value: step, color: NEXT[Math.min(steps.length, NEXT.length) - 1] ?? 'red' }])
  }
  return (
    <div className={css['rows']}>
      {steps.map((s, i) => (
        // Steps are known by their place only.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className={css['stepRow']}>
          <ColorField label={e('thresholds.color', { n: i + 1 })} value={s.color} onChange={color => set(steps.map((x, j) => (j === i ? { ...x, color } : x)))} />
          {i === 0 ? <span className="dim">{e('thresholds.base')}</span>
            : <NumberField hideLabel label={e('thresholds.value', { n: i + 1 })} value={s.value ?? undefined} suffix={mode === 'percentage' ? '%' : undefined} onChange={n => { if (n !== undefined) onChange({ ...(typeof value === 'object' && value !== null ? value : {}), mode, steps: steps.map((x, j) => (j === i ? { ...x, value: n } : x)) }) }} />}
          {i > 0 && <ActionIcon variant="subtle" color="gray" aria-label={e('thresholds.remove', { n: i + 1 })} onClick={() => set(steps.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>}
        </div>
      ))}
      <div className={css['tools']}>
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={add}>{e('thresholds.add')}</Button>
        <Choice label={e('thresholds.mode')} value={mode} onChange={m => set(steps, m)} options={[{ value: 'absolute', label: e('thresholds.absolute') }, { value: 'percentage', label: '%' }]} />
      </div>
    </div>
  )
}
