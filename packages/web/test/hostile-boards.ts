type Json = Record<string, unknown>

/** Runs, if anything lets it. */
export const MARKUP = '<img src="favicon.svg?a" onload="window.__ran=1"><img src=x: onerror="window.__ran=1"><script>window.__ran=1</script><svg/onload="window.__ran=1"><iframe srcdoc="<script>parent.__ran=1</script>"></iframe>"><b>'

/** An address that would run. */
export const SCRIPT_URL = ' java\nscript:window.__ran=1//'

const at = (i: number): Json => ({ x: i % 3 * 8, y: Math.floor(i / 3) * 7, w: 8, h: 7 })
const asks = (expr: string): Json[] => [{ refId: 'A', expr, legendFormat: `{{evil}} ${MARKUP}` }]
const links = [{ title: MARKUP, url: SCRIPT_URL }, { title: 'data', url: 'data:text/html,<script>parent.__ran=1</script>' }, { title: 'label', url: '${__field.labels.href}' }]

/** A board whose every text and address is hostile. Its queries ask `hostile_labels`. */
export const HOSTILE_BOARD: Json = {
  uid: 'hostile', title: MARKUP, description: MARKUP, tags: [MARKUP], schemaVersion: 42, time: { from: 'now-1h', to: 'now' },
  links: [{ type: 'link', title: MARKUP, tooltip: MARKUP, url: SCRIPT_URL }, { type: 'link', title: 'vb', url: 'vbscript:window.__ran=1' }, { type: 'dashboards', title: MARKUP, tags: [MARKUP], asDropdown: true }],
  annotations: { list: [{ name: MARKUP, enable: true, iconColor: '"><script>window.__ran=1</script>', expr: 'hostile_labels', titleFormat: `{{evil}}${MARKUP}`, textFormat: MARKUP, datasource: { type: 'prometheus', uid: 'x' } }] },
  templating: { list: [
    { name: 'evil', type: 'custom', label: MARKUP, query: MARKUP, current: { text: MARKUP, value: MARKUP }, options: [{ text: MARKUP, value: MARKUP, selected: true }] },
    // Each refers to the other.
    { name: 'a', type: 'query', query: 'label_values(up{job="$b"}, job)', current: {} }, { name: 'b', type: 'query', query: 'label_values(up{job="$a"}, job)', current: {} }, { name: 'self', type: 'query', query: 'label_values(up{job="$self"}, job)', current: {} },
  ] },
  panels: [
    { id: 1, type: 'timeseries', title: `$evil ${MARKUP}`, description: MARKUP, gridPos: at(0), links, targets: asks('hostile_labels'), fieldConfig: { defaults: { unit: MARKUP, links, color: { mode: 'fixed', fixedColor: '"><img src=x: onerror=window.__ran=1>' }, custom: { axisLabel: MARKUP } }, overrides: [] }, options: { legend: { displayMode: 'table' } } },
    { id: 2, type: 'stat', title: 'stat', gridPos: at(1), targets: asks('hostile_labels'), fieldConfig: { defaults: { links, noValue: MARKUP, mappings: [{ type: 'range', options: { from: -1e9, to: 1e9, result: { text: MARKUP, color: MARKUP } } }] }, overrides: [] }, options: { textMode: 'value_and_name' } },
    { id: 3, type: 'table', title: 'table', gridPos: at(2), targets: [{ refId: 'A', expr: 'hostile_labels', instant: true, format: 'table' }], fieldConfig: { defaults: { links, custom: { cellOptions: { type: 'markdown' } } }, overrides: [] }, options: {} },
    { id: 4, type: 'text', title: 'markdown', gridPos: at(3), options: { mode: 'markdown', content: `${MARKUP}\n\n[a](javascript:window.__ran=1) [b](<data:text/html,x>) ![c](x: "\\" onerror=\\"window.__ran=1")\n\n<a href="javascript:window.__ran=1" onclick="window.__ran=1">d</a>\n\n$evil` } },
    { id: 5, type: 'text', title: 'html', gridPos: at(4), options: { mode: 'html', content: `${MARKUP}<a href="jav&#x09;ascript:window.__ran=1">a</a><form action="javascript:window.__ran=1"><button>b</button></form><math><mtext><style><img src=x: onerror=window.__ran=1></style></mtext></math><body onload=window.__ran=1><p style="background:url(javascript:1)">c</p><object data="javascript:1"></object><meta http-equiv=refresh content="0;url=javascript:1">` } },
    { id: 6, type: 'bargauge', title: 'bars', gridPos: at(5), targets: asks('hostile_labels'), fieldConfig: { defaults: { links }, overrides: [] }, options: {} },
    { id: 7, type: 'state-timeline', title: 'states', gridPos: at(6), targets: asks('hostile_labels'), options: {} },
    { id: 8, type: 'piechart', title: 'pie', gridPos: at(7), targets: asks('hostile_labels'), options: { legend: { showLegend: true, values: ['value'] } } },
    { id: 9, type: MARKUP, title: 'no such kind', gridPos: at(8), targets: asks('hostile_labels') },
    { id: 10, type: 'timeseries', title: 'failing', gridPos: at(9), targets: [{ refId: 'A', expr: `summ(hostile_labels)` }] },
    { id: 11, type: 'row', title: MARKUP, gridPos: { x: 0, y: 30, w: 24, h: 1 }, collapsed: true, panels: [] },
  ],
}

/** A board of so many panels, each with a question of its own. */
export function longBoard(panels: number): Json {
  return { uid: 'long', title: 'Long', schemaVersion: 42, time: { from: 'now-1h', to: 'now' }, panels: Array.from({ length: panels }, (_, i) => ({ id: i + 1, type: 'timeseries', title: `Panel ${i + 1}`, gridPos: at(i), targets: [{ refId: 'A', expr: `rate:${i}` }] })) }
}

/** A board whose one panel gets ten thousand series. */
export const CROWDED_BOARD: Json = { uid: 'crowded', title: 'Crowded', schemaVersion: 42, time: { from: 'now-1h', to: 'now' }, panels: [{ id: 1, type: 'timeseries', title: 'Too many', gridPos: { x: 0, y: 0, w: 24, h: 12 }, options: { legend: { displayMode: 'table' } }, targets: [{ refId: 'A', expr: 'ten_thousand' }] }] }
