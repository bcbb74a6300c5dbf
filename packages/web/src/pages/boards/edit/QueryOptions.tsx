import type { ReactElement } from 'react'
import { Switch, TextInput } from '@mantine/core'
import { parseDurationMs, parseTime, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import type { EditKey } from './edit-words.ts'
import css from './Edit.module.css'

/** What all queries of a panel share: how finely they ask, and about which time. */
export function QueryOptions({ panel, onChange }: { readonly panel: JsonObject; readonly onChange: (change: (panel: JsonObject) => JsonObject, about?: string) => void }): ReactElement {
  const { e } = useEditWords()
  const set = (member: string, value: unknown): void => onChange(p => withJson(p, [member], value), member)
  const textOf = (member: string): string => (typeof panel[member] === 'string' ? panel[member] : '')
  const points = panel['maxDataPoints']
  const text = (member: string, label: EditKey, placeholder: string, isGood: (t: string) => boolean): ReactElement => {
    const value = textOf(member)
    return <TextInput size="xs" label={e(label)} placeholder={placeholder} spellCheck={false} value={value} error={value === '' || value.includes('$') || isGood(value) ? undefined : e('query.badTime', { example: placeholder })} onChange={ev => set(member, ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
  }
  const isDuration = (t: string): boolean => (parseDurationMs(t.replace(/^>/, '')) ?? 0) > 0
  return (
    <details className={css['query']}>
      <summary className={css['small']}>{e('query.options')}</summary>
      <div className={css['queryOptions']}>
        <NumberField label={e('query.maxDataPoints')} placeholder={e('query.width')} min={1} max={11_000} value={typeof points === 'number' ? points : undefined} onChange={n => set('maxDataPoints', n)} />
        {text('interval', 'query.minInterval', '15s', isDuration)}
        {text('timeFrom', 'panel.timeFrom', '1h', t => isDuration(t) || parseTime(t.startsWith('now') ? t : `now-${t}`, 0, false) !== undefined)}
        {text('timeShift', 'panel.timeShift', '1d', isDuration)}
        {(textOf('timeFrom') !== '' || textOf('timeShift') !== '') && <Switch size="sm" label={e('query.hideTime')} checked={panel['hideTimeOverride'] === true} onChange={ev => set('hideTimeOverride', ev.currentTarget.checked ? true : undefined)} />}
      </div>
    </details>
  )
}
