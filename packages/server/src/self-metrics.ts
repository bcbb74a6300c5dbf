import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { RuleGroupView } from '@haechi/rules'
import type { OwnMetric, ServerDeps } from './deps.ts'
import { registerEventLoopLag } from './event-loop-lag.ts'
import { metricValue } from './go-values.ts'
import type { BuildInfo } from './prometheus/status.ts'

/** Counts requests and writes `/metrics`, under the names that dashboards of Prometheus read where we have the same thing. */
export interface SelfMetrics {
  observe(handler: string, code: number, seconds: number, bytes: number, method: string): void
  render(): Promise<string>
  readonly contentType: string
}

export function selfMetrics(deps: Pick<ServerDeps, 'status' | 'rules' | 'scrape'>, build: BuildInfo, version: string): SelfMetrics {
  const registry = new Registry()
  const registers = [registry]
  // Its own monitor of the event loop costs more than all else that an idle server does: it practically never looks, and ours stands in for it.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 2 ** 31 - 1 })
  registerEventLoopLag(registry)
  const requests = new Counter({ name: 'prometheus_http_requests_total', help: 'Counter of HTTP requests.', labelNames: ['code', 'handler'], registers })
  const duration = new Histogram({
    name: 'prometheus_http_request_duration_seconds', help: 'Histogram of latencies for HTTP requests.', labelNames: ['handler'], buckets: [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120], registers,
  })
  const alertmanager = new Histogram({
    name: 'alertmanager_http_request_duration_seconds', help: 'Histogram of latencies for HTTP requests.', labelNames: ['code', 'handler', 'method'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers,
  })
  // Nothing is refused for being one too many; the request that reads this is the one in flight.
  new Counter({ name: 'alertmanager_http_concurrency_limit_exceeded_total', help: 'Total number of times an HTTP request failed because the concurrency limit was reached.', labelNames: ['method'], registers }).labels('get').inc(0)
  new Gauge({ name: 'alertmanager_http_requests_in_flight', help: 'Current number of HTTP requests being processed.', labelNames: ['method'], registers }).labels('get').set(1)
  const size = new Histogram({
    name: 'prometheus_http_response_size_bytes', help: 'Histogram of response size for HTTP requests.', labelNames: ['handler'],
    buckets: [100, 1000, 10_000, 100_000, 1e6, 1e7, 1e8, 1e9], registers,
  })
  new Gauge({ name: 'haechi_build_info', help: 'The version of Haechi and of Node.js.', labelNames: ['version', 'nodeversion'], registers }).labels(version, process.versions.node).set(1)
  new Gauge({ name: 'prometheus_ready', help: 'Whether Prometheus startup was fully completed and the server is ready for normal operation.', registers, collect() { this.set(deps.status.ready() ? 1 : 0) } })
  new Gauge({
    name: 'prometheus_build_info', help: 'The Prometheus version whose API is answered; see haechi_build_info for the program itself.',
    labelNames: ['branch', 'goversion', 'revision', 'version'], registers,
  }).labels(build.branch, build.goVersion, build.revision, build.version).set(1)
  new Gauge({
    name: 'prometheus_config_last_reload_successful', help: 'Whether the last configuration reload attempt was successful.', registers,
    collect() { this.set(deps.status.lastReload().success ? 1 : 0) },
  })
  new Gauge({
    name: 'prometheus_config_last_reload_success_timestamp_seconds', help: 'Timestamp of the last successful configuration reload.', registers,
    collect() { this.set(deps.status.lastReload().tMs / 1000) },
  })

  return {
    observe(handler, code, seconds, bytes, method) {
      // The names of paths are Alertmanager's, without what they hold.
      if (handler.startsWith('/api/v2/')) alertmanager.labels(String(code), handler.replace(/\/:\w+$/, '/{silenceID}'), method.toLowerCase()).observe(seconds)
      requests.labels(String(code), handler).inc()
      duration.labels(handler).observe(seconds)
      size.labels(handler).observe(bytes)
    },
    async render() {
      const own = await registry.metrics()
      const taken = new Set(registry.getMetricsAsArray().map(m => m.name))
      const extra = [...ruleMetrics(deps.rules.groups()), ...scrapeMetrics(deps.scrape), ...deps.status.metrics()]
      let out = own.endsWith('\n') ? own : `${own}\n`
      for (const m of extra) {
        // Twice the same family makes the whole page unreadable; the first one stays.
        if (taken.has(m.name)) continue
        taken.add(m.name)
        out += familyText(m)
      }
      return out
    },
    contentType: registry.contentType,
  }
}

function familyText(m: OwnMetric): string {
  let out = `# HELP ${m.name} ${m.help.replace(/[\\\n]/g, c => (c === '\n' ? '\\n' : '\\\\'))}\n# TYPE ${m.name} ${m.type}\n`
  for (const v of m.values) {
    const labels = Object.entries(v.labels ?? {}).map(([k, x]) => `${k}="${x.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`)
    out += `${m.name}${v.suffix ?? ''}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${metricValue(v.value)}\n`
  }
  return out
}

function ruleMetrics(groups: readonly RuleGroupView[]): OwnMetric[] {
  const family = (name: string, type: 'counter' | 'gauge', help: string, value: (g: RuleGroupView) => number): OwnMetric => ({
    name, type, help, values: groups.map(g => ({ labels: { rule_group: `${g.file};${g.name}` }, value: value(g) })),
  })
  return [
    family('prometheus_rule_evaluations_total', 'counter', 'The total number of rule evaluations.', g => g.evaluations),
    family('prometheus_rule_evaluation_failures_total', 'counter', 'The total number of rule evaluation failures.', g => g.evaluationFailures),
    family('prometheus_rule_group_iterations_total', 'counter', 'The total number of scheduled rule group evaluations, whether executed or missed.', g => g.iterations),
    family('prometheus_rule_group_iterations_missed_total', 'counter', 'The total number of rule group evaluations missed due to slow rule group evaluation.', g => g.iterationsMissed),
    family('prometheus_rule_group_interval_seconds', 'gauge', 'The interval of a rule group.', g => g.intervalMs / 1000),
    family('prometheus_rule_group_last_duration_seconds', 'gauge', 'The duration of the last rule group evaluation.', g => g.evaluationMs / 1000),
    family('prometheus_rule_group_last_evaluation_samples', 'gauge', 'The number of samples returned during the last rule group evaluation.', g => g.lastSamples),
    family('prometheus_rule_group_last_evaluation_timestamp_seconds', 'gauge', 'The timestamp of the last rule group evaluation in seconds.', g => g.lastEvaluationMs / 1000),
    family('prometheus_rule_group_rules', 'gauge', 'The number of rules.', g => g.rules.length),
  ]
}

function scrapeMetrics(scrape: ServerDeps['scrape']): OwnMetric[] {
  const targets = new Map<string, number>()
  for (const pool of scrape.scrapePools()) targets.set(pool, 0)
  let duplicate = 0
  let outOfOrder = 0
  let outOfBounds = 0
  for (const t of scrape.activeTargets()) {
    targets.set(t.scrapePool, (targets.get(t.scrapePool) ?? 0) + 1)
    duplicate += t.duplicateSamples
    outOfOrder += t.outOfOrderSamples
    outOfBounds += t.outOfBoundsSamples
  }
  // These three are sums over the targets that are there now, and shrink when a target goes: gauges would be true to that, dashboards want the names.
  return [
    { name: 'prometheus_target_scrape_pools_total', type: 'gauge', help: 'Scrape pools in use.', values: [{ value: targets.size }] },
    {
      name: 'prometheus_target_scrape_pool_targets', type: 'gauge', help: 'Current number of targets in this scrape pool.',
      values: [...targets].map(([pool, value]) => ({ labels: { scrape_job: pool }, value })),
    },
    { name: 'prometheus_target_scrapes_sample_duplicate_timestamp_total', type: 'counter', help: 'Total number of samples rejected due to duplicate timestamps but different values.', values: [{ value: duplicate }] },
    { name: 'prometheus_target_scrapes_sample_out_of_order_total', type: 'counter', help: 'Total number of samples rejected due to not being out of the expected order.', values: [{ value: outOfOrder }] },
    { name: 'prometheus_target_scrapes_sample_out_of_bounds_total', type: 'counter', help: 'Total number of samples rejected due to timestamp falling outside of the time bounds.', values: [{ value: outOfBounds }] },
  ]
}
