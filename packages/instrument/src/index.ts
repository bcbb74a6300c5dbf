export { instrument } from './frameworks.ts'
export type { ExpressMiddleware, FastifyPlugin, HonoMiddleware, Instrument, KoaMiddleware } from './frameworks.ts'
export { FINE_BUCKETS, HANDLER_BUCKETS, HttpMetrics } from './http-metrics.ts'
export type { HttpMetricsOptions, MetricsResponse, RequestInFlight } from './http-metrics.ts'
