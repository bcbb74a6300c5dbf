import { boardQueries, diagnoseQuery, findMiddlewareFaults, findPersonalData, grafanaQueries, querySelectors, readKnownSeries, ruleQueries, text } from '@haechi/insight'
import type { AskedQuery, Diagnosis, ParsedExprs, SeriesSnapshot } from '@haechi/insight'
import { labelValue } from '@haechi/model'
import type { GrafanaRule, RuleManager } from '@haechi/rules'
import type { ActiveTarget } from '@haechi/scrape'
import { QueryError } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'

/** What the diagnoses are made of. */
export interface DiagnosesParts {
  readonly engine: QueryEngine
  readonly rules: Pick<RuleManager, 'groups'>
  readonly grafanaRules: () => readonly GrafanaRule[]
  /** Boards that people made, saved or as files; `version` is another one when the content is. */
  readonly boards: () => Promise<readonly { readonly uid: string; readonly version: unknown; readonly dashboard: unknown }[]>
  readonly targets: () => readonly ActiveTarget[]
  /** Unix ms. */
  readonly nowMs: () => number
  readonly onError: (err: unknown) => void
}

/** How long an answer holds: all of it, what stands on boards, which series there are, what their labels hold. */
const KEPT_MS = 10_000
const BOARDS_KEPT_MS = 60_000
const SERIES_KEPT_MS = 60_000
const LABELS_KEPT_MS = 10 * 60_000
/** Boards that are read in one go; then others have their turn. */
const BOARDS_AT_ONCE = 10

interface Kept<T> {
  readonly tMs: number
  readonly value: T
}

/**
 * What is wrong with what people have written down (rules, panels) and with what is stored, told without being asked.
 * Nothing is asked of the storage while nobody looks; those who look at the same time share the work, which is done in query threads but for the reading of texts.
 */
export class Diagnoses {
  readonly #parts: DiagnosesParts
  #kept: Kept<readonly Diagnosis[]> | undefined
  #series: (Kept<SeriesSnapshot> & { readonly metrics: ReadonlySet<string> }) | undefined
  #labels: Kept<readonly Diagnosis[]> | undefined
  #boards: Kept<readonly AskedQuery[]> | undefined
  #running: Promise<readonly Diagnosis[]> | undefined
  /** Expressions of rules that were read already. */
  readonly #parsed: ParsedExprs = new Map()
  readonly #readBoards = new Map<string, { readonly version: unknown; readonly queries: readonly AskedQuery[] }>()

  constructor(parts: DiagnosesParts) {
    this.#parts = parts
  }

  /** Everything that is wrong now: rules first, then boards, then middleware, then labels. @throws QueryError when the engine can't answer */
  list(): Promise<readonly Diagnosis[]> {
    if (this.#kept !== undefined && this.#parts.nowMs() - this.#kept.tMs < KEPT_MS) return Promise.resolve(this.#kept.value)
    this.#running ??= this.#find().finally(() => { this.#running = undefined })
    return this.#running
  }

  /** What was found last, without waiting; it is looked for anew if that is a while ago. */
  last(): readonly Diagnosis[] {
    this.list().catch((err: unknown) => {
      // The server stops.
      if (!(err instanceof QueryError && err.kind === 'canceled')) this.#parts.onError(err)
    })
    return this.#kept?.value ?? []
  }

  async #find(): Promise<readonly Diagnosis[]> {
    const { engine, rules, grafanaRules, targets } = this.#parts
    const nowMs = this.#parts.nowMs()
    if (this.#boards === undefined || nowMs - this.#boards.tMs >= BOARDS_KEPT_MS) this.#boards = { tMs: nowMs, value: await this.#boardQueries() }
    const asked = [...ruleQueries(rules.groups(), this.#parsed), ...grafanaRules().flatMap(grafanaQueries), ...this.#boards.value]
    const series = await this.#knownSeries(asked, nowMs)
    const jobs = new Set(targets().map(t => labelValue(t.labels, 'job')))
    const queries = asked.flatMap(q => diagnoseQuery(q, { series, jobs }))
    if (this.#labels === undefined || nowMs - this.#labels.tMs >= LABELS_KEPT_MS) this.#labels = { tMs: nowMs, value: await findPersonalData(engine, nowMs) }
    const value = [...queries, ...await findMiddlewareFaults(engine, nowMs), ...this.#labels.value]
    this.#kept = { tMs: nowMs, value }
    return value
  }

  async #knownSeries(asked: readonly AskedQuery[], nowMs: number): Promise<SeriesSnapshot> {
    const selectors = asked.flatMap(q => querySelectors(q.expr))
    const metrics = new Set(selectors.map(s => s.name).filter(name => name !== ''))
    const kept = this.#series
    if (kept !== undefined && nowMs - kept.tMs < SERIES_KEPT_MS && [...metrics].every(m => kept.metrics.has(m))) return kept.value
    const value = await readKnownSeries(this.#parts.engine, selectors, nowMs)
    this.#series = { tMs: nowMs, value, metrics }
    return value
  }

  async #boardQueries(): Promise<AskedQuery[]> {
    const boards = await this.#parts.boards()
    const out: AskedQuery[] = []
    let read = 0
    for (const { uid, version, dashboard } of boards) {
      const kept = this.#readBoards.get(uid)
      const board = kept !== undefined && kept.version === version ? kept : { version, queries: boardQueries(uid, dashboard) }
      if (board !== kept) {
        this.#readBoards.set(uid, board)
        if (++read % BOARDS_AT_ONCE === 0) await new Promise(resolve => { setImmediate(resolve) })
      }
      out.push(...board.queries)
    }
    const uids = new Set(boards.map(b => b.uid))
    for (const uid of this.#readBoards.keys()) if (!uids.has(uid)) this.#readBoards.delete(uid)
    return out
  }
}

/** Diagnoses for a short list: remarks left out, and of several panels of a board with the same fault the first, with the number of the others. */
export function inShort(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const groups = new Map<string, Diagnosis[]>()
  for (const d of diagnoses) {
    if (d.health === 'ok') continue
    const key = d.place?.kind === 'panel' ? `${d.code}\n${d.place.boardUid}` : `${d.code}\n${JSON.stringify(d.place)}\n${d.what.en}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [d])
    else group.push(d)
  }
  return [...groups.values()].map(([first, ...others]) => {
    const d = first!
    const panels = new Set([d, ...others].map(o => (o.place?.kind === 'panel' ? o.place.panelId : -1))).size - 1
    return panels === 0 ? d : { ...d, what: text(`${d.what.en} And ${panels} more ${panels === 1 ? 'panel' : 'panels'} of this board.`, `${d.what.ko} 이 대시보드의 다른 패널 ${panels}개도 같습니다.`) }
  })
}
