import { fieldMatches } from './frames/field-matcher.ts'
import { withProperty } from './read-field-config.ts'
import type { FieldConfig, JsonObject, Panel } from './model.ts'
import type { MatchedField } from './frames/field-matcher.ts'

/** The field's config: the panel's, what the data brought along, and every matching override in list order. An unknown matcher matches nothing. */
export function fieldConfigFor(panel: Panel, field: MatchedField): FieldConfig {
  let config = field.config === undefined ? panel.fieldConfig : withDataConfig(panel.fieldConfig, field.config)
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

/** The panel's config with what a query says about its data. Limits of the data stand on the panel's base colour. */
function withDataConfig(config: FieldConfig, own: JsonObject): FieldConfig {
  let out = config
  for (const [id, value] of Object.entries(own)) out = withProperty(out, id, value, `data.${id}`)
  return out
}
