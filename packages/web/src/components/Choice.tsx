import { useId } from 'react'
import type { ReactElement } from 'react'
import css from './Choice.module.css'

/** Props of `Choice`. */
export interface ChoiceProps<V extends string> {
  readonly label: string
  readonly value: V
  readonly options: readonly { readonly value: V; readonly label: string }[]
  readonly onChange: (value: V) => void
}

/** A few alternatives side by side, one of them chosen. Radio buttons underneath: arrow keys move. */
export function Choice<V extends string>({ label, value, options, onChange }: ChoiceProps<V>): ReactElement {
  const name = useId()
  return (
    <fieldset className={css['choice']}>
      <legend className="hidden-visually">{label}</legend>
      {options.map(o => (
        <label key={o.value} className={css['option']}>
          <input type="radio" className="hidden-visually" name={name} value={o.value} checked={o.value === value} onChange={() => onChange(o.value)} />
          <span>{o.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
