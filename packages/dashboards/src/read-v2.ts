import { flagOf, isObject, listAt, numberOf, objectAt, objectsAt, textOf } from './json-reader.ts'
import { DashboardError } from './model.ts'
import type { JsonObject } from './model.ts'

/** A place on the grid while it is filled: what follows goes below `y`. */
interface Cursor {
  y: number
}

const HIDE: Readonly<Record<string, number>> = { dontHide: 0, hideLabel: 1, hideVariable: 2, inControlsMenu: 0 }
const REFRESH: Readonly<Record<string, number>> = { never: 0, onDashboardLoad: 1, onTimeRangeChanged: 2 }
const SORT: Readonly<Record<string, number>> = {
  disabled: 0, alphabeticalAsc: 1, alphabeticalDesc: 2, numericalAsc: 3, numericalDesc: 4, alphabeticalCaseInsensitiveAsc: 5, alphabeticalCaseInsensitiveDesc: 6, naturalAsc: 7, naturalDesc: 8,
}
const KINDS: Readonly<Record<string, string>> = {
  QueryVariable: 'query', TextVariable: 'textbox', ConstantVariable: 'constant', DatasourceVariable: 'datasource', IntervalVariable: 'interval', CustomVariable: 'custom', GroupByVariable: 'groupby',
  AdhocVariable: 'adhoc', SwitchVariable: 'switch',
}

/**
 * The classic JSON of a dashboard of model v2: rows become row panels, tabs become rows, automatic grids become panels of equal width. What the
 * classic model can't hold is left out; conditions stay, in v2's own form.
 *
 * @param spec  the dashboard's own object; @param path  where it stands, for error messages
 */
