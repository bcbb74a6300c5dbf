import { inputPlugins, otherSourceOf } from './data-source.ts'
import { flagOf, intOf, isObject, kindOf, numberOf, objectAt, objectsAt, textOf, textsOf } from './json-reader.ts'
import { withLibraryModel } from './library-panels.ts'
import { currentPanelType, gridFromRows, migratePanel } from './migrate.ts'
import { DashboardError } from './model.ts'
import { readAnnotations, readLinks } from './read-links.ts'
import { classicFromV2 } from './read-v2.ts'
import { readFieldConfig, readOverrides } from './read-field-config.ts'
import { readVariables } from './read-variables.ts'
import { parseDurationMs } from './time/duration.ts'
import type { LibraryModels } from './library-panels.ts'
import type { Dashboard, DataSourceRef, GridPos, JsonObject, Panel, Row, Target, Variable } from './model.ts'

/**
 * Turns Grafana dashboard JSON into what is drawn. Accepts the classic model, also wrapped as `{dashboard}` (HTTP API) or as `spec` of a
 * `dashboard.grafana.app/v1` object, and model v2, whose tabs, rows and grids are laid on one grid. Unknown members are ignored here and stay in `raw`; a scalar of the wrong type counts as missing.
 *
 * @param library  what is known of the library panels that it refers to
 * @throws DashboardError naming the place, for anything else that isn't a dashboard
 */
export function readDashboard(json: unknown, library?: LibraryModels): Dashboard {
  const root = unwrap(json)
  const notices: string[] = []
  const list = root.panels === undefined && root.rows !== undefined ? gridFromRows(objectsAt(root.rows, 'rows'), 'rows') : objectsAt(root.panels, 'panels')
  const ids = new Set<number>()
  const inputs = inputPlugins(root)
  const listed = readVariables(objectAt(root.templating, 'templating').list, 'templating.list', numberOf(root.schemaVersion) ?? 100)
  const variables = listed.map((v): Variable => {
    const otherSource = v.kind === 'query' ? otherSourceOf(readDataSource(v.raw['datasource']), listed, inputs) : undefined
    return otherSource === undefined ? v : { ...v, otherSource }
  })
  const { panels, rows } = readPanels(list, ids, { notices, schemaVersion: numberOf(root.schemaVersion) ?? 100, variables, inputs, shared: sharedPanels(list), library })
  const time = objectAt(root.time, 'time')
  return {
    uid: textOf(root.uid),
    title: textOf(root.title),
    description: textOf(root.description),
    tags: textsOf(root.tags),
    timezone: zoneOf(textOf(root.timezone)),
    weekStart: textOf(root.weekStart),
    fiscalYearStartMonth: intOf(root.fiscalYearStartMonth, 0, 0, 11),
    time: { from: textOf(time.from, 'now-6h'), to: textOf(time.to, 'now') },
    refreshMs: typeof root.refresh === 'string' ? parseDurationMs(root.refresh) ?? 0 : 0,
    sharedCrosshair: root.graphTooltip === 1 || root.graphTooltip === 2 || root.sharedCrosshair === true,
    variables,
    panels,
    rows,
    links: readLinks(root.links, 'links'),
    annotations: readAnnotations(root.annotations, 'annotations'),
    notices,
    raw: isV2(json) ? json : root,
  }
}

function isV2(json: unknown): json is JsonObject {
  return isObject(json) && (json.elements !== undefined || isObject(json.spec) && json.spec.elements !== undefined)
}

function unwrap(json: unknown): JsonObject {
  if (!isObject(json)) throw new DashboardError('', `a dashboard must be an object, found ${kindOf(json)}`)
  if (typeof json.apiVersion === 'string' && json.spec !== undefined) {
    const spec = objectAt(json.spec, 'spec')
    const uid = isObject(json.metadata) ? textOf(json.metadata.name) : ''
    return spec.elements !== undefined ? classicFromV2(spec, 'spec', uid) : { uid, ...spec }
  }
  if (json.elements !== undefined) return classicFromV2(json, '', '')
  if (isObject(json.dashboard) && json.panels === undefined && json.rows === undefined) return json.dashboard
  return json
}

/** What panels need to know of the board around them. */
interface Surroundings {
  readonly notices: string[]
  readonly schemaVersion: number
  readonly variables: readonly Variable[]
  readonly inputs: ReadonlyMap<string, string>
  /** All panels by id, for those that show another one's data. */
  readonly shared: ReadonlyMap<number, JsonObject>
  readonly library: LibraryModels | undefined
}

function sharedPanels(list: readonly JsonObject[]): ReadonlyMap<number, JsonObject> {
  const all = list.flatMap(p => [p, ...(Array.isArray(p.panels) ? p.panels.filter(isObject) : [])])
  return new Map(all.flatMap(p => numberOf(p.id) === undefined ? [] : [[numberOf(p.id)!, p]]))
}

