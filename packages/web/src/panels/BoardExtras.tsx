import { Menu, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { interpolateText } from '@haechi/dashboards'
import type { ReactElement } from 'react'
import { boardsQuery } from '../api/queries.ts'
import { boardAddress, taggedAddress } from './board-address.ts'
import { panelWords } from './panel-words.ts'
import css from './VariableBar.module.css'
import type { Dashboard, DashboardLink, VariableValues } from '@haechi/dashboards'
import type { Language, RangeText } from './types.ts'

/** What stands between a board's variables and its panels: the switches of its annotations and its links. */
export function BoardExtras({ board, values, range, language, switched, failures, onSwitch }: {
  readonly board: Dashboard
  readonly values: VariableValues
  readonly range: RangeText
  readonly language: Language
  /** Annotations that are the other way round than the board has them. */
  readonly switched: ReadonlySet<string>
  readonly failures: ReadonlyMap<string, string>
  readonly onSwitch: (name: string) => void
}): ReactElement | null {
  const words = panelWords(language)
  const annotations = board.annotations.filter(a => !a.hidden)
  if (annotations.length === 0 && board.links.length === 0) return null
  return (
    <div className={css['bar']}>
      {annotations.map(a => (
        <Switch
          key={a.name} size="xs" label={a.name} checked={switched.has(a.name) !== a.enabled} onChange={() => onSwitch(a.name)}
          {...(failures.has(a.name) ? { error: words.annotationFailed(failures.get(a.name)!) } : {})}
        />
      ))}
      {board.links.length > 0 && (
        <nav className={css['links']} aria-label={words.links}>
          {board.links.map((l, i) => l.tags === undefined
            ? <BoardLink key={i} link={l} href={boardAddress(l, values, range)} title={interpolateText(l.title, values) || l.url} />
            : <TaggedLinks key={i} link={l} own={board.uid} values={values} range={range} language={language} />)}
        </nav>
      )}
    </div>
  )
}

function BoardLink({ link, href, title }: { readonly link: DashboardLink; readonly href: string | undefined; readonly title: string }): ReactElement | null {
  if (href === undefined) return null
  return <a href={href} {...(link.tooltip === undefined ? {} : { title: link.tooltip })} {...(link.targetBlank ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>{title}</a>
}

/** The boards with certain tags. */
function TaggedLinks({ link, own, values, range, language }: { readonly link: DashboardLink; readonly own: string; readonly values: VariableValues; readonly range: RangeText; readonly language: Language }): ReactElement | null {
  const { data } = useQuery(boardsQuery)
  const boards = data?.filter(b => b.uid !== own && link.tags!.every(t => b.tags.includes(t))) ?? []
  const titleOf = (b: (typeof boards)[number]): string => b.localTitle?.[language] ?? b.title
  if (boards.length === 0) return null
  if (link.asDropdown !== true) return <>{boards.map(b => <BoardLink key={b.uid} link={link} href={taggedAddress(b.uid, link, values, range)} title={titleOf(b)} />)}</>
  return (
    <Menu position="bottom-start">
      <Menu.Target><button type="button" className={css['linkMenu']}>{interpolateText(link.title, values) || panelWords(language).links} ▾</button></Menu.Target>
      <Menu.Dropdown>
        {boards.map(b => <Menu.Item key={b.uid} component="a" href={taggedAddress(b.uid, link, values, range)} {...(link.targetBlank ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>{titleOf(b)}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  )
}
