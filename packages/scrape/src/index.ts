export { DEFAULT_GLOBAL_SCRAPE, globalScrapeConfig, ownScrapeConfig, scrapeConfigs } from './config.ts'
export type { GlobalScrapeConfig, JobExtras, OwnJob, ScrapeConfig } from './config.ts'
export type { DiscoveryConfig, TargetGroup } from './discovery-config.ts'
export { httpConfig } from './http-config.ts'
export type { HttpConfig, TlsConfig } from './http-config.ts'
export { HttpClient } from './http-client.ts'
export { ScrapeManager } from './manager.ts'
export type { ScrapeManagerOptions } from './manager.ts'
export { ScrapeStats } from './stats.ts'
export { SYSTEM_CLOCK } from './surroundings.ts'
export type { ScrapeClock, ScrapeLog } from './surroundings.ts'
export type {
  ActiveTarget, DroppedTarget, MetadataFilter, MetricMetadata, MetricType, MultiProcessEvidence, ScrapeView, TargetHealth, TargetMetadata,
} from './views.ts'
