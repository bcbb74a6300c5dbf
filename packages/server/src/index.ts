export { ApiError, API_ERRORS } from './errors.ts'
export type { ApiErrorCode } from './errors.ts'
export { DEFAULT_SERVER_OPTIONS, createServer } from './server.ts'
export type { HaechiServer, InjectedAnswer } from './server.ts'
export { parseWebConfig, readWebConfig } from './security/web-config.ts'
export type { TlsConfig, WebConfig } from './security/web-config.ts'
export type {
  HaechiApi, LifecycleActions, NamedCount, OwnMetric, ProvidedBoard, ReceiveAnswer, ServerDeps, ServerLog, ServerOptions, StatusSource, TsdbStatus,
} from './deps.ts'
export type {
  ApiErrorBody, BoardSummary, ContactPointView, DeliveryView, Diagnosis, EditableRule, Health, LocalText, NewContactPoint, OverviewView, RuleEdit, ServiceQueries, ServiceView, StatusView,
  TargetView,
} from './api-types.ts'
