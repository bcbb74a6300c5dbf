/** One sentence in the languages that the product speaks. Structurally the `LocalText` of the HTTP API. */
export interface LocalText {
  readonly en: string
  readonly ko: string
}

/** How something is: drives colour, and nothing else does. */
export type Health = 'ok' | 'warning' | 'critical' | 'unknown'

/**
 * What happened, the likely cause from evidence, and the next step.
 * `code` is stable; docs/diagnoses.md lists every one, and a test holds the two together.
 */
export interface Diagnosis {
  readonly code: string
  readonly health: Health
  readonly what: LocalText
  readonly cause?: LocalText
  readonly next?: LocalText
  /** What it is about: a target's URL, a rule's name, a metric. */
  readonly subject?: string
}

/** Both languages at once. */
export function text(en: string, ko: string): LocalText {
  return { en, ko }
}
