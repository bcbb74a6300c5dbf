import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, NativeSelect, Switch, Tabs, TextInput, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconArrowLeft } from '@tabler/icons-react'
import { PANEL_KINDS, currentPanelJson, jsonAt, libraryUid, linkedPanel, panelPlace, readDashboard, unlinkedPanel, withJson, withLibraryModel, withPanelKind } from '@haechi/dashboards'
import type { JsonObject, Panel, VariableValues } from '@haechi/dashboards'
import { PanelCard } from '../../../panels/PanelCard.tsx'
import type { QueryResult } from '../../../panels/panel-result.ts'
import { panelFrames } from '../../../panels/shown-frames.ts'
import { FieldControl } from './FieldControl.tsx'
import { JsonEditor } from './JsonEditor.tsx'
import { NumberField } from './NumberField.tsx'
import { OverridesEditor } from './OverridesEditor.tsx'
import { LibraryBox } from './LibraryBox.tsx'
import { LinksEditor } from './LinksEditor.tsx'
import { QueriesEditor } from './QueriesEditor.tsx'
import { QueryOptions } from './QueryOptions.tsx'
import { TransformationsEditor } from './transform/TransformationsEditor.tsx'
import { useTransformWords } from './transform/transform-words.ts'
import { useEditWords } from './edit-words.ts'
import type { Change } from './EditGrid.tsx'
import type { LiveBoard } from './live-board.ts'
import { FIELD_SECTIONS, fieldsOf } from './option-fields.ts'
import css from './Edit.module.css'

/** Kinds of panels that ask nothing of a data source. */
const WITHOUT_QUERIES = ['text', 'alertlist', 'dashlist']
/** Most names that are offered to choose from. */
const MOST_NAMES = 200

const countOf = (v: unknown): number => (Array.isArray(v) ? v.length : 0)

