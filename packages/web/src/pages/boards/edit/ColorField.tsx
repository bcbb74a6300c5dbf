import type { ReactElement } from 'react'
import { Popover, UnstyledButton } from '@mantine/core'
import { cssColor } from '@haechi/dashboards'
import { useComputedColorScheme } from '@mantine/core'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** Names that Grafana gives to its colours; each has a hue of ours on both themes. */
const NAMED = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'dark-green', 'dark-yellow', 'dark-orange', 'dark-red', 'dark-blue', 'dark-purple', 'text', 'transparent'] as const

/** A colour: a name of Grafana's, which follows the theme, or any other. */
export function ColorField({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (color: string) => void }): ReactElement {
  const { e } = useEditWords()
  const theme = useComputedColorScheme('dark')
  const swatch = (color: string): string => (color === 'transparent' ? 'transparent' : cssColor(color, theme))
  return (
    <Popover position="bottom-start" withinPortal trapFocus>
      <Popover.Target>
        <UnstyledButton className={css['swatch']} aria-label={`${label}: ${value}`} title={value}><span style={{ background: swatch(value) }} /></UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css['swatches']} role="group" aria-label={label}>
          {NAMED.map(name => (
            <UnstyledButton key={name} className={css['swatch']} aria-pressed={name === value} aria-label={name} title={name} onClick={() => onChange(name)}><span style={{ background: swatch(name) }} /></UnstyledButton>
          ))}
        </div>
        <label className={css['anyColor']}>{e('color.other')}<input type="color" value={/^#[0-9a-f]{6}$/i.test(value) ? value : '#5cc0b3'} onChange={ev => onChange(ev.currentTarget.value)} /></label>
      </Popover.Dropdown>
    </Popover>
  )
}
