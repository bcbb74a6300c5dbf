import { fieldMatches } from './frames/field-matcher.ts'
import { withProperty } from './read-field-config.ts'
import type { FieldConfig, Panel } from './model.ts'
import type { MatchedField } from './frames/field-matcher.ts'

/** The field's config after every matching override, in list order. An unknown matcher matches nothing. */
export function fieldConfigFor(panel: Panel, field: MatchedField): FieldConfig {
  let config = panel.fieldConfig
  for (const o of panel.overrides) {
    if (!fieldMatches(o.matcher.id, o.matcher.options, field)) continue
    for (const p of o.properties) {
      try {
        config = withProperty(config, p.id, p.value, `overrides.${p.id}`)
      } catch {
        // A value of the wrong shape counts as not set: it concerns one field of one panel.
      }
    }
  }
  return config
}
