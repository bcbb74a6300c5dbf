import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { interpolateText } from '@haechi/dashboards'
import { alertsQuery } from '../../api/queries.ts'
import { FailureNote, PanelNote } from '../PanelNote.tsx'
import { panelWords } from '../panel-words.ts'
import { alertListModel } from './alert-list.ts'
import css from './Lists.module.css'
import type { Panel, VariableValues } from '@haechi/dashboards'
import type { Language } from '../types.ts'

/** A panel of the alerts that wait or fire now. */
export function AlertListView({ panel, variables, language }: { readonly panel: Panel; readonly variables: VariableValues; readonly language: Language }): ReactElement {
  const words = panelWords(language)
  const { data, error, dataUpdatedAt } = useQuery(alertsQuery)
  if (data === undefined) return error === null ? <div role="status" aria-label={words.loading} /> : <FailureNote message={error.message} language={language} />
  const model = alertListModel(data, panel, text => interpolateText(text, variables))
  if (model.isCount) return <p className={css['count']} data-firing={model.firing > 0 || undefined}><strong>{model.all}</strong> {words.alertCount}</p>
  if (model.rows.length === 0) return <PanelNote what={words.noAlerts} />
  return (
    <ul className={css['list']}>
      {model.rows.map(r => (
        <li key={r.key} className={css['item']}>
          <span className={css['state']} data-state={r.state}>{r.state === 'firing' ? words.firing : words.pending}</span>
          <a href="alerts" className={css['name']}>{r.name}</a>
          <span className={css['detail']}>{r.detail}</span>
          <time className={css['since']} dateTime={r.since} title={new Date(r.since).toLocaleString(language)}>{words.since(Math.max(0, dataUpdatedAt - Date.parse(r.since)))}</time>
        </li>
      ))}
      {model.all > model.rows.length && <li className={css['more']}>{words.rowsOf(model.rows.length, model.all)}</li>}
    </ul>
  )
}