export function classicFromV2(spec: JsonObject, path: string, uid: string): JsonObject {
  const at = (member: string): string => path === '' ? member : `${path}.${member}`
  const elements = objectAt(spec.elements, at('elements'))
  const time = objectAt(spec.timeSettings, at('timeSettings'))
  const variables: JsonObject[] = objectsAt(spec.variables, at('variables')).map(variableFromV2)
  const panels: JsonObject[] = []
  const used = new Set<string>()
  const ids = new Set(Object.values(elements).map(e => isObject(e) && isObject(e.spec) ? numberOf(e.spec.id) ?? 0 : 0))
  const nextId = (): number => {
    const id = Math.max(0, ...ids) + 1
    ids.add(id)
    return id
  }

  const element = (ref: unknown, gridPos: JsonObject, repeat: unknown, where: string, condition?: unknown): void => {
    const name = isObject(ref) ? textOf(ref.name) : ''
    if (!Object.hasOwn(elements, name)) throw new DashboardError(where, `there is no element ${JSON.stringify(name)}`)
    const json = objectAt(elements[name], at(`elements.${name}`))
    const panel = panelFromV2(json, at(`elements.${name}`))
    // An element may stand in several places; the later ones are panels of their own.
    const id = used.has(name) ? nextId() : numberOf(panel.id) ?? nextId()
    used.add(name)
    panels.push({ ...panel, id, gridPos, ...conditionOf(condition), ...(isObject(repeat) ? { repeat: repeat.value, repeatDirection: repeat.direction, ...(repeat.maxPerRow === undefined ? {} : { maxPerRow: repeat.maxPerRow }) } : {}) })
  }

  const row = (title: string, collapsed: boolean, repeat: unknown, cursor: Cursor, inside: () => void, condition?: unknown): void => {
    const start = panels.length
    const y = cursor.y
    cursor.y += 1
    inside()
    const own = panels.splice(start)
    const head: JsonObject = { type: 'row', id: nextId(), title, collapsed, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [], ...conditionOf(condition), ...(isObject(repeat) ? { repeat: repeat.value } : {}) }
    // Rows have no rows inside them in the classic model: those follow as rows of their own.
    if (!collapsed) panels.push(head, ...own)
    else panels.push({ ...head, panels: own.filter(p => p.type !== 'row') }, ...own.filter(p => p.type === 'row'))
  }

  const lay = (layout: JsonObject, where: string, cursor: Cursor): void => {
    const body = objectAt(layout.spec, `${where}.spec`)
    if (body.variables !== undefined) variables.push(...objectsAt(body.variables, `${where}.spec.variables`).map(variableFromV2))
    switch (layout.kind) {
      case 'GridLayout': {
        const top = cursor.y
        objectsAt(body.items, `${where}.spec.items`).forEach((item, i) => {
          const s = objectAt(item.spec, `${where}.spec.items[${i}].spec`)
          const y = top + (numberOf(s.y) ?? 0)
          const h = numberOf(s.height) ?? 8
          cursor.y = Math.max(cursor.y, y + h)
          if (item.kind === 'GridLayoutRow') {
            row(textOf(s.title), flagOf(s.collapsed), s.repeat, { y }, () => objectsAt(s.elements, `${where}.spec.items[${i}].spec.elements`).forEach((inner, k) => {
              const e = objectAt(inner.spec, `${where}.spec.items[${i}].spec.elements[${k}].spec`)
              element(e.element, { x: e.x, y: y + 1 + (numberOf(e.y) ?? 0), w: e.width, h: e.height }, e.repeat, `${where}.spec.items[${i}]`)
            }))
          } else element(s.element, { x: s.x, y, w: s.width, h }, s.repeat, `${where}.spec.items[${i}]`)
        })
        return
      }
      case 'AutoGridLayout': case 'ResponsiveGridLayout': {
        const items = objectsAt(body.items, `${where}.spec.items`)
        const columns = Math.min(24, Math.max(1, Math.trunc(numberOf(body.maxColumnCount) ?? 3)))
        const w = Math.floor(24 / columns)
        const h = body.rowHeightMode === 'short' ? 5 : body.rowHeightMode === 'tall' ? 13 : body.rowHeightMode === 'custom' ? Math.max(3, Math.round((numberOf(body.rowHeight) ?? 320) / 38)) : 9
        items.forEach((item, i) => {
          const s = objectAt(item.spec, `${where}.spec.items[${i}].spec`)
          element(s.element, { x: i % columns * w, y: cursor.y + Math.floor(i / columns) * h, w, h }, s.repeat, `${where}.spec.items[${i}]`, s.conditionalRendering)
        })
        cursor.y += Math.ceil(items.length / columns) * h
        return
      }
      case 'RowsLayout': case 'TabsLayout': {
        const list = layout.kind === 'RowsLayout' ? 'rows' : 'tabs'
        objectsAt(body[list], `${where}.spec.${list}`).forEach((entry, i) => {
          const place = `${where}.spec.${list}[${i}]`
          const s = objectAt(entry.spec, `${place}.spec`)
          if (s.variables !== undefined) variables.push(...objectsAt(s.variables, `${place}.spec.variables`).map(variableFromV2))
          const inside = (): void => lay(objectAt(s.layout, `${place}.spec.layout`), `${place}.spec.layout`, cursor)
          if (flagOf(s.hideHeader)) inside()
          else row(textOf(s.title), flagOf(s.collapse, flagOf(s.collapsed)), s.repeat, cursor, inside, s.conditionalRendering)
        })
        return
      }
      default: throw new DashboardError(`${where}.kind`, `unknown layout ${JSON.stringify(layout.kind)}`)
    }
  }

  lay(objectAt(spec.layout, at('layout')), at('layout'), { y: 0 })
  const names = new Set<string>()
  return {
    uid: textOf(spec.uid) || uid,
    title: spec.title,
    description: spec.description,
    tags: spec.tags,
    editable: spec.editable,
    graphTooltip: spec.cursorSync === 'Crosshair' ? 1 : spec.cursorSync === 'Tooltip' ? 2 : 0,
    timezone: time.timezone,
    weekStart: time.weekStart,
    fiscalYearStartMonth: time.fiscalYearStartMonth,
    time: { from: time.from, to: time.to },
    refresh: time.autoRefresh,
    links: spec.links,
    annotations: { list: objectsAt(spec.annotations, at('annotations')).map(annotationFromV2) },
    // A tab's own variable is one of the whole board here; the first of a name wins.
    templating: { list: variables.filter(v => !names.has(textOf(v.name)) && names.add(textOf(v.name))) },
    panels,
    schemaVersion: 42,
  }
}

