import type { ReactElement } from 'react'
import { ActionIcon, Button, ColorInput, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { fieldName, jsonAt, withJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { calcChoices } from '../calcs.ts'
import { useEditWords } from '../edit-words.ts'
import type { OptionsFormProps } from './options-form.ts'
import { useTransformWords } from './transform-words.ts'
import css from './Transform.module.css'
import edit from '../Edit.module.css'

const text = (v: unknown): string => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '')
const objects = (v: unknown): readonly JsonObject[] => (Array.isArray(v) ? v.filter((x): x is JsonObject => typeof x === 'object' && x !== null) : [])

/** Places in JSON that become columns, each under a name of its own. */
export function PathsForm({ options, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const list = objects(options['jsonPaths'])
  const setAll = (next: readonly JsonObject[], about: string): void => onChange({ ...options, jsonPaths: next }, about)
  return (
    <div className={css['lines']}>
      {list.map((p, i) => (
        // Paths are known by their place only.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className={css['columnLine']} role="group" aria-label={w('path', { n: i + 1 })}>
          <TextInput size="xs" aria-label={w('path', { n: i + 1 })} placeholder={w('pathHint')} spellCheck={false} value={text(p['path'])} onChange={ev => setAll(list.map((x, j) => (j === i ? { ...x, path: ev.currentTarget.value } : x)), `path ${i}`)} />
          <TextInput size="xs" aria-label={w('pathName', { n: i + 1 })} placeholder={text(p['path'])} value={text(p['alias'])} onChange={ev => setAll(list.map((x, j) => (j === i ? withJson(x, ['alias'], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value) : x)), `alias ${i}`)} />
          <ActionIcon variant="subtle" color="gray" aria-label={w('removePath', { n: i + 1 })} onClick={() => setAll(list.filter((_, j) => j !== i), `remove ${i}`)}><IconTrash size={16} /></ActionIcon>
        </div>
      ))}
      <div className={edit['tools']}><Button size="compact-xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAll([...list, { path: '' }], `add ${list.length}`)}>{w('addPath')}</Button></div>
    </div>
  )
}

const HANDLERS = ['min', 'max', 'unit', 'decimals', 'displayName', 'color', 'threshold1', 'mappings.value', 'mappings.text', 'mappings.color'] as const

/** What each column of one query says about the others. */
export function ConfigsForm({ options, before, onChange }: OptionsFormProps): ReactElement {
  const { w } = useTransformWords()
  const { e } = useEditWords()
  const mappings = objects(options['mappings'])
  const source = before.frames.find(f => f.refId === (text(options['configRefId']) || 'config'))
  const columns = [...new Set([...(source?.fields.map(f => fieldName(f, source, [source])) ?? []), ...mappings.map(m => text(m['fieldName']))])].filter(n => n !== '')
  if (columns.length === 0) return <p className="dim">{w('noColumns')}</p>
  return (
    <div className={css['lines']}>
      {columns.map(name => {
        const own = mappings.find(m => m['fieldName'] === name)
        const handler = own === undefined ? 'auto' : text(own['handlerKey'])
        const calc = text(own?.['reducerId']) || 'lastNotNull'
        const set = (next: JsonObject | undefined, about: string): void => onChange({ ...options, mappings: [...mappings.filter(m => m['fieldName'] !== name), ...(next === undefined ? [] : [next])] }, `${about} ${name}`)
        return (
          <div key={name} className={css['columnLine']}>
            <span className={css['columnName']} title={name}>{name}</span>
            <NativeSelect size="xs" aria-label={w('configOf', { name })} value={handler} data={[{ value: 'auto', label: w('config.auto') }, { value: '__ignore', label: w('config.none') }, ...HANDLERS.map(h => ({ value: h as string, label: w(`config.${h}`) })), ...(handler === 'auto' || handler === '__ignore' || (HANDLERS as readonly string[]).includes(handler) ? [] : [{ value: handler, label: handler }])]}
              onChange={ev => set(ev.currentTarget.value === 'auto' ? undefined : { ...own, fieldName: name, handlerKey: ev.currentTarget.value }, 'handler')} />
            {own !== undefined && handler !== '__ignore' && !handler.startsWith('mappings.') && <NativeSelect size="xs" aria-label={w('calcOf', { name })} value={calc} data={calcChoices(e, [calc])} onChange={ev => set({ ...own, reducerId: ev.currentTarget.value }, 'calc')} />}
            {own !== undefined && handler === 'threshold1' && <ColorInput size="xs" aria-label={w('thresholdColor', { name })} value={text(jsonAt(own, ['handlerArguments', 'threshold', 'color'])) || 'red'} onChangeEnd={c => set(withJson(own, ['handlerArguments', 'threshold', 'color'], c), 'color')} />}
          </div>
        )
      })}
    </div>
  )
}