/** One panel under change: its picture and queries beside its settings. Queries are asked a moment after the last key, or at once by Ctrl Enter. */
export function PanelEditor({ board, live, id, change, onClose }: { readonly board: JsonObject; readonly live: LiveBoard; readonly id: number; readonly change: Change; readonly onClose: () => void }): ReactElement | null {
  const { e } = useEditWords()
  const place = panelPlace(board, id)
  const raw = place?.json
  const isLinked = raw !== undefined && libraryUid(raw) !== ''
  const shape = useMemo(() => (raw === undefined ? undefined : currentPanelJson(withLibraryModel(raw, live.library))), [raw, live.library])
  const [slow] = useDebouncedValue(shape, 500)
  const [hurry, setHurry] = useState<JsonObject | undefined>(undefined)
  const drawn = hurry === shape ? shape : slow ?? shape
  const panel = useDrawnPanel(drawn)
  const preview = useRef<HTMLDivElement>(null)
  const widthPx = usePreviewWidth(preview)
  const kept = useRef(new Map<string, { readonly options: unknown; readonly custom: unknown }>())
  const [results, setResults] = useState<readonly QueryResult[] | undefined>(undefined)
  const names = useFieldNames(panel, results, live.values)
  const { w } = useTransformWords()
  if (place === undefined || shape === undefined || raw === undefined) return null
  const kind = String(shape['type'] ?? '')
  /** A change of the panel; one of an old kind takes today's shape with it. */
  const edit = (make: (panel: JsonObject) => JsonObject, about?: string): void => change(b => {
    const at = panelPlace(b, id)
    // A panel of the library is changed only after it was taken out of it.
    return at === undefined || libraryUid(at.json) !== '' ? b : withJson(b, at.path, make(currentPanelJson(at.json)))
  }, about === undefined ? undefined : `${about} of panel ${id}`)
  const set = (path: readonly (string | number)[], value: unknown, about?: string): void => edit(p => withJson(p, path, value), about)
  /** Title and place are the same in every shape: an old panel stays as it is. */
  const setPlain = (member: string, value: unknown): void => change(b => withJson(b, [...panelPlace(b, id)!.path, member], value), `${member} of panel ${id}`)
  const switchKind = (to: string): void => edit(p => {
    kept.current.set(String(p['type']), { options: p['options'], custom: jsonAt(p, ['fieldConfig', 'defaults', 'custom']) })
    return withPanelKind(p, to, kept.current.get(to))
  })
  const kinds = PANEL_KINDS.includes(kind) ? PANEL_KINDS : [...PANEL_KINDS, kind]
  const letters = (Array.isArray(shape['targets']) ? shape['targets'] : []).map(t => jsonAt(t, ['refId'])).filter(r => typeof r === 'string')
  const repeatable = live.states.map(s => s.variable.name)
  const library = (
    <details className={css['section']} open={isLinked}>
      <summary>{e('library.title')}</summary>
      <LibraryBox
        panel={raw} models={live.library} onUnlink={() => change(b => withJson(b, panelPlace(b, id)!.path, unlinkedPanel(panelPlace(b, id)!.json, live.library)))}
        onLink={library => change(b => withJson(b, panelPlace(b, id)!.path, linkedPanel(panelPlace(b, id)!.json, library)))}
      />
    </details>
  )
  return (
    <div className={css['panelEditor']}>
      <div className={css['stage']}>
        <div ref={preview} className={css['preview']} data-kind={kind}>
          {panel !== undefined && live.isReady && widthPx > 0 && <PanelCard {...live.card} panel={panel} widthPx={widthPx} controls={<span />} onResults={setResults} />}
        </div>
        <fieldset disabled={isLinked} className={css['contents']}>
        {kind === 'text'
          ? <Textarea autosize minRows={8} label={e('text.content')} description={e('text.hint')} value={String(jsonAt(shape, ['options', 'content']) ?? '')} onChange={ev => set(['options', 'content'], ev.currentTarget.value, 'content')} />
          : WITHOUT_QUERIES.includes(kind) ? null : (
            <Tabs defaultValue="queries" keepMounted={false}>
              <Tabs.List>
                <Tabs.Tab value="queries">{e('tab.queries', { n: countOf(shape['targets']) })}</Tabs.Tab>
                <Tabs.Tab value="transformations">{`${w('title')} (${countOf(shape['transformations'])})`}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="queries" className={css['stageTab'] ?? ''}>
                <QueriesEditor panel={shape} onChange={edit} onRun={() => setHurry(shape)} />
                <QueryOptions panel={shape} onChange={edit} />
              </Tabs.Panel>
              <Tabs.Panel value="transformations" className={css['stageTab'] ?? ''}><TransformationsEditor json={shape} panel={panel} results={results} variables={live.values} onChange={edit} /></Tabs.Panel>
            </Tabs>
          )}
        </fieldset>
      </div>
      <aside className={css['options']} aria-label={e('panel.settings')}>
        <Button variant="default" size="xs" leftSection={<IconArrowLeft size={16} />} onClick={onClose}>{e('panel.back')}</Button>
        <Tabs defaultValue="all" keepMounted={false}>
          <Tabs.List grow>
            <Tabs.Tab value="all">{e('tab.settings')}</Tabs.Tab>
            {!WITHOUT_QUERIES.includes(kind) && <Tabs.Tab value="overrides">{e('tab.overrides')}</Tabs.Tab>}
            <Tabs.Tab value="json">JSON</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="all" className={css['sections'] ?? ''}>
            <NativeSelect size="sm" label={e('panel.kind')} value={kind} data={kinds.map(k => ({ value: k, label: PANEL_KINDS.includes(k) ? e(`kind.${k as 'stat'}`) : k }))} onChange={ev => switchKind(ev.currentTarget.value)} />
            <TextInput size="xs" label={e('panel.title')} placeholder={e('panel.titleHint')} value={String(shape['title'] ?? '')} onChange={ev => setPlain('title', ev.currentTarget.value)} />
            <Textarea size="xs" autosize minRows={1} label={e('panel.description')} value={String(shape['description'] ?? '')} onChange={ev => setPlain('description', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
            {isLinked && library}
            <fieldset disabled={isLinked} className={css['contents']}>
            {FIELD_SECTIONS.map(section => {
              const fields = fieldsOf(kind).filter(f => f.section === section && (f.when?.(shape) ?? true))
              if (fields.length === 0) return null
              return (
                <details key={section} className={css['section']} open={section === 'values' || section === 'thresholds' || section === 'graph'}>
                  <summary>{e(`section.${section}`)}</summary>
                  <div className={css['fields']} data-wide={fields.length === 1 || undefined}>
                    {fields.map(f => <FieldControl key={f.path.join('.')} field={f} names={names} value={jsonAt(shape, f.path)} onChange={v => set(f.path, v, f.path.join('.'))} />)}
                  </div>
                </details>
              )
            })}
            </fieldset>
            <details className={css['section']}>
              <summary>{e('section.panel')}</summary>
              <div className={css['fields']}>
                <NativeSelect size="xs" label={e('panel.repeat')} value={String(shape['repeat'] ?? '')} data={[{ value: '', label: e('choice.none') }, ...repeatable.map(n => ({ value: n, label: n }))]} onChange={ev => setPlain('repeat', ev.currentTarget.value === '' ? undefined : ev.currentTarget.value)} />
                {String(shape['repeat'] ?? '') !== '' && (
                  <>
                    <NativeSelect size="xs" label={e('panel.repeatDirection')} value={shape['repeatDirection'] === 'v' ? 'v' : 'h'} data={[{ value: 'h', label: e('choice.horizontal') }, { value: 'v', label: e('choice.vertical') }]} onChange={ev => setPlain('repeatDirection', ev.currentTarget.value)} />
                    {shape['repeatDirection'] !== 'v' && <NumberField label={e('panel.maxPerRow')} min={1} max={24} placeholder="4" value={typeof shape['maxPerRow'] === 'number' ? shape['maxPerRow'] : undefined} onChange={n => setPlain('maxPerRow', n)} />}
                  </>
                )}
                <Switch size="sm" label={e('panel.transparent')} checked={shape['transparent'] === true} onChange={ev => setPlain('transparent', ev.currentTarget.checked ? true : undefined)} />
              </div>
            </details>
            {!isLinked && library}
            <details className={css['section']}>
              <summary>{e('section.panelLinks')}</summary>
              <LinksEditor value={shape['links']} hint={e('links.panelHint')} onChange={(v, about) => edit(p => withJson(p, ['links'], v), about)} />
            </details>
          </Tabs.Panel>
          <Tabs.Panel value="overrides" className={css['sections'] ?? ''}>
            <p className="dim">{e('overrides.intro')}</p>
            <OverridesEditor kind={kind} value={jsonAt(shape, ['fieldConfig', 'overrides'])} names={names} letters={letters} onChange={(v, about) => set(['fieldConfig', 'overrides'], v ?? [], about)} />
          </Tabs.Panel>
          <Tabs.Panel value="json" className={css['sections'] ?? ''}><JsonEditor label={e('panel.json')} value={place.json} onApply={next => change(b => withJson(b, panelPlace(b, id)!.path, { ...next, id }))} /></Tabs.Panel>
        </Tabs>
      </aside>
    </div>
  )
}

/** A panel's JSON as it is drawn; undefined while it can't be. */
function useDrawnPanel(json: JsonObject | undefined): Panel | undefined {
  return useMemo(() => {
    if (json === undefined) return undefined
    try {
      const { repeat: _once, ...rest } = json
      return readDashboard({ panels: [rest] }).panels[0]
    } catch {
      return undefined // The editor of its JSON says what is wrong; the picture waits.
    }
  }, [json])
}

/** The names that the panel's series and columns have when its transformations are done; before there is data, those that its legends tell. */
function useFieldNames(panel: Panel | undefined, results: readonly QueryResult[] | undefined, variables: VariableValues): readonly string[] {
  return useMemo(() => {
    if (panel === undefined) return []
    const told = panel.targets.map(t => t.legendFormat).filter(l => l !== '' && l !== '__auto' && !l.includes('{{'))
    const seen = results === undefined ? [] : panelFrames(panel, results, { variables }).frames.flatMap(f => f.fields.map(x => x.name))
    return [...new Set([...seen, ...told])].slice(0, MOST_NAMES)
  }, [panel, results, variables])
}

function usePreviewWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observer = new ResizeObserver(entries => {
      const px = entries.at(-1)!.contentRect.width
      if (px > 0) setWidth(Math.max(100, Math.round(px / 100) * 100))
    })
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [element])
  return width
}
