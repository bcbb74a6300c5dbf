/** A small board as Grafana writes it. */
export const BOARD: unknown = {
  uid: 'haechi-orders', title: 'orders · FastAPI', schemaVersion: 42, time: { from: 'now-3h', to: 'now' }, refresh: '10s', templating: { list: [] },
  panels: [
    { id: 1, type: 'stat', title: 'Requests per second', gridPos: { x: 0, y: 0, w: 8, h: 5 }, fieldConfig: { defaults: { unit: 'reqps' }, overrides: [] }, options: { reduceOptions: { calcs: ['lastNotNull'] } }, targets: [{ refId: 'A', expr: 'rate:orders' }] },
    { id: 2, type: 'stat', title: 'Is it failing?', gridPos: { x: 8, y: 0, w: 8, h: 5 }, fieldConfig: { defaults: { unit: 'percentunit', thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 0.01 }] } }, overrides: [] }, options: {}, targets: [{ refId: 'A', expr: 'errors:orders' }] },
    { id: 3, type: 'stat', title: 'Is it slow?', gridPos: { x: 16, y: 0, w: 8, h: 5 }, fieldConfig: { defaults: { unit: 's' }, overrides: [] }, options: {}, targets: [{ refId: 'A', expr: 'p95:orders' }] },
    { id: 4, type: 'timeseries', title: 'Requests per second, by endpoint', gridPos: { x: 0, y: 5, w: 12, h: 9 }, fieldConfig: { defaults: { unit: 'reqps' }, overrides: [] }, options: {}, targets: [{ refId: 'A', expr: 'sum by (handler) (rate(http_requests_total[$__rate_interval]))', legendFormat: '{{handler}}' }] },
    { id: 5, type: 'timeseries', title: 'How slow are the slowest 5 %?', gridPos: { x: 12, y: 5, w: 12, h: 9 }, fieldConfig: { defaults: { unit: 's' }, overrides: [] }, options: {}, targets: [{ refId: 'A', expr: 'p95:orders', legendFormat: 'p95' }] },
    { id: 6, type: 'canvas', title: 'Something else', gridPos: { x: 0, y: 14, w: 24, h: 4 }, targets: [] },
  ],
}
