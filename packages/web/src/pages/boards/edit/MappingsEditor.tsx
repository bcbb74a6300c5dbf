import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { JsonObject } from '@haechi/dashboards'
import { ColorField } from './ColorField.tsx'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

type Kind = 'value' | 'range' | 'regex' | 'special'

/** One line of the editor: a condition and what is shown instead. */
export interface MappingLine {
  readonly kind: Kind
  /** The value, the regular expression or the special word. */
  readonly match: string
  readonly from: number | undefined
  readonly to: number | undefined
  readonly text: string
  readonly color: string
}

const SPECIALS = ['null', 'nan', 'null+nan', 'true', 'false', 'empty'] as const
const isObject = (v: unknown): v is JsonObject => typeof v === 'object' && v !== null && !Array.isArray(v)
const textOf = (v: unknown): string => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '')
const numberOf = (v: unknown): number | undefined => (typeof v === 'number' && Number.isFinite(v) ? v : undefined)

/** Grafana's mappings as lines; several values of one mapping are several lines. */
export function mappingLines(mappings: unknown): MappingLine[] {
  const out: MappingLine[] = []
  for (const m of Array.isArray(mappings) ? mappings : []) {
    if (!isObject(m)) continue
    const options = isObject(m['options']) ? m['options'] : {}
    const line = (kind: Kind, match: string, result: unknown, from?: number, to?: number): void => {
      const r = isObject(result) ? result : {}
      out.push({ kind, match, from, to, text: textOf(r['text']), color: textOf(r['color']) })
    }
    if (m['type'] === 'value') for (const [value, result] of Object.entries(options).toSorted((a, b) => indexOf(a[1]) - indexOf(b[1]))) line('value', value, result)
    else if (m['type'] === 'range') line('range', '', options['result'], numberOf(options['from']), numberOf(options['to']))
    else if (m['type'] === 'regex') line('regex', textOf(options['pattern']), options['result'])
    else if (m['type'] === 'special') line('special', textOf(options['match']), options['result'])
    // Before schema 30.
    else if (m['type'] === 1) line('value', textOf(m['value']), { text: m['text'] })
    else if (m['type'] === 2) line('range', '', { text: m['text'] }, Number(m['from']), Number(m['to']))
  }
  return out
}

function indexOf(result: unknown): number {
  return isObject(result) && typeof result['index'] === 'number' ? result['index'] : 0
}

/** Lines as Grafana writes them; neighbouring values are one mapping. */
export function mappingsOfLines(lines: readonly MappingLine[]): JsonObject[] {
  const out: JsonObject[] = []
  lines.forEach((l, index) => {
    const result = { ...(l.color === '' ? {} : { color: l.color }), index, ...(l.text === '' ? {} : { text: l.text }) }
    if (l.kind === 'value') {
      const last = out.at(-1)
      const options = last?.['type'] === 'value' ? (last['options'] as JsonObject) : undefined
      if (options !== undefined && !Object.hasOwn(options, l.match)) out[out.length - 1] = { ...last, options: { ...options, [l.match]: result } }
      else out.push({ type: 'value', options: { [l.match]: result } })
    } else if (l.kind === 'range') out.push({ type: 'range', options: { from: l.from ?? null, to: l.to ?? null, result } })
    else if (l.kind === 'regex') out.push({ type: 'regex', options: { pattern: l.match, result } })
    else out.push({ type: 'special', options: { match: l.match === '' ? 'null' : l.match, result } })
  })
  return out
}

/** What is shown instead of a value. */
export function MappingsEditor({ value, onChange }: { readonly value: unknown; readonly onChange: (value: unknown) => void }): ReactElement {
  const { e } = useEditWords()
  const lines = mappingLines(value)
  const set = (next: readonly MappingLine[]): void => onChange(next.length === 0 ? undefined : mappingsOfLines(next))
  const patch = (i: number, p: Partial<MappingLine>): void => set(lines.map((l, j) => (j === i ? { ...l, ...p } : l)))
  return (
    <div className={css['rows']}>
      {lines.map((l, i) => (
        // Lines are known by their place only.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className={css['mapping']} role="group" aria-label={e('mappings.line', { n: i + 1 })}>
          <NativeSelect size="xs" aria-label={e('mappings.kind')} value={l.kind} data={(['value', 'range', 'regex', 'special'] as const).map(k => ({ value: k, label: e(`mappings.${k}`) }))} onChange={ev => patch(i, { kind: ev.currentTarget.value as Kind })} />
          <span className={`${css['grow'] ?? ''} ${css['pair'] ?? ''}`}>
            {l.kind === 'range' ? <><NumberField hideLabel label={e('mappings.from')} placeholder={e('mappings.from')} value={l.from} onChange={from => patch(i, { from })} /><NumberField hideLabel label={e('mappings.to')} placeholder={e('mappings.to')} value={l.to} onChange={to => patch(i, { to })} /></>
              : l.kind === 'special' ? <NativeSelect size="xs" aria-label={e('mappings.match')} value={l.match} data={[...SPECIALS]} onChange={ev => patch(i, { match: ev.currentTarget.value })} />
                : <TextInput size="xs" aria-label={e('mappings.match')} placeholder={e(l.kind === 'regex' ? 'mappings.regex' : 'mappings.value')} value={l.match} onChange={ev => patch(i, { match: ev.currentTarget.value })} />}
          </span>
          <span aria-hidden className="dim">→</span>
          <TextInput size="xs" className={css['grow'] ?? ''} aria-label={e('mappings.text')} placeholder={e('mappings.text')} value={l.text} onChange={ev => patch(i, { text: ev.currentTarget.value })} />
          <ColorField label={e('mappings.color')} value={l.color === '' ? 'transparent' : l.color} onChange={color => patch(i, { color: color === 'transparent' ? '' : color })} />
          <ActionIcon variant="subtle" color="gray" aria-label={e('mappings.remove', { n: i + 1 })} onClick={() => set(lines.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>
        </div>
      ))}
      <div className={css['tools']}><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => set([...lines, { kind: 'value', match: '', from: undefined, to: undefined, text: '', color: '' }])}>{e('mappings.add')}</Button></div>
    </div>
  )
}
