import type { JsonPath } from '@haechi/dashboards'
import type { EditKey } from './edit-words.ts'

/** How one setting of a panel is entered. */
export type FieldInput =
  | { readonly kind: 'text'; readonly placeholder?: EditKey }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly placeholder?: EditKey }
  | { readonly kind: 'switch'; readonly fallback: boolean }
  /** `values` as they are written, with their words. Another value that stands in the JSON is offered as it is. */
  | { readonly kind: 'choice'; readonly values: readonly (readonly [value: string | number | boolean, word: EditKey])[]; readonly fallback: string | number | boolean }
  /** Proper names, in no language. */
  | { readonly kind: 'named'; readonly values: readonly string[]; readonly fallback: string }
  /** Any of some words, as a list. */
  | { readonly kind: 'several'; readonly values: readonly (readonly [value: string, word: EditKey])[] }
  /** A name of a column, or several; others can be typed. */
  | { readonly kind: 'column' } | { readonly kind: 'columns' }
  | { readonly kind: 'tags' }
  | { readonly kind: 'calcs'; readonly many: boolean }
  | { readonly kind: 'namedColor'; readonly fallback: string }
  | { readonly kind: 'unit' } | { readonly kind: 'thresholds' } | { readonly kind: 'mappings' } | { readonly kind: 'color' } | { readonly kind: 'links' } | { readonly kind: 'hideFrom' } | { readonly kind: 'lineStyle' } | { readonly kind: 'sortBy' }

export type FieldSection = 'values' | 'color' | 'thresholds' | 'mappings' | 'graph' | 'axis' | 'look' | 'legend' | 'tooltip' | 'buckets' | 'footer' | 'links'

/** One setting of a panel: where it stands in the JSON, how it is entered, for which kinds of panels it counts. */
export interface OptionField {
  readonly label: EditKey
  readonly section: FieldSection
  /** Within the panel. */
  readonly path: JsonPath
  readonly input: FieldInput
  /** Absent: for every kind that draws queries. */
  readonly kinds?: readonly string[]
  /** Its id in an override; absent: it can't be set per field. */
  readonly property?: string
  /** Shown only while this holds for the panel's JSON. */
  readonly when?: (panel: unknown) => boolean
}

/** A setting of a field, e.g. its unit. */
export function fieldOption(label: EditKey, section: FieldSection, name: string, input: FieldInput): OptionField {
  return { label, section, path: ['fieldConfig', 'defaults', name], input, property: name }
}

/** A setting of the block that a kind of panel adds to its fields. @param name  e.g. `stacking.mode`; overrides set its first part */
export function customOption(label: EditKey, section: FieldSection, name: string, input: FieldInput, kinds: readonly string[], when?: OptionField['when']): OptionField {
  const path = name.split('.')
  return { label, section, path: ['fieldConfig', 'defaults', 'custom', ...path], input, kinds, property: `custom.${path[0]!}`, ...(when === undefined ? {} : { when }) }
}

/** A setting of the panel itself. */
export function panelOption(label: EditKey, section: FieldSection, name: string, input: FieldInput, kinds: readonly string[], when?: OptionField['when']): OptionField {
  return { label, section, path: ['options', ...name.split('.')], input, kinds, ...(when === undefined ? {} : { when }) }
}
