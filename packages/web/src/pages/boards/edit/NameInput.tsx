import { useId } from 'react'
import type { ReactElement } from 'react'
import { TextInput } from '@mantine/core'

/** Props of `NameInput`. */
export interface NameInputProps {
  readonly label: string
  readonly names: readonly string[]
  readonly value: string
  readonly hideLabel?: boolean
  readonly onChange: (value: string) => void
}

/** A name that can be chosen among those known, or typed. */
export function NameInput({ label, names, value, hideLabel = false, onChange }: NameInputProps): ReactElement {
  const id = useId()
  return (
    <div>
      <TextInput size="xs" {...(hideLabel ? { 'aria-label': label } : { label })} list={id} spellCheck={false} value={value} onChange={ev => onChange(ev.currentTarget.value)} />
      <datalist id={id}>{names.map(n => <option key={n} value={n} />)}</datalist>
    </div>
  )
}
