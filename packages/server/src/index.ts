export { ApiError, API_ERRORS } from './errors.ts'
export type { ApiErrorCode } from './errors.ts'
export { ProvisioningError } from './grafana/provisioning.ts'
export type { GrafanaAlertingApi } from './grafana/provisioning.ts'
export type { GrafanaRulesApi, KeptGrafanaRule } from './grafana/alert-rules.ts'
export type { GrafanaRuleStore, StoredGrafanaRule } from './state/grafana-rules.ts'
export { DEFAULT_SERVER_OPTIONS, createServer } from './server.ts'
export { ListenError } from './listeners.ts'
export type { Listeners } from './listeners.ts'
export { listenWhileStarting } from './starting.ts'
export type { StartProgress } from './starting.ts'
export type { HaechiServer, InjectedAnswer } from './server.ts'
export { parseWebConfig, readWebConfig } from './security/web-config.ts'
export type { TlsConfig, WebConfig } from './security/web-config.ts'
export type {
  AlertmanagerSource, HaechiApi, LifecycleActions, NamedCount, OwnMetric, ProvidedBoard, ReceiveAnswer, ServerDeps, ServerLog, ServerOptions, StatusSource, TsdbStatus,
} from './deps.ts'
export { isAcknowledgement, silenceView } from './own/silences.ts'
export { StateError, openState } from './state/open-state.ts'
export { StateWriteError } from './state/state-write-error.ts'
export type { OpenStateOptions, StateErrorCode } from './state/open-state.ts'
export type { Annotation, AnnotationDraft, AnnotationFilter, AnnotationStore } from './state/annotations.ts'
export type { DashboardStore, DashboardVersion, SaveDetails, StoredDashboard } from './state/dashboards.ts'
export type { DataSourceSettings, DataSourceStore, StoredDataSource } from './state/data-sources.ts'
export type { Folder, FolderStore, StarStore } from './state/folders.ts'
export type { SessionStore, StateStore, StoredRuleEdit } from './state/state.ts'
export type {
  AlertFactsView, ApiErrorBody, BoardPanelView, BoardSummary, DataSourceTestView, GrafanaInstanceView, GrafanaRuleSummary, RulePreviewNode, RulePreviewView, CardinalityView, ChurnView, ContactPointField, ContactPointKind, ContactPointType, ContactPointView, DeliveryView, Diagnosis, EditableRule, Health, HeartbeatEdit, HeartbeatView, LimitView, LocalText, LoginRequest, NewContactPoint, NewRule, NewSilence, OverviewView,
  PolicyEndView, PolicyMatchView, PolicyNodeView, PolicyTreeView, RangeView, RuleEdit, SessionView, ServiceQueries, ServiceView, SilenceMatcherView, SilenceView, StatusView, TargetView, TimeIntervalView, TimeSpecView,
  EmptyReason, ExplainNode, QueryExplanation,
} from './api-types.ts'
