import { useState } from 'react'
import type { ReactElement } from 'react'
import { TextInput } from '@mantine/core'
import { parseNumber } from '../../alerts/threshold-input.ts'
import { useEditWords } from './edit-words.ts'

/** Props of `NumberField`. */
export interface NumberFieldProps {
  readonly label: string
  readonly value: number | undefined
  readonly placeholder?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly hideLabel?: boolean
  readonly suffix?: string | undefined
  /** Undefined: the field is empty. */
  readonly onChange: (value: number | undefined) => void
}

/** A number that may be absent. What is no number, or outside of the bounds, is said and not taken. */
export function NumberField({ label, value, placeholder, min, max, hideLabel = false, suffix, onChange }: NumberFieldProps): ReactElement {
  const { e } = useEditWords()
  const [draft, setDraft] = useState<string | undefined>(undefined)
  const text = draft ?? (value === undefined ? '' : String(value))
  const read = parseNumber(text)
  const isBad = text.trim() !== '' && (read === undefined || min !== undefined && read < min || max !== undefined && read > max)
  return (
    <TextInput
      size="xs" inputMode="decimal" value={text} placeholder={placeholder ?? ''} {...(hideLabel ? { 'aria-label': label } : { label })}
      rightSection={suffix === undefined ? undefined : <span className="dim">{suffix}</span>}
      error={isBad ? (min !== undefined && max !== undefined ? e('number.between', { min, max }) : e('number.bad')) : undefined}
      onBlur={() => { if (!isBad) setDraft(undefined) }}
      onChange={ev => {
        const next = ev.currentTarget.value
        setDraft(next)
        const n = parseNumber(next)
        if (next.trim() === '') onChange(undefined)
        else if (n !== undefined && !(min !== undefined && n < min) && !(max !== undefined && n > max)) onChange(n)
      }}
    />
  )
}
