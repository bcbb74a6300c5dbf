import { flagOf, isObject, listAt, numberOf, objectAt, objectsAt, textOf } from './json-reader.ts'
import { currentNames } from './read-links.ts'
import type { ColorConfig, FieldConfig, FieldOverride, JsonObject, MappingResult, Thresholds, ValueMapping } from './model.ts'

/** Reads `fieldConfig.defaults`. */
export function readFieldConfig(json: JsonObject, path: string): FieldConfig {
  const custom = objectAt(json.custom, `${path}.custom`)
  let config: FieldConfig = { mappings: [], custom: json.nullValueMode === 'null as zero' ? { ...custom, nullAsZero: true } : json.nullValueMode === 'connected' && custom.spanNulls === undefined ? { ...custom, spanNulls: true } : custom }
  for (const id of ['unit', 'decimals', 'min', 'max', 'fieldMinMax', 'displayName', 'noValue', 'thresholds', 'mappings', 'color', 'links']) {
    if (json[id] !== undefined && json[id] !== null) config = withProperty(config, id, json[id], `${path}.${id}`)
  }
  return config
}

/** Reads `fieldConfig.overrides`. */
export function readOverrides(v: unknown, path: string): FieldOverride[] {
  return objectsAt(v, path).map((o, i) => {
    const matcher = objectAt(o.matcher, `${path}[${i}].matcher`)
    return {
      matcher: { id: textOf(matcher.id), options: matcher.options },
      properties: objectsAt(o.properties, `${path}[${i}].properties`).map(p => ({ id: textOf(p.id), value: p.value })),
    }
  })
}

/** The config with one property set, as an override sets it. `custom.x` ids reach into the panel's own block; an unknown id changes nothing. */
export function withProperty(config: FieldConfig, id: string, value: unknown, path: string): FieldConfig {
  if (id.startsWith('custom.')) return { ...config, custom: { ...config.custom, [id.slice(7)]: value } }
  switch (id) {
    case 'unit': return { ...config, unit: textOf(value) }
    case 'displayName': return { ...config, displayName: currentNames(textOf(value)) }
    case 'noValue': return { ...config, noValue: textOf(value) }
    case 'decimals': return withNumber(config, 'decimals', value)
    case 'min': return withNumber(config, 'min', value)
    case 'max': return withNumber(config, 'max', value)
    case 'fieldMinMax': return { ...config, fieldMinMax: flagOf(value) }
    case 'thresholds': return { ...config, thresholds: readThresholds(objectAt(value, path), path) }
    case 'mappings': return { ...config, mappings: readMappings(value, path, config.thresholds) }
    case 'links': return { ...config, links: listAt(value, path).filter(isObject).filter(l => textOf(l.url) !== '').map(l => ({ title: currentNames(textOf(l.title)), url: currentNames(textOf(l.url)), targetBlank: flagOf(l.targetBlank) })) }
    case 'color': return { ...config, color: readColor(objectAt(value, path)) }
    default: return config
  }
}

function withNumber(config: FieldConfig, id: 'decimals' | 'min' | 'max', value: unknown): FieldConfig {
  const n = numberOf(value)
  if (n !== undefined) return { ...config, [id]: n }
  const { [id]: _dropped, ...rest } = config
  return rest
}

function readColor(json: JsonObject): ColorConfig {
  const seriesBy = json.seriesBy
  return {
    mode: textOf(json.mode),
    ...(typeof json.fixedColor === 'string' ? { fixedColor: json.fixedColor } : {}),
    ...(seriesBy === 'min' || seriesBy === 'max' || seriesBy === 'last' ? { seriesBy } : {}),
  }
}

function readThresholds(json: JsonObject, path: string): Thresholds {
  const steps = objectsAt(json.steps, `${path}.steps`).map((s, i) => ({ value: i === 0 ? -Infinity : numberOf(s.value) ?? -Infinity, color: textOf(s.color, 'green') }))
  return { mode: json.mode === 'percentage' ? 'percentage' : 'absolute', steps }
}

function readMappings(v: unknown, path: string, thresholds: Thresholds | undefined): ValueMapping[] {
  const out: ValueMapping[] = []
  let isOld = false
  listAt(v, path).forEach((item, i) => {
    if (!isObject(item)) return
    const options = objectAt(item.options, `${path}[${i}].options`)
    switch (item.type) {
      case 'value': out.push({ type: 'value', options: new Map(Object.entries(options).map(([k, r]) => [k, readResult(r)])) }); break
      case 'range': out.push({ type: 'range', from: numberOf(options.from) ?? null, to: numberOf(options.to) ?? null, result: readResult(options.result) }); break
      case 'regex': out.push({ type: 'regex', pattern: textOf(options.pattern), result: readResult(options.result) }); break
      case 'special': out.push({ type: 'special', match: textOf(options.match), result: readResult(options.result) }); break
      // Before schema 30.
      case 1: case 2: {
        isOld = true
        const result = oldResult(item, thresholds)
        if (item.type === 2) out.push({ type: 'range', from: numberOf(item.from) ?? null, to: numberOf(item.to) ?? null, result })
        else out.push(item.value === 'null' ? { type: 'special', match: 'null', result } : { type: 'value', options: new Map([[textOf(item.value), result]]) })
        break
      }
    }
  })
  // Values came before ranges, whatever their order was.
  return isOld ? [...out.filter(m => m.type === 'value'), ...out.filter(m => m.type !== 'value')] : out
}

/** An old mapping coloured its text as the number that the text is. @see Grafana `DashboardMigrator.ts`, `upgradeValueMappings` */
function oldResult(item: JsonObject, thresholds: Thresholds | undefined): MappingResult {
  const text = textOf(item.text)
  const n = Number.parseFloat(text)
  const color = Number.isNaN(n) ? undefined : thresholds?.steps.findLast(s => s.value <= n)?.color
  return { text, ...(color === undefined ? {} : { color }) }
}

function readResult(v: unknown): MappingResult {
  if (!isObject(v)) return {}
  return { ...(typeof v.text === 'string' ? { text: v.text } : {}), ...(typeof v.color === 'string' ? { color: v.color } : {}) }
}
