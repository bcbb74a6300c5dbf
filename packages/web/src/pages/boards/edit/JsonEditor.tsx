import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Textarea } from '@mantine/core'
import { parseJsonText } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** JSON as text. A fault says its place and goes there. `check` may refuse what is JSON but can't be used. */
export function JsonEditor({ label, value, rows = 18, check, onApply }: {
  readonly label: string; readonly value: JsonObject; readonly rows?: number; readonly check?: (value: JsonObject) => string | undefined; readonly onApply: (value: JsonObject) => void
}): ReactElement {
  const { e, said } = useEditWords()
  const [draft, setDraft] = useState<string | undefined>(undefined)
  const [refused, setRefused] = useState<string | undefined>(undefined)
  const area = useRef<HTMLTextAreaElement>(null)
  const text = draft ?? JSON.stringify(value, null, 2)
  const read = draft === undefined ? { value } : parseJsonText(draft)
  const fault = 'fault' in read ? read.fault : undefined
  const isObject = 'value' in read && typeof read.value === 'object' && read.value !== null && !Array.isArray(read.value)
  const apply = (): void => {
    if (!('value' in read) || !isObject) return
    const why = check?.(read.value as JsonObject)
    setRefused(why)
    if (why !== undefined) return
    onApply(read.value as JsonObject)
    setDraft(undefined)
  }
  return (
    <div className={css['rows']}>
      <Textarea ref={area} label={label} rows={rows} spellCheck={false} classNames={{ input: css['json'] ?? '' }} value={text} onChange={ev => { setDraft(ev.currentTarget.value); setRefused(undefined) }} />
      {fault !== undefined && (
        <p role="alert" className="health-critical">
          {e(fault.found === '' ? 'json.end' : 'json.fault', { line: fault.line, column: fault.column, found: fault.found })}{' '}
          <Button size="compact-sm" variant="default" onClick={() => { area.current?.focus(); area.current?.setSelectionRange(fault.at, fault.at + Math.max(1, fault.found.length)) }}>{e('json.show')}</Button>
        </p>
      )}
      {fault === undefined && !isObject && <p role="alert" className="health-critical">{e('json.noObject')}</p>}
      {refused !== undefined && <p role="alert" className="health-critical">{said(refused)}</p>}
      <div className={css['tools']}>
        <Button size="xs" disabled={draft === undefined || !isObject} onClick={apply}>{e('json.apply')}</Button>
        {draft !== undefined && <Button size="xs" variant="default" onClick={() => { setDraft(undefined); setRefused(undefined) }}>{e('json.revert')}</Button>}
      </div>
    </div>
  )
}