/** When something is shown; the classic model has no place for it, so that it keeps v2's own. */
function conditionOf(v: unknown): JsonObject {
  return isObject(v) ? { conditionalRendering: v } : {}
}

function panelFromV2(json: JsonObject, path: string): JsonObject {
  const spec = objectAt(json.spec, `${path}.spec`)
  if (json.kind === 'LibraryPanel') return { id: spec.id, title: spec.title, type: 'library-panel', libraryPanel: spec.libraryPanel }
  const viz = objectAt(spec.vizConfig, `${path}.spec.vizConfig`)
  const vizSpec = objectAt(viz.spec, `${path}.spec.vizConfig.spec`)
  const data = objectAt(objectAt(spec.data, `${path}.spec.data`).spec, `${path}.spec.data.spec`)
  const options = objectAt(data.queryOptions, `${path}.spec.data.spec.queryOptions`)
  return {
    id: spec.id,
    title: spec.title,
    description: spec.description,
    links: spec.links,
    transparent: spec.transparent,
    type: viz.kind === 'VizConfig' ? viz.group : viz.kind,
    options: vizSpec.options,
    fieldConfig: vizSpec.fieldConfig,
    targets: objectsAt(data.queries, `${path}.spec.data.spec.queries`).map((q, i) => targetFromV2(q, `${path}.spec.data.spec.queries[${i}]`)),
    transformations: objectsAt(data.transformations, `${path}.spec.data.spec.transformations`).map((t, i) => {
      const s = objectAt(t.spec, `${path}.spec.data.spec.transformations[${i}].spec`)
      return { ...s, id: t.kind === 'Transformation' ? t.group : textOf(s.id) || t.kind }
    }),
    interval: options.interval,
    maxDataPoints: options.maxDataPoints,
    timeFrom: options.timeFrom,
    timeShift: options.timeShift,
    hideTimeOverride: options.hideTimeOverride,
  }
}

function targetFromV2(json: JsonObject, path: string): JsonObject {
  const spec = objectAt(json.spec, `${path}.spec`)
  const query = objectAt(spec.query, `${path}.spec.query`)
  const source = isObject(query.datasource) ? query.datasource : isObject(spec.datasource) ? spec.datasource : {}
  const type = query.kind === 'DataQuery' ? query.group : query.kind
  return { ...objectAt(query.spec, `${path}.spec.query.spec`), refId: spec.refId, hide: spec.hidden, datasource: { type, uid: source.name ?? source.uid } }
}

function annotationFromV2(json: JsonObject): JsonObject {
  const spec = isObject(json.spec) ? json.spec : {}
  const query = isObject(spec.query) ? spec.query : {}
  const own = { ...(isObject(spec.legacyOptions) ? spec.legacyOptions : {}), ...(isObject(query.spec) ? query.spec : {}) }
  return { ...own, name: spec.name, enable: spec.enable, hide: spec.hide, iconColor: spec.iconColor, builtIn: spec.builtIn === true ? 1 : 0, datasource: { type: query.group ?? query.kind, uid: isObject(query.datasource) ? query.datasource.name : '' }, target: own }
}

function variableFromV2(json: JsonObject): JsonObject {
  const spec = isObject(json.spec) ? json.spec : {}
  const type = KINDS[textOf(json.kind)] ?? textOf(json.kind)
  const query = isObject(spec.query) ? spec.query : undefined
  const inner = query !== undefined && isObject(query.spec) ? query.spec : undefined
  return {
    ...spec,
    type,
    hide: HIDE[textOf(spec.hide)] ?? 0,
    refresh: REFRESH[textOf(spec.refresh)] ?? 1,
    sort: SORT[textOf(spec.sort)] ?? 0,
    // The text of a query variable stands in the query's own object, or as it was shown.
    query: type === 'query' ? (inner === undefined ? undefined : textOf(inner.query) || textOf(inner.__legacyStringValue)) || textOf(spec.definition)
      : type === 'datasource' ? textOf(spec.pluginId)
      : spec.query,
    options: listAt(spec.options, 'variables.options'),
  }
}
