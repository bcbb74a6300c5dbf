export {
  SERVICE_KINDS, detectServiceKind, distinctKinds, errorRatioByEndpointExpr, errorRatioExpr, inProgressExpr, latencyByEndpointExpr, latencyExpr, meanLatencyExpr,
  rateByEndpointExpr, rateByStatusExpr, rateExpr, serviceKind, serviceQueries, totalErrorRatioExpr, totalRateExpr,
} from './service-kinds.ts'
export type { KindQueries, MetricCatalog, QueryScope, ServiceKind } from './service-kinds.ts'
export { HOST_METRIC, hostQueries } from './host-queries.ts'
export type { HostQueries, HostScope } from './host-queries.ts'
export { escapePattern, quotePromql } from './promql-text.ts'
