import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, Switch, TextInput } from '@mantine/core'
import { IconCopy, IconEye, IconEyeOff, IconPlus, IconTrash } from '@tabler/icons-react'
import { nextRefId, withJson } from '@haechi/dashboards'
import type { JsonObject, JsonPath } from '@haechi/dashboards'
import { PromqlEditor } from '../../explore/later-editor.ts'
import { ExpressionEditor, isExpressionTarget, newExpression } from './ExpressionEditor.tsx'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

const text = (v: unknown): string => (typeof v === 'string' ? v : '')

/** The queries of a panel. */
export function QueriesEditor({ panel, onChange, onRun }: { readonly panel: JsonObject; readonly onChange: (change: (panel: JsonObject) => JsonObject, about?: string) => void; readonly onRun: () => void }): ReactElement {
  const { e, t } = useEditWords()
  const targets = (Array.isArray(panel['targets']) ? panel['targets'] : []) as readonly JsonObject[]
  const set = (i: number, member: JsonPath, value: unknown, isTyped = false): void => onChange(p => withJson(p, ['targets', i, ...member], value), isTyped ? `${member.join('.')} of query ${i}` : undefined)
  const letters = targets.map(q => text(q['refId'])).filter(l => l !== '')
  const source = targets.find(q => !isExpressionTarget(q))?.['datasource'] ?? panel['datasource']
  const add = (like?: JsonObject): void => onChange(p => withJson(p, ['targets'], [...targets, { ...(like ?? { expr: '', legendFormat: '__auto', ...(source === undefined ? {} : { datasource: source }) }), refId: nextRefId(targets) }]))
  return (
    <div className={css['queries']}>
      {targets.map((q, i) => {
        const letter = text(q['refId']) || String.fromCodePoint(65 + i)
        const isHidden = q['hide'] === true
        const kind = q['instant'] === true ? (q['range'] === true ? 'both' : 'instant') : 'range'
        const legend = text(q['legendFormat'])
        return (
          // Queries are known by their place: letters may be missing or repeated in a file.
          // oxlint-disable-next-line react/no-array-index-key
          <section key={i} className={css['query']} data-hidden={isHidden || undefined} aria-label={e('query.one', { letter })}>
            <div className={css['queryHead']}>
              <strong className="mono">{letter}</strong>
              <span className={css['space']} />
              <ActionIcon variant="subtle" color="gray" aria-pressed={isHidden} aria-label={e(isHidden ? 'query.show' : 'query.hide', { letter })} title={e(isHidden ? 'query.show' : 'query.hide', { letter })} onClick={() => set(i, ['hide'], isHidden ? undefined : true)}>{isHidden ? <IconEyeOff size={16} /> : <IconEye size={16} />}</ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={e('query.copy', { letter })} onClick={() => add(q)}><IconCopy size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={t('explore.removeQuery', { letter })} onClick={() => onChange(p => withJson(p, ['targets'], targets.filter((_, j) => j !== i)))}><IconTrash size={16} /></ActionIcon>
            </div>
            {isExpressionTarget(q)
              ? <ExpressionEditor json={q} letters={letters} onChange={next => onChange(p => withJson(p, ['targets', i], next), `expression ${i}`)} />
              : (
                <>
                <PromqlEditor waiting={<div className={css['editorWait']}>{text(q['expr'])}</div>} value={text(q['expr'])} label={e('query.one', { letter })} placeholder={t('explore.placeholder')} onChange={v => set(i, ['expr'], v, true)} onRun={onRun} />
                <div className={css['queryOptions']}>
                  <NativeSelect size="xs" label={e('query.legend')} value={legend === '' ? '' : legend === '__auto' ? '__auto' : 'own'} data={[{ value: '__auto', label: e('query.legendAuto') }, { value: '', label: e('query.legendVerbose') }, { value: 'own', label: e('query.legendOwn') }]}
                    onChange={ev => set(i, ['legendFormat'], ev.currentTarget.value === 'own' ? '{{job}}' : ev.currentTarget.value)} />
                  {legend !== '' && legend !== '__auto' && <TextInput size="xs" label={e('query.legendFormat')} value={legend} onChange={ev => set(i, ['legendFormat'], ev.currentTarget.value, true)} />}
                  <NativeSelect size="xs" label={e('query.kind')} value={kind} data={(['range', 'instant', 'both'] as const).map(k => ({ value: k, label: e(`query.${k}`) }))}
                    onChange={ev => onChange(p => withJson(withJson(p, ['targets', i, 'instant'], ev.currentTarget.value === 'range' ? (q['instant'] === undefined ? undefined : false) : true), ['targets', i, 'range'], ev.currentTarget.value === 'instant' ? false : ev.currentTarget.value === 'both' ? true : q['range'] === undefined ? undefined : true))} />
                  {panel['type'] === 'timeseries' && kind !== 'instant' && <Switch size="sm" label={e('query.exemplar')} checked={q['exemplar'] === true} onChange={ev => set(i, ['exemplar'], ev.currentTarget.checked)} />}
                  <NativeSelect size="xs" label={e('query.format')} value={text(q['format']) || 'time_series'} data={(['time_series', 'table', 'heatmap'] as const).map(k => ({ value: k, label: e(`query.${k}`) }))}
                    onChange={ev => set(i, ['format'], ev.currentTarget.value === 'time_series' && q['format'] === undefined ? undefined : ev.currentTarget.value)} />
                  <TextInput size="xs" label={e('query.minStep')} placeholder={e('choice.auto')} value={text(q['interval'])} onChange={ev => set(i, ['interval'], ev.currentTarget.value === '' ? undefined : ev.currentTarget.value, true)} />
                </div>
                </>
              )}
          </section>
        )
      })}
      <div className={css['tools']}>
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => add()}>{t('explore.addQuery')}</Button>
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange(p => withJson(p, ['targets'], [...targets, newExpression(nextRefId(targets), letters.at(-1) ?? '')]))}>{e('query.addExpression')}</Button>
      </div>
    </div>
  )
}
