import { readAnswers } from '../api/question-batch.ts'
import type { TextAnswer } from '../api/question-batch.ts'
import { taskQueue } from '../state/next-task.ts'

/** Answers that were asked for before the page's code was there, by address below the route prefix. */
export type EarlyAnswers = Map<string, Promise<Response>>

declare global {
  /** Set by boot.ts. */
  var haechiEarly: EarlyAnswers | undefined
  /** When and where the page was opened, and the questions that were asked then. Set by boot.ts. */
  var haechiOpened: Opened | undefined
}

/** The opening of the page. */
export interface Opened {
  /** Unix ms. The first pictures are drawn for this moment, so that questions asked early are those asked later. */
  readonly tMs: number
  /** Path below the route prefix, and search. */
  readonly address: string
  /** What was asked of `api/haechi/v1/queries`, in this order. */
  readonly questions?: { readonly addresses: readonly string[]; readonly answer: Promise<Response> }
}

/** Who comes later than this after the page was opened asks anew. */
const FRESH_MS = 10_000

/** The answer that was asked for at the opening of the page, once; undefined where there is none, or no longer. */
export function takeEarly(path: string): Promise<Response> | undefined {
  const early = globalThis.haechiEarly
  const answer = early?.get(path)
  early?.delete(path)
  return performance.now() < FRESH_MS ? answer : undefined
}

/** The moment of the opening, Unix ms, while that is a moment ago; else now. */
export function openedMs(): number {
  return globalThis.haechiOpened === undefined || performance.now() > FRESH_MS ? Date.now() : globalThis.haechiOpened.tMs
}

let answers: Map<string, Promise<TextAnswer>> | undefined

/**
 * The answer to a question that was asked at the opening of the page, once; undefined where it was not, or too long ago. Rejects where that request failed: then it is to be asked anew.
 * @param address  below `api/v1/`
 */
export function takeEarlyAnswer(address: string): Promise<TextAnswer> | undefined {
  const { questions } = globalThis.haechiOpened ?? {}
  if (questions === undefined || performance.now() > FRESH_MS) return undefined
  answers ??= earlyAnswers(questions.addresses, questions.answer)
  const answer = answers.get(address)
  answers.delete(address)
  return answer
}

function earlyAnswers(addresses: readonly string[], response: Promise<Response>): Map<string, Promise<TextAnswer>> {
  const resolve: ((answer: TextAnswer) => void)[] = []
  const reject: ((err: unknown) => void)[] = []
  const out = new Map(addresses.map((address, i): [string, Promise<TextAnswer>] => {
    const answer = new Promise<TextAnswer>((done, fail) => {
      resolve[i] = done
      reject[i] = fail
    })
    // Who takes it hears of a failure.
    answer.catch(() => {})
    return [address, answer]
  }))
  void (async () => {
    try {
      const got = await response
      if (!got.ok) throw new Error(`answered with ${got.status}`)
      const nextTask = taskQueue()
      await readAnswers(got.body!.getReader(), addresses.length, (place, answer) => resolve[place]?.(answer), () => new Promise(nextTask), () => performance.now())
    } catch (err) {
      for (const fail of reject) fail(err)
    }
  })()
  return out
}
