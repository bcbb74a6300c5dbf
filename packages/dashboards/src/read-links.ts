import { flagOf, intOf, isObject, numberOf, objectAt, objectsAt, textOf, textsOf } from './json-reader.ts'
import type { Annotation, DashboardLink, JsonObject } from './model.ts'

/** What links and names speak of, by the words since schema 20 and 21. @see Grafana `DashboardMigrator.ts`, `updateVariablesSyntax` */
export function currentNames(text: string): string {
  return text.includes('__') ? text
    .replace(/\$\{?(__(?:series|field)_name|__value_time)\}?/g, (_, name: string) => `\${${name.replace(/_(name|time)$/, '.$1')}}`)
    .replaceAll('__series.labels', '__field.labels') : text
}

/** Where a link of before schema 19 led: a board by its path or its title, and what it took along. */
function oldLinkUrl(l: JsonObject): string {
  const path = textOf(l.dashUri) !== '' ? `/dashboard/${textOf(l.dashUri)}` : textOf(l.dashboard) !== '' ? `/dashboard/db/${textOf(l.dashboard).toLowerCase().replace(/[^\w ]+/g, '').trim().replace(/ +/g, '-')}` : ''
  const url = textOf(l.url) || path
  const more = [...(textOf(l.url) === '' && flagOf(l.keepTime) ? ['$__url_time_range'] : []), ...(textOf(l.url) === '' && flagOf(l.includeVars) ? ['$__all_variables'] : []), ...(textOf(l.params) === '' ? [] : [textOf(l.params)])]
  return url === '' || more.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${more.join('&')}`
}

/** Reads the links of a board or a panel. What leads nowhere is left out. */
export function readLinks(v: unknown, path: string): DashboardLink[] {
  return objectsAt(v, path).flatMap((l): DashboardLink[] => {
    const tags = textsOf(l.tags).filter(t => t !== '')
    const url = currentNames(oldLinkUrl(l))
    const byTags = l.type === 'dashboards'
    if (!byTags && url === '') return []
    return [{
      title: textOf(l.title), url: byTags ? '' : url, targetBlank: flagOf(l.targetBlank),
      ...(byTags ? { tags, asDropdown: flagOf(l.asDropdown) } : {}),
      ...(flagOf(l.includeVars) ? { includeVars: true } : {}),
      ...(flagOf(l.keepTime) ? { keepTime: true } : {}),
      ...(textOf(l.tooltip) === '' ? {} : { tooltip: textOf(l.tooltip) }),
    }]
  })
}

/** Reads `annotations.list`: queries of Prometheus, the board's own alerts and notes, notes by tags. Those of other sources are left out. */
export function readAnnotations(v: unknown, path: string): Annotation[] {
  return objectsAt(objectAt(v, path).list, `${path}.list`).flatMap((json, i): Annotation[] => {
    const target = objectAt(json.target, `${path}.list[${i}].target`)
    const expr = textOf(json.expr) || textOf(target.expr)
    const isOwn = sourceOf(json) === 'grafana' || numberOf(json.builtIn) === 1
    // Before Grafana 8 these stood beside the name.
    const type = textOf(target.type) || (numberOf(json.builtIn) === 1 ? 'dashboard' : textOf(json.type))
    const uid = sourceOf(json)
    const kind = !isOwn ? 'prometheus' : type === 'tags' ? 'tags' : 'alerts'
    const tags = textsOf(Array.isArray(target.tags) ? target.tags : json.tags)
    if (!isOwn && expr.trim() === '' || kind === 'tags' && tags.length === 0) return []
    const filter = isObject(json.filter) && Array.isArray(json.filter.ids) ? { ids: json.filter.ids.map(id => numberOf(id)).filter(id => id !== undefined), exclude: flagOf(json.filter.exclude) } : undefined
    return [{
      name: textOf(json.name), kind, enabled: flagOf(json.enable, true), hidden: flagOf(json.hide), color: textOf(json.iconColor, 'red'),
      expr: isOwn ? '' : expr, step: textOf(json.step) || textOf(target.step) || textOf(target.interval) || '60s',
      titleFormat: textOf(json.titleFormat), textFormat: textOf(json.textFormat), tagKeys: textOf(json.tagKeys).split(',').map(t => t.trim()).filter(t => t !== ''),
      useValueForTime: json.useValueForTime === 'on' || json.useValueForTime === true,
      ...(kind === 'prometheus' && uid !== '' ? { datasource: { uid } } : {}),
      tags: kind === 'tags' ? tags : [], matchAny: flagOf(target.matchAny ?? json.matchAny), limit: intOf(target.limit ?? json.limit, 100, 1, 1000),
      // Without any panel an inclusion means all: Grafana writes it so for "all panels".
      ...(filter === undefined || filter.ids.length === 0 && !filter.exclude ? {} : { panels: filter }),
    }]
  })
}

function sourceOf(json: JsonObject): string {
  const { datasource } = json
  if (typeof datasource === 'string') return datasource.includes('Grafana') ? 'grafana' : datasource
  return isObject(datasource) ? textOf(datasource.uid) === '-- Grafana --' || textOf(datasource.uid) === 'grafana' || textOf(datasource.type) === 'grafana' ? 'grafana' : textOf(datasource.uid) : ''
}
