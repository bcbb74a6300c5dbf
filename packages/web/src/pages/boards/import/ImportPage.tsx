import '@mantine/core/styles/Combobox.css'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, FileButton, TextInput, Textarea } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { DashboardError, boardInputs, editableBoard, examineBoard, parseJsonText, resolveInputs } from '@haechi/dashboards'
import type { BoardExamination, BoardInput, JsonObject } from '@haechi/dashboards'
import { saveBoard } from '../../../api/boards.ts'
import { ApiFailure } from '../../../api/failure.ts'
import { boardsQuery, metricNamesQuery } from '../../../api/queries.ts'
import { Page } from '../../../components/Page.tsx'
import { Section } from '../../../components/Section.tsx'
import { failureText } from '../../../components/Failure.tsx'
import { StateMark } from '../../../components/StateMark.tsx'
import { isDrawn } from '../../../panels/PanelPicture.tsx'
import { FolderSelect } from '../edit/FolderSelect.tsx'
import { useEditWords } from '../edit/edit-words.ts'
import edit from '../edit/Edit.module.css'
import css from './Import.module.css'

/** Kinds that are drawn without queries. */
const ALSO_DRAWN = new Set(['text', 'row'])

type Read =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'fault'; readonly text: string }
  | { readonly kind: 'board'; readonly json: JsonObject; readonly inputs: readonly BoardInput[] }

/** Takes in a board of Grafana from a file or a text, after saying what of it works here. */
export function ImportPage(): ReactElement {
  const { e, said } = useEditWords()
  const [text, setText] = useState('')
  const [over, setOver] = useState(false)
  const read = useMemo((): Read => {
    if (text.trim() === '') return { kind: 'nothing' }
    const parsed = parseJsonText(text)
    if ('fault' in parsed) return { kind: 'fault', text: e(parsed.fault.found === '' ? 'json.end' : 'json.fault', { line: parsed.fault.line, column: parsed.fault.column, found: parsed.fault.found }) }
    try {
      const inputs = boardInputs(parsed.value)
      examineBoard(parsed.value, () => true)
      return { kind: 'board', json: parsed.value as JsonObject, inputs }
    } catch (err) {
      if (!(err instanceof DashboardError)) throw err
      return { kind: 'fault', text: e('import.noBoard', { why: said(err.message) }) }
    }
  }, [text, e, said])
  const take = async (file: File | null): Promise<void> => {
    if (file !== null) setText(await file.text())
  }
  return (
    <Page title={e('import.title')}>
      <div
        className={css['drop']} data-over={over || undefined}
        onDragOver={ev => { ev.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)} onDrop={ev => { ev.preventDefault(); setOver(false); void take(ev.dataTransfer.files[0] ?? null) }}
      >
        <div className={edit['tools']}>
          <FileButton onChange={file => void take(file)} accept="application/json,.json">{props => <Button {...props} leftSection={<IconUpload size={16} />}>{e('import.file')}</Button>}</FileButton>
          <span className="dim">{e('import.drop')}</span>
        </div>
        <Textarea label={e('import.paste')} rows={read.kind === 'board' ? 4 : 10} spellCheck={false} classNames={{ input: edit['json'] ?? '' }} placeholder='{ "title": …, "panels": [ … ] }' value={text} onChange={ev => setText(ev.currentTarget.value)} />
      </div>
      {read.kind === 'fault' && <p role="alert" className="health-critical">{read.text}</p>}
      {read.kind === 'board' && <Found key={text} json={read.json} inputs={read.inputs} />}
    </Page>
  )
}

