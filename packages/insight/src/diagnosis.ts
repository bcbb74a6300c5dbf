/** One sentence in the languages that the product speaks. Structurally the `LocalText` of the HTTP API. */
export interface LocalText {
  readonly en: string
  readonly ko: string
}

/** How something is: drives colour, and nothing else does. */
export type Health = 'ok' | 'warning' | 'critical' | 'unknown'

/** Where a diagnosed thing stands, for pages that lead there. */
export type DiagnosisPlace =
  | { readonly kind: 'rule'; readonly name: string; readonly group: string; readonly file: string; readonly uid?: string }
  | { readonly kind: 'panel'; readonly boardUid: string; readonly board: string; readonly panelId: number; readonly panel: string }
  | { readonly kind: 'label'; readonly metric: string; readonly label: string }
  | { readonly kind: 'target'; readonly job: string; readonly instance: string }

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
  readonly place?: DiagnosisPlace
}

/** Both languages at once. */
export function text(en: string, ko: string): LocalText {
  return { en, ko }
}