/** A panel on the data source `-- Dashboard --` asks what another panel asks. */
function withSharedQueries(json: JsonObject, shared: ReadonlyMap<number, JsonObject>): JsonObject {
  const [target] = Array.isArray(json.targets) ? json.targets.filter(isObject) : []
  const isShared = [json.datasource, target?.datasource].some(d => d === '-- Dashboard --' || isObject(d) && d.uid === '-- Dashboard --')
  const from = isShared && target !== undefined ? shared.get(numberOf(target.panelId) ?? -1) : undefined
  if (from === undefined || from === json) return json
  const before = flagOf(target!.withTransforms) && Array.isArray(from.transformations) ? from.transformations : []
  return {
    ...json, targets: from.targets, datasource: from.datasource, interval: from.interval, maxDataPoints: json.maxDataPoints ?? from.maxDataPoints,
    transformations: [...before, ...(Array.isArray(json.transformations) ? json.transformations : [])],
  }
}

function readPanels(list: readonly JsonObject[], ids: Set<number>, around: Surroundings): { panels: Panel[]; rows: Row[] } {
  // Clones of repeated panels were saved by old versions; the originals make new ones.
  const own = list.map((json, i) => ({ json, path: `panels[${i}]` })).filter(({ json }) => !isClone(json))
  for (const { json } of own) {
    const id = numberOf(json.id)
    if (id !== undefined) ids.add(id)
  }
  const taken = new Set<number>()
  const idOf = (json: JsonObject): number => {
    let id = numberOf(json.id)
    if (id === undefined || taken.has(id)) id = Math.max(0, ...ids) + 1
    ids.add(id)
    taken.add(id)
    return id
  }
  const placed = own.map(e => ({ ...e, gridPos: readGridPos(e.json.gridPos, `${e.path}.gridPos`) }))
    .sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)
  const panels: Panel[] = []
  const rows: { row: Row; panels: Panel[] }[] = []
  for (const { json, path, gridPos } of placed) {
    if (json.type === 'row') {
      const inside = objectsAt(json.panels, `${path}.panels`).filter(p => !isClone(p)).map((p, i) => readPanel(p, idOf(p), readGridPos(p.gridPos, `${path}.panels[${i}].gridPos`), `${path}.panels[${i}]`, around))
      const row: Row = { id: idOf(json), title: textOf(json.title), collapsed: flagOf(json.collapsed), gridPos: { ...gridPos, x: 0, w: 24, h: 1 }, panels: [], repeat: textOf(json.repeat), ...(isObject(json.conditionalRendering) ? { condition: json.conditionalRendering } : {}), raw: json }
      rows.push({ row, panels: inside })
      continue
    }
    const panel = readPanel(json, idOf(json), gridPos, path, around)
    const last = rows.at(-1)
    if (last && !last.row.collapsed) last.panels.push(panel)
    else if (last) {
      // A panel below a collapsed row belongs to no row; an unnamed open one keeps the order.
      rows.push({ row: { id: Math.max(0, ...ids) + 1, title: '', collapsed: false, gridPos: { x: 0, y: gridPos.y, w: 24, h: 0 }, panels: [], repeat: '', raw: {} }, panels: [panel] })
      ids.add(Math.max(0, ...ids) + 1)
    } else panels.push(panel)
  }
  return { panels, rows: rows.map(r => ({ ...r.row, panels: r.panels })) }
}

function readGridPos(v: unknown, path: string): GridPos {
  const json = objectAt(v, path)
  const w = intOf(json.w, 6, 1, 24)
  return { x: intOf(json.x, 0, 0, 24 - w), y: intOf(json.y, 0, 0, 1_000_000), w, h: intOf(json.h, 3, 1, 1000) }
}

