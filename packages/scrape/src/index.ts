export type {
  ActiveTarget, DroppedTarget, MetadataFilter, MetricMetadata, MetricType, MultiProcessEvidence, ScrapeView, TargetHealth, TargetMetadata,
} from './views.ts'
