/** What a board asked when it was opened: enough to ask it again at its next opening before its code is there. */
export interface FirstQuestions {
  /** Of the window, CSS px: another width asks with other steps. */
  readonly widthPx: number
  /** Relative to now (`spanMs`), or from one moment to another, Unix ms. */
  readonly range: { readonly spanMs: number } | { readonly startMs: number; readonly endMs: number }
  readonly questions: readonly FirstQuestion[]
}

/** A question over the whole range, or at its end where it is instant. Its moments are multiples of the step. */
export interface FirstQuestion {
  readonly expr: string
  readonly stepMs: number
  readonly instant: boolean
}

/** More are not asked early: what is in the window comes first. */
const MOST_QUESTIONS = 60
/** So many boards are remembered. */
const MOST_BOARDS = 12
/** A board with longer questions is not remembered, characters. */
const MOST_TEXT = 60_000
const KEY = 'haechi.first'

/** As `POST /api/v1/query_range` and `/query` take it, in the order in which it is always written. */
export function questionParams(q: FirstQuestion, startMs: number, endMs: number): Readonly<Record<string, string | number>> {
  return q.instant ? { query: q.expr, time: endMs / 1000 } : { query: q.expr, start: startMs / 1000, end: endMs / 1000, step: q.stepMs / 1000 }
}

/** The address of a question below `api/v1/`. */
export function questionAddress(instant: boolean, params: URLSearchParams): string {
  return `${instant ? 'query' : 'query_range'}?${params.toString()}`
}

/** The addresses of what was asked, at this moment. */
export function addressesAt({ range, questions }: FirstQuestions, nowMs: number): string[] {
  const startMs = 'spanMs' in range ? nowMs - range.spanMs : range.startMs
  const endMs = 'spanMs' in range ? nowMs : range.endMs
  return questions.map(q => {
    const params = new URLSearchParams()
    for (const [name, value] of Object.entries(questionParams(q, alignedMs(startMs, q.stepMs), alignedMs(endMs, q.stepMs)))) params.set(name, String(value))
    return questionAddress(q.instant, params)
  })
}

function alignedMs(tMs: number, stepMs: number): number {
  return Math.floor(tMs / stepMs) * stepMs
}

type Stored = Readonly<Record<string, FirstQuestions>>

/** Addresses beside what was asked there, last opened last. */
function stored(storage: Pick<Storage, 'getItem'>): Stored {
  const value: unknown = JSON.parse(storage.getItem(KEY) ?? '{}')
  return typeof value === 'object' && value !== null ? value as Stored : {}
}

/**
 * What the board at this address asked last, in a window of this width; undefined where nothing is known, or nothing can be.
 * @param storage  the browser's; looking for it may throw
 */
export function recallQuestions(storage: () => Pick<Storage, 'getItem'>, address: string, widthPx: number): FirstQuestions | undefined {
  try {
    const found = stored(storage())[address]
    return found?.widthPx === widthPx && Array.isArray(found.questions) ? found : undefined
  } catch {
    return undefined // Storage is forbidden, or holds something else.
  }
}

/** Remembers what a board asked. */
export function keepQuestions(storage: () => Pick<Storage, 'getItem' | 'setItem'>, address: string, first: FirstQuestions): void {
  try {
    const { [address]: _old, ...others } = stored(storage())
    const text = JSON.stringify(first)
    const kept = Object.entries(others).slice(-(MOST_BOARDS - 1))
    storage().setItem(KEY, JSON.stringify(Object.fromEntries(text.length > MOST_TEXT ? kept : [...kept, [address, first]])))
  } catch {
    // Storage is forbidden or full: the next opening asks when its code is there.
  }
}

/** Forgets all boards. */
export function forgetQuestions(storage: () => Pick<Storage, 'removeItem'>): void {
  try {
    storage().removeItem(KEY)
  } catch {
    // Storage is forbidden: nothing is remembered.
  }
}

/** A question with its moments, as a panel asks it. */
export interface AskedQuestion extends FirstQuestion {
  readonly startMs: number
  readonly endMs: number
}

/**
 * What of the questions asked at an opening can be asked again: those about the board's own range, each once.
 *
 * @param from, to  the range as it was written: only `now-…` to `now`, and two moments, mean something at another time
 */
export function firstOf(asked: readonly AskedQuestion[], from: string, to: string, range: { readonly startMs: number; readonly endMs: number }, widthPx: number): FirstQuestions | undefined {
  const isRelative = /^now-\d+[smhdw]$/.test(from) && to === 'now'
  if (!isRelative && !(/^\d+$/.test(from) && /^\d+$/.test(to))) return undefined
  const questions = new Map<string, FirstQuestion>()
  for (const { expr, stepMs, instant, startMs, endMs } of asked) {
    if (questions.size >= MOST_QUESTIONS) break
    if (endMs === alignedMs(range.endMs, stepMs) && (instant || startMs === alignedMs(range.startMs, stepMs))) questions.set(`${stepMs} ${instant} ${expr}`, { expr, stepMs, instant })
  }
  if (questions.size === 0) return undefined
  return { widthPx, range: isRelative ? { spanMs: range.endMs - range.startMs } : { startMs: range.startMs, endMs: range.endMs }, questions: [...questions.values()] }
}
