import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, Switch, TagsInput, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import type { Change } from './EditGrid.tsx'
import { useEditWords } from './edit-words.ts'
import { moved } from './transform/transform-stages.ts'
import css from './Edit.module.css'

const text = (v: unknown): string => (typeof v === 'string' ? v : '')
const NEW: JsonObject = { type: 'link', title: '', url: '', targetBlank: false, keepTime: true, includeVars: false, asDropdown: false, icon: 'external link', tags: [], tooltip: '' }

/** The links of a board: to one address, or to the boards with certain tags. */
export function BoardLinks({ board, change }: { readonly board: JsonObject; readonly change: Change }): ReactElement {
  const { e } = useEditWords()
  const list = (Array.isArray(board['links']) ? board['links'] : []).filter((l): l is JsonObject => typeof l === 'object' && l !== null)
  const setAll = (next: readonly JsonObject[], about?: string): void => change(b => withJson(b, ['links'], next), about)
  return (
    <div className={css['rows']}>
      {list.length === 0 && <p className="dim">{e('links.none')}</p>}
      {list.map((l, i) => {
        const n = i + 1
        const byTags = l['type'] === 'dashboards'
        const set = (member: string, value: unknown): void => setAll(list.map((x, j) => (j === i ? withJson(x, [member], value) : x)), `${member} of link ${i}`)
        const flag = (member: string, word: 'links.newTab' | 'links.keepTime' | 'links.includeVars' | 'links.asDropdown'): ReactElement => <Switch label={e(word)} checked={l[member] === true} onChange={ev => set(member, ev.currentTarget.checked)} />
        return (
          // Links are known by their place only.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={css['line']} role="group" aria-label={e('links.one', { n })}>
            <NativeSelect label={e('links.type')} value={byTags ? 'dashboards' : 'link'} data={[{ value: 'link', label: e('links.toAddress') }, { value: 'dashboards', label: e('links.toBoards') }]} onChange={ev => set('type', ev.currentTarget.value)} />
            <TextInput label={e('links.title')} value={text(l['title'])} onChange={ev => set('title', ev.currentTarget.value)} />
            {byTags
              ? <TagsInput className={css['grow'] ?? ''} label={e('links.tags')} value={(Array.isArray(l['tags']) ? l['tags'] : []).filter((t): t is string => typeof t === 'string')} onChange={tags => set('tags', tags)} />
              : <TextInput className={css['grow'] ?? ''} label={e('links.url')} placeholder="https://" spellCheck={false} value={text(l['url'])} error={text(l['url']) === '' ? e('links.noUrl') : undefined} onChange={ev => set('url', ev.currentTarget.value)} />}
            {!byTags && <TextInput label={e('links.tooltip')} value={text(l['tooltip'])} onChange={ev => set('tooltip', ev.currentTarget.value)} />}
            {byTags && flag('asDropdown', 'links.asDropdown')}
            {flag('keepTime', 'links.keepTime')}
            {flag('includeVars', 'links.includeVars')}
            {flag('targetBlank', 'links.newTab')}
            <ActionIcon variant="subtle" color="gray" aria-label={e('links.up', { n })} disabled={i === 0} onClick={() => setAll(moved(list, i, -1))}><IconArrowUp size={16} /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" aria-label={e('links.down', { n })} disabled={i === list.length - 1} onClick={() => setAll(moved(list, i, 1))}><IconArrowDown size={16} /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" aria-label={e('links.remove', { n })} onClick={() => setAll(list.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>
          </div>
        )
      })}
      <div className={css['tools']}><Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAll([...list, NEW])}>{e('links.add')}</Button></div>
    </div>
  )
}
