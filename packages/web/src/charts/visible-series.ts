import { seriesFacts } from './summary.ts'
import type { ChartSeries } from './chart-model.ts'

/** More lines than this can't be told apart. */
export const MOST_SERIES = 20

/** More lines than this are drawn only if somebody asks for them: each costs time with every refresh. */
export const MOST_DRAWN = 500

/** The `most` highest series, in their order; the same list where there are no more. */
export function highestSeries(series: readonly ChartSeries[], most: number): readonly ChartSeries[] {
  if (series.length <= most) return series
  const top = highest(series, most)
  return series.filter((_, i) => top.has(i))
}

function highest(series: readonly ChartSeries[], most: number): ReadonlySet<number> {
  const ranked = series.map((s, i) => ({ i, max: seriesFacts(s.vs).max ?? -Infinity })).sort((a, b) => b.max - a.max || a.i - b.i).slice(0, most)
  return new Set(ranked.map(r => r.i))
}

/** Which series people chose: `top` the highest ones, `all`, or these ids. */
export type Choice = 'top' | 'all' | ReadonlySet<string>

/** Which series are drawn, in their order. */
export function shownSeries(series: readonly ChartSeries[], choice: Choice): boolean[] {
  if (choice === 'all' || choice === 'top' && series.length <= MOST_SERIES) return series.map(() => true)
  if (choice !== 'top') {
    const chosen = series.map(s => choice.has(s.id))
    // What was chosen may be gone after a refresh.
    return chosen.includes(true) ? chosen : shownSeries(series, 'top')
  }
  const top = highest(series, MOST_SERIES)
  return series.map((_, i) => top.has(i))
}

/**
 * The choice after a click on a legend entry: alone; again, everything. With Ctrl it is added or taken away.
 */
export function choiceAfterClick(choice: Choice, series: readonly ChartSeries[], id: string, add: boolean): Choice {
  if (!add) return choice !== 'top' && choice !== 'all' && choice.size === 1 && choice.has(id) ? 'top' : new Set([id])
  const shown = shownSeries(series, choice)
  const next = new Set(series.filter((_, i) => shown[i]).map(s => s.id))
  if (next.has(id)) next.delete(id)
  else next.add(id)
  return next.size === 0 || next.size === series.length ? series.length > MOST_SERIES && next.size > 0 ? 'all' : 'top' : next
}
