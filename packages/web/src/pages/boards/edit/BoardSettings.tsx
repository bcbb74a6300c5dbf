import type { ReactElement } from 'react'
import { Button, NativeSelect, Tabs, TagsInput, TextInput, Textarea } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { DashboardError, editableBoard, jsonAt, readDashboard, withJson } from '@haechi/dashboards'
import type { JsonObject, JsonPath } from '@haechi/dashboards'
import type { Change } from './EditGrid.tsx'
import { AnnotationsEditor } from './AnnotationsEditor.tsx'
import { BoardLinks } from './BoardLinks.tsx'
import { JsonEditor } from './JsonEditor.tsx'
import { VariablesEditor } from './VariablesEditor.tsx'
import { useEditWords } from './edit-words.ts'
import type { LiveBoard } from './live-board.ts'
import css from './Edit.module.css'

const text = (v: unknown): string => (typeof v === 'string' ? v : '')

/** Everything about a board that is not a panel. */
export function BoardSettings({ board, live, change, onClose }: { readonly board: JsonObject; readonly live: LiveBoard; readonly change: Change; readonly onClose: () => void }): ReactElement {
  const { e } = useEditWords()
  const tabs = ['general', 'variables', 'links', 'annotations', 'json'] as const
  return (
    <div className={css['settings']}>
      <div><Button variant="default" size="xs" leftSection={<IconArrowLeft size={16} />} onClick={onClose}>{e('panel.back')}</Button></div>
      <Tabs defaultValue="general" keepMounted={false}>
        <Tabs.List>{tabs.map(t => <Tabs.Tab key={t} value={t}>{e(`settings.${t}`)}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="general" className={css['tabPanel'] ?? ''}><General board={board} change={change} /></Tabs.Panel>
        <Tabs.Panel value="variables" className={css['tabPanel'] ?? ''}><VariablesEditor board={board} live={live} change={change} /></Tabs.Panel>
        <Tabs.Panel value="links" className={css['tabPanel'] ?? ''}><BoardLinks board={board} change={change} /></Tabs.Panel>
        <Tabs.Panel value="annotations" className={css['tabPanel'] ?? ''}><AnnotationsEditor board={board} change={change} /></Tabs.Panel>
        <Tabs.Panel value="json" className={css['tabPanel'] ?? ''}>
          <JsonEditor label={e('settings.jsonLabel')} rows={30} value={board} check={whyNoBoard} onApply={next => change(() => editableBoard(next).board)} />
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}

/** Why JSON is no board; undefined for one that can be drawn. */
function whyNoBoard(json: JsonObject): string | undefined {
  try {
    readDashboard(json)
    return undefined
  } catch (err) {
    if (!(err instanceof DashboardError)) throw err
    return err.message
  }
}

function General({ board, change }: { readonly board: JsonObject; readonly change: Change }): ReactElement {
  const { e } = useEditWords()
  const set = (path: JsonPath, value: unknown): void => change(b => withJson(b, path, value), path.join('.'))
  const refresh = text(board['refresh'])
  return (
    <div className={css['rows']} data-narrow>
      <TextInput label={e('board.title')} value={text(board['title'])} error={text(board['title']).trim() === '' ? e('board.noTitle') : undefined} onChange={ev => set(['title'], ev.currentTarget.value)} />
      <Textarea autosize minRows={2} label={e('board.description')} value={text(board['description'])} onChange={ev => set(['description'], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
      <TagsInput label={e('board.tags')} placeholder={e('board.tagsHint')} value={(Array.isArray(board['tags']) ? board['tags'] : []).filter((t): t is string => typeof t === 'string')} onChange={tags => set(['tags'], tags)} />
      <div className={css['fields']}>
        <TextInput label={e('board.from')} placeholder="now-6h" value={text(jsonAt(board, ['time', 'from']))} onChange={ev => set(['time', 'from'], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
        <TextInput label={e('board.to')} placeholder="now" value={text(jsonAt(board, ['time', 'to']))} onChange={ev => set(['time', 'to'], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
        <NativeSelect label={e('board.refresh')} value={refresh} data={[...new Set(['', '5s', '10s', '30s', '1m', '5m', '15m', '1h', refresh])].map(r => ({ value: r, label: r === '' ? e('choice.off') : r }))} onChange={ev => set(['refresh'], ev.currentTarget.value)} />
        <NativeSelect label={e('board.timezone')} value={text(board['timezone'])} data={[...new Map([['', e('board.browserTime')], ['browser', e('board.browserTime')], ['utc', 'UTC'], ['Asia/Seoul', 'Asia/Seoul'], [text(board['timezone']), text(board['timezone']) || e('board.browserTime')]])].filter(([v], i, all) => v !== 'browser' || text(board['timezone']) === 'browser' || i === all.length).map(([value, label]) => ({ value, label }))} onChange={ev => set(['timezone'], ev.currentTarget.value)} />
        <NativeSelect label={e('board.crosshair')} value={String(board['graphTooltip'] ?? 0)} data={[{ value: '0', label: e('board.crosshairOwn') }, { value: '1', label: e('board.crosshairShared') }, { value: '2', label: e('board.tooltipShared') }]} onChange={ev => set(['graphTooltip'], Number(ev.currentTarget.value))} />
      </div>
    </div>
  )
}