function Found({ json, inputs }: { readonly json: JsonObject; readonly inputs: readonly BoardInput[] }): ReactElement {
  const { e, t, locale } = useEditWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() => Object.fromEntries(inputs.map(i => [i.name, i.value])))
  const resolved = useMemo(() => resolveInputs(json, Object.fromEntries(inputs.map(i => [i.name, i.kind === 'datasource' ? OUR_SOURCE : values[i.name] ?? i.value]))), [json, inputs, values])
  const seen = useMemo(() => examineBoard(resolved, type => isDrawn(type) || ALSO_DRAWN.has(type)), [resolved])
  const [title, setTitle] = useState(seen.title)
  const [uid, setUid] = useState(seen.uid)
  const [folderUid, setFolder] = useState('')
  const { data: boards } = useQuery(boardsQuery)
  const taken = boards?.find(b => b.uid === uid)
  const isUidBad = !/^[\w-]{0,40}$/.test(uid)
  const save = useMutation({
    mutationFn: (overwrite: boolean) => {
      // Model v2 stays as it is; its title and uid stand elsewhere.
      const { board } = resolved['panels'] === undefined && resolved['rows'] === undefined ? editableBoard(resolved) : { board: resolved }
      const { id: _id, version: _version, ...rest } = board
      return saveBoard({ ...rest, title: title.trim(), uid }, { folderUid, message: e('import.note'), overwrite })
    },
    onSuccess: async saved => {
      await Promise.all([client.invalidateQueries({ queryKey: boardsQuery.queryKey }), client.invalidateQueries({ queryKey: ['board', saved.uid] })])
      await navigate({ to: `/boards/${saved.uid}` as never })
    },
  })
  const isConflict = save.error instanceof ApiFailure && save.error.status === 412
  const constants = inputs.filter(i => i.kind === 'constant')
  const sources = inputs.filter(i => i.kind === 'datasource')
  return (
    <form className={css['found']} onSubmit={ev => { ev.preventDefault(); if (title.trim() !== '' && !isUidBad) save.mutate(false) }}>
      <Section title={e('import.what')}><Examination seen={seen} /></Section>
      <Section title={e('import.how')}>
        <div className={edit['rows']} data-narrow>
          <TextInput label={e('board.title')} value={title} error={title.trim() === '' ? e('board.noTitle') : undefined} onChange={ev => setTitle(ev.currentTarget.value)} />
          <FolderSelect value={folderUid} onChange={setFolder} />
          <TextInput label={e('import.uid')} description={e('import.uidHint')} value={uid} error={isUidBad ? e('import.uidBad') : undefined} onChange={ev => setUid(ev.currentTarget.value)} classNames={{ input: 'mono' }} />
          {taken !== undefined && <p role="note" className="health-warning">{e('import.taken', { title: taken.title })} <Button size="compact-sm" variant="default" onClick={() => setUid('')}>{e('import.newUid')}</Button></p>}
          {sources.map(i => <p key={i.name} className="dim"><span className="mono">{i.name}</span>: {i.pluginId === 'prometheus' || i.pluginId === '' ? e('import.source') : e('import.otherSource', { kind: i.pluginId })}</p>)}
          {constants.map(i => <TextInput key={i.name} label={i.label} description={i.description} value={values[i.name] ?? ''} onChange={ev => setValues({ ...values, [i.name]: ev.currentTarget.value })} />)}
          {save.isError && !isConflict && <p role="alert" className="health-critical">{failureText(save.error, t, locale).text}</p>}
          <div className={edit['tools']}>
            {isConflict || taken !== undefined
              ? <Button type="button" color="red" variant="outline" loading={save.isPending} disabled={title.trim() === '' || isUidBad} onClick={() => save.mutate(true)}>{e('import.overwrite')}</Button>
              : <Button type="submit" loading={save.isPending} disabled={title.trim() === '' || isUidBad}>{e('import.save')}</Button>}
          </div>
        </div>
      </Section>
    </form>
  )
}

/** Our data source's uid in Grafana's API. */
const OUR_SOURCE = 'PBFA97CFB590B2093'

/** One line of the list: what it is, how it stands, and what belongs to it. */
function Line({ health, label, text, items }: { readonly health: 'ok' | 'warning' | 'critical' | 'unknown'; readonly label: string; readonly text: string; readonly items?: readonly string[] }): ReactElement {
  return (
    <li className={css['line']}>
      <StateMark health={health} label={label} size={16} />
      <div>
        <p>{text}</p>
        {items !== undefined && items.length > 0 && (items.length <= 6 ? <p className="dim mono">{items.join(', ')}</p> : <details><summary className="dim mono">{items.slice(0, 4).join(', ')} … ({items.length})</summary><p className="dim mono">{items.slice(4).join(', ')}</p></details>)}
      </div>
    </li>
  )
}

function Examination({ seen }: { readonly seen: BoardExamination }): ReactElement {
  const { e } = useEditWords()
  const { data: names } = useQuery(metricNamesQuery)
  const known = useMemo(() => (names === undefined ? undefined : new Set(names)), [names])
  const missing = known === undefined ? [] : seen.metrics.filter(m => !known.has(m))
  const foreign = seen.types.filter(x => !x.isDrawn)
  const lost = foreign.reduce((n, x) => n + x.count, 0)
  return (
    <ul className={css['lines']}>
      <Line health={lost === 0 ? 'ok' : 'warning'} label={e(lost === 0 ? 'import.ok' : 'import.part')} items={seen.types.filter(x => x.isDrawn).map(x => `${x.type} × ${x.count}`)} text={lost === 0 ? e('import.panels', { n: seen.panels }) : e('import.panelsPart', { n: seen.panels, ok: seen.panels - lost })} />
      {foreign.length > 0 && <Line health="warning" label={e('import.part')} text={e('import.foreign')} items={foreign.map(x => `${x.type} × ${x.count}`)} />}
      {seen.metrics.length > 0 && (known === undefined ? <Line health="unknown" label={e('import.part')} text={e('import.metricsWait', { n: seen.metrics.length })} />
        : missing.length === 0 ? <Line health="ok" label={e('import.ok')} text={e('import.metrics', { n: seen.metrics.length })} />
          : <Line health={missing.length === seen.metrics.length ? 'critical' : 'warning'} label={e('import.part')} text={e('import.missing', { n: missing.length, all: seen.metrics.length })} items={missing} />)}
      {seen.otherSources.length > 0 && <Line health="warning" label={e('import.part')} text={e('import.sources')} items={seen.otherSources} />}
      {seen.transformations.length > 0 && <Line health="warning" label={e('import.part')} text={e('import.transformations')} items={seen.transformations} />}
      {seen.unsupportedVariables.length > 0 && <Line health="warning" label={e('import.part')} text={e('import.variables')} items={seen.unsupportedVariables} />}
      {seen.notices.length > 0 && <Line health="ok" label={e('import.ok')} text={e('import.notices', { n: seen.notices.length })} items={seen.notices} />}
    </ul>
  )
}