function readPanel(source: JsonObject, id: number, gridPos: GridPos, path: string, around: Surroundings): Panel {
  const json = migratePanel(withSharedQueries(withLibraryModel(source, around.library), around.shared), path)
  // Only a reference was saved: what it refers to is not here, but it has a name.
  const library = isObject(json.libraryPanel) && (textOf(json.type) === '' || json.type === 'library-panel') ? textOf(json.libraryPanel.name) || textOf(json.libraryPanel.uid) : ''
  const type = library === '' ? currentPanelType(textOf(json.type)) : `library panel ${library}`
  if (type !== source.type) around.notices.push(`${path}: ${textOf(source.type, 'a panel without type')} is shown as ${type || 'a placeholder'}`)
  const fieldConfig = objectAt(json.fieldConfig, `${path}.fieldConfig`)
  const datasource = readDataSource(json.datasource)
  const maxDataPoints = numberOf(json.maxDataPoints)
  return {
    id,
    type,
    title: textOf(json.title) || library,
    description: textOf(json.description),
    transparent: flagOf(json.transparent),
    gridPos,
    targets: readTargets(json.targets, `${path}.targets`, datasource, around),
    ...(datasource === undefined ? {} : { datasource }),
    ...(maxDataPoints === undefined || maxDataPoints < 1 ? {} : { maxDataPoints }),
    interval: textOf(json.interval),
    timeFrom: textOf(json.timeFrom),
    timeShift: textOf(json.timeShift),
    ...(json.hideTimeOverride === true ? { hideTimeOverride: true as const } : {}),
    options: objectAt(json.options, `${path}.options`),
    fieldConfig: readFieldConfig(objectAt(fieldConfig.defaults, `${path}.fieldConfig.defaults`), `${path}.fieldConfig.defaults`),
    overrides: readOverrides(fieldConfig.overrides, `${path}.fieldConfig.overrides`),
    transformations: transformationsOf(objectsAt(json.transformations, `${path}.transformations`), around.schemaVersion),
    repeat: textOf(json.repeat),
    repeatDirection: json.repeatDirection === 'v' ? 'v' : 'h',
    maxPerRow: intOf(json.maxPerRow ?? perRowOf(json.minSpan), 4, 1, 24),
    ...(isObject(json.conditionalRendering) ? { condition: json.conditionalRendering } : {}),
    ...(Array.isArray(json.links) && json.links.length > 0 ? { links: readLinks(json.links, `${path}.links`) } : {}),
    raw: source,
  }
}

/** A zone's name; what is none means that of the browser. */
function zoneOf(text: string): string {
  if (text === '' || text === 'browser' || text === 'utc') return text
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return text
  } catch {
    return ''
  }
}

/** A copy that an old version saved beside the panel that it repeats. */
function isClone(json: JsonObject): boolean {
  return json.repeatPanelId !== undefined && json.repeatPanelId !== null && json.repeatPanelId !== false
}

/** Before schema 17 a repeated panel had a least width instead of a number in a row. */
function perRowOf(minSpan: unknown): number | undefined {
  const span = numberOf(minSpan)
  return span === undefined || span <= 0 ? undefined : [24, 12, 8, 6, 4, 3, 2, 1].find(n => n <= 24 / span) ?? 1
}

/** Before schema 31 labelsToFields made one table; now a merge after it does. */
function transformationsOf(list: readonly JsonObject[], schemaVersion: number): readonly JsonObject[] {
  return schemaVersion >= 31 ? list : list.flatMap(t => t.id === 'labelsToFields' ? [t, { id: 'merge', options: {} }] : [t])
}

function readDataSource(v: unknown): DataSourceRef | undefined {
  if (typeof v === 'string') return v === '' || v === 'default' ? undefined : { uid: v }
  if (!isObject(v)) return undefined
  const type = textOf(v.type)
  const uid = textOf(v.uid)
  return type === '' && uid === '' ? undefined : { ...(type === '' ? {} : { type }), ...(uid === '' ? {} : { uid }) }
}

/** How files name the source that computes; the last one is Grafana 7's. */
const EXPRESSION_SOURCES: ReadonlySet<string> = new Set(['__expr__', '-100'])

function readTargets(v: unknown, path: string, panelSource: DataSourceRef | undefined, around: Surroundings): Target[] {
  const list = objectsAt(v, path)
  const used = new Set(list.map(t => textOf(t.refId)))
  return list.map(json => {
    let refId = textOf(json.refId)
    if (refId === '') {
      refId = freeRefId(used)
      used.add(refId)
    }
    const instant = flagOf(json.instant)
    const datasource = readDataSource(json.datasource)
    const isExpression = EXPRESSION_SOURCES.has(datasource?.type ?? '') || EXPRESSION_SOURCES.has(datasource?.uid ?? '') || json.datasourceId === -100
    const otherSource = isExpression ? undefined : otherSourceOf(datasource ?? panelSource, around.variables, around.inputs)
    return {
      refId,
      expr: isExpression ? '' : textOf(json.expr) || (otherSource === undefined ? '' : textOf(json.query) || textOf(json.rawSql) || textOf(json.queryText)),
      legendFormat: textOf(json.legendFormat),
      hide: flagOf(json.hide),
      instant,
      range: flagOf(json.range, !instant),
      format: json.format === 'table' || json.format === 'heatmap' ? json.format : 'time_series',
      interval: textOf(json.interval) || textOf(json.step),
      intervalFactor: intOf(json.intervalFactor, 1, 1, 1000),
      ...(datasource === undefined ? {} : { datasource }),
      ...(otherSource === undefined ? {} : { otherSource }),
      ...(json.exemplar === true && !isExpression ? { exemplar: true as const } : {}),
      ...(isExpression ? { expression: json } : {}),
    }
  })
}

function freeRefId(used: ReadonlySet<string>): string {
  for (let i = 0; ; i++) {
    const id = (i >= 26 ? String.fromCharCode(64 + Math.floor(i / 26)) : '') + String.fromCharCode(65 + i % 26)
    if (!used.has(id)) return id
  }
}
