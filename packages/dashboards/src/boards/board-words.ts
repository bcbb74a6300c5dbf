import type { JsonObject } from '../model.ts'
import type { ServiceKind } from '../service-kinds.ts'
import type { BoardQuery } from './board-json.ts'

/** A text in the languages that the product speaks. */
export interface BoardTitle {
  readonly en: string
  readonly ko: string
}

/** A built-in board: its JSON in each language, made anew for the services that there are. */
export interface BuiltinBoard {
  readonly uid: string
  readonly title: BoardTitle
  readonly tags: readonly string[]
  /** Grafana dashboard JSON with texts of that language. */
  readonly json: (language: 'en' | 'ko') => JsonObject
}

/** Chooses the text of a language. */
export type Say = (en: string, ko: string) => string

/** The texts of one language. */
export function speaker(language: 'en' | 'ko'): Say {
  return language === 'ko' ? (_, ko) => ko : en => en
}

/** Distinct queries, the same text asked once. */
export function distinctQueries(queries: readonly (BoardQuery | undefined)[]): BoardQuery[] {
  const seen = new Set<string>()
  return queries.filter((q): q is BoardQuery => {
    if (q === undefined || seen.has(q.expr)) return false
    seen.add(q.expr)
    return true
  })
}

/** A query where there is a text for it. */
export function query(expr: string | undefined, legend: string): BoardQuery | undefined {
  return expr === undefined ? undefined : { expr, legend }
}

/** `{{job}} {{handler}}`. */
export function endpointLegend(kind: ServiceKind, withJob: boolean): string {
  return `${withJob ? '{{job}} ' : ''}{{${kind.requests.endpoint ?? ''}}}`
}
