import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, Switch, TextInput, Textarea, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { filterText, jsonAt, parseFilter, withJson } from '@haechi/dashboards'
import type { AdhocFilter, JsonObject } from '@haechi/dashboards'
import { AdhocBar } from '../../../panels/AdhocBar.tsx'
import type { Change } from './EditGrid.tsx'
import { NumberField } from './NumberField.tsx'
import { useEditWords } from './edit-words.ts'
import type { LiveBoard } from './live-board.ts'
import css from './Edit.module.css'

const KINDS = ['query', 'custom', 'interval', 'constant', 'textbox', 'datasource', 'adhoc', 'groupby', 'switch'] as const
const LIST = ['templating', 'list'] as const
const text = (v: unknown): string => (typeof v === 'string' ? v : '')

/** The text of a query variable, as a string or as Grafana's object. */
function queryOf(v: JsonObject): string {
  const q = v['query']
  return typeof q === 'string' ? q : text(jsonAt(q, ['query'])) || text(v['definition'])
}

/** A variable with another query, in the form it has. */
function withQuery(v: JsonObject, query: string): JsonObject {
  const isObject = typeof v['query'] === 'object' && v['query'] !== null
  const next = withJson(v, isObject ? ['query', 'query'] : ['query'], query)
  return v['type'] === 'query' ? withJson(next, ['definition'], query) : next
}

const START: Readonly<Record<string, JsonObject>> = {
  query: { query: 'label_values(up, job)', definition: 'label_values(up, job)', refresh: 1, includeAll: true, multi: true, sort: 1 },
  custom: { query: 'a,b,c' }, interval: { query: '1m,5m,10m,30m,1h' }, constant: { query: '', hide: 2 }, textbox: { query: '' }, datasource: { query: 'prometheus' },
  adhoc: { datasource: { type: 'prometheus' }, filters: [], baseFilters: [] }, groupby: { datasource: { type: 'prometheus' }, multi: true }, switch: { query: '', enabledValue: 'true', disabledValue: 'false' },
}

/** The filters that stand in a variable's JSON; what is none is left out. */
function filtersOf(v: unknown): readonly AdhocFilter[] {
  return (Array.isArray(v) ? v : []).flatMap(f => parseFilter(filterText({ key: text(jsonAt(f, ['key'])), operator: (text(jsonAt(f, ['operator'])) || '=') as AdhocFilter['operator'], value: text(jsonAt(f, ['value'])) })) ?? [])
}

