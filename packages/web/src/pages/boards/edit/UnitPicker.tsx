import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Combobox, InputBase, useCombobox } from '@mantine/core'
import { UNIT_CATEGORIES, formatUnitText, unitName } from '@haechi/dashboards'
import { bestMatches } from '../../../state/palette-match.ts'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

const ALL = UNIT_CATEGORIES.flatMap(c => c.units.map(([id, name]) => ({ id, name, category: c.name })))

/** A unit by Grafana's categories; typing searches, and any text may be a unit. */
export function UnitPicker({ label, value, hideLabel = false, onChange }: { readonly label: string; readonly value: string; readonly hideLabel?: boolean; readonly onChange: (unit: string | undefined) => void }): ReactElement {
  const { e } = useEditWords()
  const [text, setText] = useState('')
  const box = useCombobox({ onDropdownClose: () => { box.resetSelectedOption(); setText('') } })
  const groups = useMemo(() => {
    const found = text.trim() === '' ? ALL : bestMatches(text, ALL, u => `${u.name} ${u.id} ${u.category}`, 40)
    const out = new Map<string, (typeof ALL)[number][]>()
    for (const u of found) out.set(u.category, [...(out.get(u.category) ?? []), u])
    return [...out]
  }, [text])
  const choose = (id: string): void => {
    onChange(id === '' ? undefined : id)
    box.closeDropdown()
  }
  const isOpen = box.dropdownOpened
  return (
    <Combobox store={box} size="xs" onOptionSubmit={choose} withinPortal width={320} position="bottom-start">
      <Combobox.Target>
        <InputBase
          size="xs" {...(hideLabel ? { 'aria-label': label } : { label })} rightSection={<Combobox.Chevron />} rightSectionPointerEvents="none" placeholder={e('unit.none')}
          value={isOpen ? text : value === '' ? '' : unitName(value)} onClick={() => box.openDropdown()} onFocus={() => box.openDropdown()} onBlur={() => box.closeDropdown()}
          onChange={ev => { setText(ev.currentTarget.value); box.openDropdown(); box.updateSelectedOptionIndex() }}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options className={css['units']} aria-label={label}>
          {text === '' && <Combobox.Option value="">{e('unit.none')}</Combobox.Option>}
          {groups.map(([category, units]) => (
            <Combobox.Group key={category} label={category}>
              {units.map(u => <Combobox.Option key={u.id} value={u.id} active={u.id === value}><span className={css['unit']}><span>{u.name}</span><span className="dim num">{formatUnitText(u.id, 1234.5, 2)}</span></span></Combobox.Option>)}
            </Combobox.Group>
          ))}
          {text.trim() !== '' && <Combobox.Option value={text.trim()}>{e('unit.own', { unit: text.trim() })}</Combobox.Option>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
