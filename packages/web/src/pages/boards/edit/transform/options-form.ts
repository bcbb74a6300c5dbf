import type { JsonObject } from '@haechi/dashboards'
import type { TransformStage } from './transform-stages.ts'

/** What the forms of transformations take: the options, the data before the step, and how to change them. */
export interface OptionsFormProps {
  readonly options: JsonObject
  readonly before: TransformStage
  /** Letters of the panel's queries. */
  readonly letters: readonly string[]
  /** `about`: what is typed, so that typing is one step of undo. */
  readonly onChange: (options: JsonObject, about: string) => void
}