/** The variables of a board, one of them open, with the values it offers now. */
export function VariablesEditor({ board, live, change }: { readonly board: JsonObject; readonly live: LiveBoard; readonly change: Change }): ReactElement {
  const { e, locale, said } = useEditWords()
  const { states } = live
  const list = (Array.isArray(jsonAt(board, LIST)) ? jsonAt(board, LIST) : []) as readonly JsonObject[]
  const [open, setOpen] = useState(0)
  const at = Math.min(open, list.length - 1)
  const v = list[at]
  const set = (member: string, value: unknown): void => change(b => withJson(b, [...LIST, at, member], value), `${member} of variable ${at}`)
  const setList = (next: readonly JsonObject[]): void => change(b => withJson(b, [...LIST], next))
  const name = text(v?.['name'])
  const isTaken = v !== undefined && list.some((x, i) => i !== at && x['name'] === name)
  const state = states.find(s => s.variable.name === name)
  const kind = text(v?.['type'])
  const add = (): void => {
    let n = 1
    while (list.some(x => x['name'] === `var${n}`)) n++
    setList([...list, { name: `var${n}`, type: 'query', datasource: { type: 'prometheus' }, ...START['query'], current: {}, options: [] }])
    setOpen(list.length)
  }
  const swap = (by: -1 | 1): void => {
    const other = list[at + by]
    if (v === undefined || other === undefined) return
    setList(list.map((x, i) => (i === at ? other : i === at + by ? v : x)))
    setOpen(at + by)
  }
  return (
    <div className={css['twoColumns']}>
      <div className={css['rows']}>
        <ul className={css['pickList']} aria-label={e('settings.variables')}>
          {list.map((x, i) => (
            // Names may be empty or repeated while they are typed.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={i}><UnstyledButton className={css['pick']} aria-current={i === at || undefined} onClick={() => setOpen(i)}><span className="mono">${text(x['name'])}</span><span className="dim">{(KINDS as readonly string[]).includes(text(x['type'])) ? e(`variable.${text(x['type']) as 'query'}`) : text(x['type'])}</span></UnstyledButton></li>
          ))}
        </ul>
        {list.length === 0 && <p className="dim">{e('variable.none')}</p>}
        <div className={css['tools']}><Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={add}>{e('variable.add')}</Button></div>
      </div>
      {v !== undefined && (
        <div className={css['rows']}>
          <div className={css['fields']}>
            <TextInput size="sm" label={e('variable.name')} value={name} error={/^\w+$/.test(name) ? isTaken ? e('variable.taken') : undefined : e('variable.badName')} onChange={ev => set('name', ev.currentTarget.value)} />
            <NativeSelect size="sm" label={e('variable.kind')} value={kind} data={[...KINDS.map(k => ({ value: k as string, label: e(`variable.${k}`) })), ...((KINDS as readonly string[]).includes(kind) ? [] : [{ value: kind, label: kind }])]}
              onChange={ev => { const to = ev.currentTarget.value; change(b => withJson(b, [...LIST, at], { ...v, ...START[to], type: to, current: {}, options: [] })) }} />
            <TextInput size="sm" label={e('variable.label')} value={text(v['label'])} onChange={ev => set('label', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
            <NativeSelect size="sm" label={e('variable.hide')} value={String(v['hide'] ?? 0)} data={[{ value: '0', label: e('variable.shown') }, { value: '1', label: e('variable.noLabel') }, { value: '2', label: e('variable.hidden') }]} onChange={ev => set('hide', Number(ev.currentTarget.value))} />
          </div>
          {kind !== 'adhoc' && kind !== 'switch' && kind !== 'groupby' && (
            <Textarea size="sm" autosize minRows={1} classNames={{ input: css['json'] ?? '' }} spellCheck={false} label={e(`variable.query.${(KINDS as readonly string[]).includes(kind) ? kind as 'query' : 'textbox'}`)} description={kind === 'query' ? e('variable.queryHint') : kind === 'custom' ? e('variable.customHint') : undefined} value={queryOf(v)}
              onChange={ev => { const q = ev.currentTarget.value; change(b => withJson(b, [...LIST, at], withQuery(v, q)), `query of variable ${at}`) }} />
          )}
          {kind === 'query' && (
            <div className={css['fields']}>
              <TextInput size="sm" label={e('variable.regex')} placeholder="/.*-(?<text>.*)/" value={text(v['regex'])} onChange={ev => set('regex', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
              <NativeSelect size="sm" label={e('variable.sort')} value={String(v['sort'] ?? 0)} data={[0, 1, 2, 3, 4, 5, 6, 7, 8].map(n => ({ value: String(n), label: e(`variable.sort${n as 0}`) }))} onChange={ev => set('sort', Number(ev.currentTarget.value))} />
              <NativeSelect size="sm" label={e('variable.refresh')} value={v['refresh'] === 2 ? '2' : '1'} data={[{ value: '1', label: e('variable.refresh1') }, { value: '2', label: e('variable.refresh2') }]} onChange={ev => set('refresh', Number(ev.currentTarget.value))} />
            </div>
          )}
          {kind === 'datasource' && <TextInput size="sm" label={e('variable.regex')} value={text(v['regex'])} onChange={ev => set('regex', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />}
          {kind === 'interval' && (
            <div className={css['fields']}>
              <Switch label={e('variable.auto')} checked={v['auto'] === true} onChange={ev => set('auto', ev.currentTarget.checked)} />
              {v['auto'] === true && <NumberField label={e('variable.autoCount')} min={1} max={1000} placeholder="30" value={typeof v['auto_count'] === 'number' ? v['auto_count'] : undefined} onChange={n => set('auto_count', n)} />}
              {v['auto'] === true && <TextInput size="xs" label={e('variable.autoMin')} placeholder="10s" value={text(v['auto_min'])} onChange={ev => set('auto_min', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />}
            </div>
          )}
          {kind === 'switch' && (
            <div className={css['fields']}>
              <TextInput size="sm" label={e('variable.enabledValue')} value={text(v['enabledValue'])} onChange={ev => set('enabledValue', ev.currentTarget.value)} />
              <TextInput size="sm" label={e('variable.disabledValue')} value={text(v['disabledValue'])} onChange={ev => set('disabledValue', ev.currentTarget.value)} />
            </div>
          )}
          {kind === 'groupby' && <p className="dim">{e('variable.groupbyHint')}</p>}
          <Switch label={e('variable.skipUrlSync')} checked={v['skipUrlSync'] === true} onChange={ev => set('skipUrlSync', ev.currentTarget.checked ? true : undefined)} />
          {kind === 'custom' && <Switch label={e('variable.json')} checked={v['valuesFormat'] === 'json'} onChange={ev => set('valuesFormat', ev.currentTarget.checked ? 'json' : undefined)} />}
          {kind === 'adhoc' && (
            <>
              <p className="dim">{e('variable.adhocHint')}</p>
              {(['filters', 'baseFilters'] as const).map(member => (
                <AdhocBar key={member} label={e(`variable.${member}`)} chosen={filtersOf(v[member]).map(filterText)} range={live.card.range} fetchValues={live.card.fetchValues} language={locale}
                  onChange={chosen => set(member, chosen.flatMap(c => parseFilter(c) ?? []))} />
              ))}
            </>
          )}
          {(kind === 'query' || kind === 'custom' || kind === 'datasource') && (
            <div className={css['inline']}>
              <Switch label={e('variable.multi')} checked={v['multi'] === true} onChange={ev => set('multi', ev.currentTarget.checked)} />
              <Switch label={e('variable.includeAll')} checked={v['includeAll'] === true} onChange={ev => set('includeAll', ev.currentTarget.checked)} />
            </div>
          )}
          {v['includeAll'] === true && <TextInput size="sm" label={e('variable.allValue')} placeholder={e('variable.allValueHint')} value={text(v['allValue'])} onChange={ev => set('allValue', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />}
          <TextInput size="sm" label={e('board.description')} value={text(v['description'])} onChange={ev => set('description', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
          {kind !== 'adhoc' && <section aria-label={e('variable.preview')}>
            <h3 className={css['small']}>{e('variable.preview')}</h3>
            {state?.error !== undefined ? <p role="alert" className="health-critical">{said(state.error)}</p>
              : state === undefined || state.options.length === 0 ? <p className="dim">{e('variable.nothing')}</p>
                : <ul className={css['values']}>{state.options.slice(0, 60).map(o => <li key={o.value} className="mono">{o.text}</li>)}{state.options.length > 60 && <li className="dim">{e('variable.more', { n: state.options.length - 60 })}</li>}</ul>}
          </section>}
          <div className={css['tools']}>
            <ActionIcon variant="default" aria-label={e('list.up')} disabled={at === 0} onClick={() => swap(-1)}><IconArrowUp size={16} /></ActionIcon>
            <ActionIcon variant="default" aria-label={e('list.down')} disabled={at === list.length - 1} onClick={() => swap(1)}><IconArrowDown size={16} /></ActionIcon>
            <Button size="xs" variant="default" leftSection={<IconTrash size={14} />} onClick={() => setList(list.filter((_, i) => i !== at))}>{e('variable.remove', { name })}</Button>
          </div>
        </div>
      )}
    </div>
  )
}
