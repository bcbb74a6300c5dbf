/** Answers that were asked for before the page's code was there, by address below the route prefix. */
export type EarlyAnswers = Map<string, Promise<Response>>

declare global {
  /** Set by boot.ts. */
  var haechiEarly: EarlyAnswers | undefined
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
