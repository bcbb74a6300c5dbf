import type { ReactElement } from 'react'
import { ActionIcon, Button, Switch, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { useEditWords } from './edit-words.ts'
import { moved } from './transform/transform-stages.ts'
import css from './Edit.module.css'

const text = (v: unknown): string => (typeof v === 'string' ? v : '')

/** Links of a panel or of its data: a title and an address, in which variables may stand. @param hint  which ones */
export function LinksEditor({ value, hint, onChange }: { readonly value: unknown; readonly hint: string; readonly onChange: (value: unknown, about?: string) => void }): ReactElement {
  const { e } = useEditWords()
  const list = (Array.isArray(value) ? value : []).filter((l): l is JsonObject => typeof l === 'object' && l !== null)
  const setAll = (next: readonly JsonObject[], about?: string): void => onChange(next.length === 0 ? undefined : next, about)
  const set = (i: number, member: string, v: unknown): void => setAll(list.map((l, j) => (j === i ? withJson(l, [member], v) : l)), `${member} of link ${i}`)
  return (
    <div className={css['rows']}>
      {list.map((l, i) => {
        const n = i + 1
        const url = text(l['url'])
        return (
          // Links are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={css['override']} role="group" aria-label={e('links.one', { n })}>
            <TextInput size="xs" label={e('links.title')} value={text(l['title'])} onChange={ev => set(i, 'title', ev.currentTarget.value)} />
            <TextInput size="xs" label={e('links.url')} placeholder="https://" spellCheck={false} value={url} error={url === '' ? e('links.noUrl') : undefined} onChange={ev => set(i, 'url', ev.currentTarget.value)} />
            <div className={css['inline']}>
              <Switch size="sm" label={e('links.newTab')} checked={l['targetBlank'] === true} onChange={ev => set(i, 'targetBlank', ev.currentTarget.checked)} />
              <span className={css['space']} />
              <ActionIcon variant="subtle" color="gray" aria-label={e('links.up', { n })} disabled={i === 0} onClick={() => setAll(moved(list, i, -1))}><IconArrowUp size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={e('links.down', { n })} disabled={i === list.length - 1} onClick={() => setAll(moved(list, i, 1))}><IconArrowDown size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={e('links.remove', { n })} onClick={() => setAll(list.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>
            </div>
          </div>
        )
      })}
      <p className="dim">{hint}</p>
      <div className={css['tools']}><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAll([...list, { title: '', url: '', targetBlank: false }])}>{e('links.add')}</Button></div>
    </div>
  )
}
