import { useState } from 'react'
import type { MouseEvent, ReactElement } from 'react'
import { formatUnitText, reduceNumber, reducer } from '@haechi/dashboards'
import { axisOf } from './chart-model.ts'
import { legendRows, startSort, tableCalcs } from './legend-rows.ts'
import { MOST_SERIES } from './visible-series.ts'
import css from './Legend.module.css'
import type { ChartSeries, YAxisSettings } from './chart-model.ts'
import type { ChartWords } from './chart-words.ts'
import type { LegendSettings } from './legend-rows.ts'
import type { Choice } from './visible-series.ts'

/** What a legend takes. */
export interface LegendProps {
  readonly series: readonly ChartSeries[]
  readonly shown: readonly boolean[]
  readonly y: YAxisSettings
  readonly moreY?: readonly YAxisSettings[] | undefined
  readonly words: ChartWords
  readonly startAsTable: boolean
  readonly settings: LegendSettings
  readonly onClick: (id: string, add: boolean) => void
  readonly onHover: (index: number | undefined) => void
}

/** The names of the lines: in one line, or as a table with calculations that sort it by a click on their names. A click shows one alone, with Ctrl it is added. */
export function Legend(props: LegendProps): ReactElement {
  const { series, words, shown } = props
  const [isTable, setTable] = useState(props.startAsTable)
  const count = shown.filter(Boolean).length
  return (
    <div className={css['legend']} data-placement={props.settings.placement} role="group" aria-label={words.legend}>
      {isTable ? <LegendTable {...props} /> : (
        <div className={css['line']}>
          {named(series, shown).map(({ s, i }) => <Entry key={s.id} series={s} index={i} isShown={shown[i] ?? true} values={lineValues(props, s)} onClick={props.onClick} onHover={props.onHover} />)}
        </div>
      )}
      <button type="button" className={css['toggle']} aria-expanded={isTable} aria-label={isTable ? words.line : series.length > 1 ? `${count} · ${words.table}` : words.table} title={isTable ? words.line : words.table} onClick={() => setTable(!isTable)}>
        {!isTable && series.length > 1 && <span className={css['count']}>{count}</span>}
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round">
          {isTable ? <path d="M3 5l4 4 4-4" /> : <path d="M2 3.5h10M2 7h10M2 10.5h10" />}
        </svg>
      </button>
    </div>
  )
}

/** Most names that are put into the page; nobody reads more, and the table is scrolled. */
const MOST_NAMES = 500

/** Those that have a name in the line: with few series the hidden ones, too, so that a click brings them back. */
function named(series: readonly ChartSeries[], shown: readonly boolean[]): { readonly s: ChartSeries; readonly i: number }[] {
  const out: { readonly s: ChartSeries; readonly i: number }[] = []
  for (let i = 0; i < series.length && out.length < MOST_NAMES; i++) if (series[i]!.hideFrom?.legend !== true && (shown[i] || series.length <= MOST_SERIES)) out.push({ s: series[i]!, i })
  return out
}

/** Says how many series are drawn where that isn't all, why that is, and how to see more. */
export function SeriesNote({ count, drawn, all, choice, words, onChoice, onLift }: {
  /** Shown, ready to be shown, and in the answer. */
  readonly count: number
  readonly drawn: number
  readonly all: number
  readonly choice: Choice
  readonly words: ChartWords
  readonly onChoice: (choice: Choice) => void
  readonly onLift: () => void
}): ReactElement {
  return (
    <div className={css['note']} role="note">
      {count < all ? words.topOf(count, all) : ''}
      {drawn < all && ` ${words.tooMany}`}
      {choice === 'top'
        ? <button type="button" className={css['link']} onClick={() => onChoice('all')}>{drawn < all ? words.showSome(drawn) : words.showAll}</button>
        : <button type="button" className={css['link']} onClick={() => onChoice('top')}>{words.showTop}</button>}
      {choice === 'all' && drawn < all && <button type="button" className={css['link']} onClick={onLift}>{words.showAll}</button>}
    </div>
  )
}

/** What stands behind a name in the line: only what the board asks for. */
function lineValues({ settings, y, moreY, words }: LegendProps, s: ChartSeries): string {
  return settings.calcs.filter(id => reducer(id) !== undefined).map(id => `${words.calcs[id] ?? reducer(id)!.name} ${valueText(s, reduceNumber(id, s.vs), y, moreY)}`).join(', ')
}

function valueText(s: ChartSeries, v: number | null, y: YAxisSettings, moreY: readonly YAxisSettings[] | undefined): string {
  const axis = axisOf({ y, ...(moreY === undefined ? {} : { moreY }) }, s)
  return v === null || Number.isNaN(v) ? '–' : formatUnitText(axis.unit, v, axis.decimals)
}

interface EntryProps {
  readonly series: ChartSeries
  readonly index: number
  readonly isShown: boolean
  readonly values?: string
  readonly onClick: (id: string, add: boolean) => void
  readonly onHover: (index: number | undefined) => void
}

function Entry({ series, index, isShown, values = '', onClick, onHover }: EntryProps): ReactElement {
  return (
    <button
      type="button" className={css['entry']} aria-pressed={isShown} title={series.name}
      onClick={(e: MouseEvent) => onClick(series.id, e.ctrlKey || e.metaKey)}
      onMouseEnter={() => isShown && onHover(index)} onMouseLeave={() => onHover(undefined)}
    >
      <span className={css['swatch']} style={{ borderTopColor: series.color, borderTopStyle: series.dash.length > 0 ? 'dashed' : 'solid' }} />
      <span className={css['name']}>{series.name}</span>
      {values !== '' && <span className={css['values']}>{values}</span>}
    </button>
  )
}

function LegendTable({ series, shown, y, moreY, words, settings, onClick, onHover }: LegendProps): ReactElement {
  const [chosen, setChosen] = useState<ReturnType<typeof startSort> | undefined>(undefined)
  const sort = chosen ?? startSort(settings)
  const calcs = tableCalcs(settings)
  const rows = legendRows(series, calcs, sort).slice(0, MOST_NAMES)
  const head = (by: string, text: string): ReactElement => (
    <th key={by} scope="col" aria-sort={sort.by === by ? (sort.desc ? 'descending' : 'ascending') : undefined}>
      <button type="button" className={css['head']} onClick={() => setChosen({ by, desc: sort.by === by ? !sort.desc : by !== 'name' })}>{text}{sort.by === by ? (sort.desc ? ' ↓' : ' ↑') : ''}</button>
    </th>
  )
  return (
    <div className={css['scroll']} tabIndex={0} role="group" aria-label={words.legend}>
      <table className={css['table']}>
        <thead><tr>{head('name', words.name)}{calcs.map(id => head(id, words.calcs[id] ?? reducer(id)!.name))}</tr></thead>
        <tbody>
          {rows.map(({ series: s, index, values }) => (
            <tr key={s.id}>
              <td><Entry series={s} index={index} isShown={shown[index] ?? true} onClick={onClick} onHover={onHover} /></td>
              {values.map((v, k) => <td key={calcs[k]!}>{valueText(s, v, y, moreY)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
