import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { interpolateText } from '@haechi/dashboards'
import { boardsQuery } from '../../api/queries.ts'
import { FailureNote, PanelNote } from '../PanelNote.tsx'
import { panelWords } from '../panel-words.ts'
import { boardListModel } from './board-list.ts'
import css from './Lists.module.css'
import type { Panel, VariableValues } from '@haechi/dashboards'
import type { Language } from '../types.ts'

/** A panel of links to boards: marked ones, those of a folder, those with certain tags or words. */
export function BoardListView({ panel, variables, language }: { readonly panel: Panel; readonly variables: VariableValues; readonly language: Language }): ReactElement {
  const words = panelWords(language)
  const { data, error } = useQuery(boardsQuery)
  if (data === undefined) return error === null ? <div role="status" aria-label={words.loading} /> : <FailureNote message={error.message} language={language} />
  const groups = boardListModel(data, panel, text => interpolateText(text, variables), language)
  if (groups.every(g => g.boards.length === 0)) return <PanelNote what={words.noBoards} />
  return (
    <div className={css['list']}>
      {groups.filter(g => g.boards.length > 0).map(g => (
        <section key={g.kind}>
          {groups.length > 1 && <h4 className={css['heading']}>{g.kind === 'starred' ? words.starred : words.boards}</h4>}
          <ul>{g.boards.map(b => <li key={b.uid} className={css['item']}><a className={css['name']} href={`boards/${encodeURIComponent(b.uid)}`}>{b.title}</a><span className={css['detail']}>{b.tags.join(' · ')}</span></li>)}</ul>
        </section>
      ))}
    </div>
  )
}
