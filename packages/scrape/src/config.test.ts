import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseFields } from '@haechi/model'
import { globalScrapeConfig, scrapeConfigs } from './config.ts'
import type { ScrapeConfig } from './config.ts'
import { makeTarget } from './target.ts'

function load(text: string): ScrapeConfig[] {
  const f = parseFields(text, 'prometheus.yml')
  return scrapeConfigs(f.list('scrape_configs'), globalScrapeConfig(f.fields('global')))
}
const refuses = (name: string, text: string, message: string): void => {
  test(`[C2] ${name}`, () => expect(() => load(text)).toThrow(message))
}
const job = (keys: string): string => `scrape_configs:\n- job_name: x\n${keys.split('\n').map(l => `  ${l}`).join('\n')}\n`

describe('C1 a file gives what Prometheus makes of it', () => {
  test('[C1] defaults', () => {
    expect(load(job(''))[0]).toMatchObject({
      jobName: 'x', scrapeIntervalMs: 60_000, scrapeTimeoutMs: 10_000, metricsPath: '/metrics', scheme: 'http', honorLabels: false, honorTimestamps: true, enableCompression: true, sampleLimit: 0,
      protocols: ['OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4'], nameValidation: 'utf8', nameEscaping: 'allow-utf-8', extras: { discovered: false, zeroBirth: false },
    })
  })

  test('[C1] global values, and a timeout never above the interval', () => {
    expect(load(`global: { scrape_interval: 5s, sample_limit: 7, body_size_limit: 1MB }\n${job('')}`)[0]).toMatchObject({ scrapeIntervalMs: 5000, scrapeTimeoutMs: 5000, sampleLimit: 7, bodySizeLimit: 1 << 20 })
    expect(load(`global: { scrape_interval: 60s, scrape_timeout: 20s }\n${job('scrape_interval: 15s\nsample_limit: 3')}`)[0]).toMatchObject({ scrapeTimeoutMs: 15_000, sampleLimit: 3 })
  })

  test('[C1] every key that Prometheus 3.5 knows', () => {
    const [config] = load(job(`scrape_interval: 30s
scrape_timeout: 5s
metrics_path: /m
scheme: https
params: { module: [a, b] }
honor_labels: true
honor_timestamps: false
track_timestamps_staleness: true
scrape_protocols: [PrometheusText0.0.4]
fallback_scrape_protocol: PrometheusText0.0.4
always_scrape_classic_histograms: false
convert_classic_histograms_to_nhcb: false
native_histogram_bucket_limit: 1
native_histogram_min_bucket_factor: 1.1
scrape_failure_log_file: fail.log
enable_compression: false
body_size_limit: 10MB
sample_limit: 1
target_limit: 2
label_limit: 3
label_name_length_limit: 4
label_value_length_limit: 5
keep_dropped_targets: 6
metric_name_validation_scheme: legacy
metric_name_escaping_scheme: underscores
basic_auth: { username: u, password: p }
tls_config: { insecure_skip_verify: true, server_name: s, min_version: TLS12 }
proxy_url: http://proxy:3128
no_proxy: a,b
follow_redirects: false
enable_http2: false
http_headers: { X-Team: { values: [a] } }
relabel_configs: [{ source_labels: [a], target_label: b }]
metric_relabel_configs: [{ regex: x, action: labeldrop }]
static_configs: [{ targets: ['a:1', 'b:2'], labels: { env: prod } }]
file_sd_configs: [{ files: ['t/*.json'], refresh_interval: 1m }]
http_sd_configs: [{ url: 'http://sd/' }]
dns_sd_configs: [{ names: [a.b], type: A, port: 80 }]`))
    expect(config).toMatchObject({
      metricsPath: '/m', scheme: 'https', honorLabels: true, honorTimestamps: false, trackTimestampsStaleness: true, fallbackProtocol: 'PrometheusText0.0.4', enableCompression: false, bodySizeLimit: 10 << 20,
      sampleLimit: 1, targetLimit: 2, labelLimit: 3, labelNameLengthLimit: 4, labelValueLengthLimit: 5, keepDroppedTargets: 6, nameValidation: 'legacy', nameEscaping: 'underscores',
      http: { followRedirects: false, proxy: { noProxy: ['a', 'b'], fromEnvironment: false }, tls: { insecureSkipVerify: true, serverName: 's', minVersion: 'TLSv1.2' } },
    })
    expect(config!.discovery.map(d => d.kind)).toEqual(['static', 'file', 'http', 'dns'])
  })

  test('[C1] secrets are never printed', () => {
    const [config] = load(job('authorization: { credentials: hunter2 }\nhttp_headers: { X-Key: { secrets: [swordfish] } }'))
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 9 })}`).not.toMatch(/hunter2|swordfish/)
  })
})

describe('C2 what Prometheus refuses is refused in its words', () => {
  refuses('no name', 'scrape_configs:\n- metrics_path: /x\n', 'job_name is empty')
  refuses('the same name twice', 'scrape_configs:\n- job_name: a\n- job_name: a\n', 'prometheus.yml:3:3: scrape_configs[1].job_name: found multiple scrape configs with job name "a"')
  refuses('timeout above the interval', job('scrape_interval: 5s\nscrape_timeout: 6s'), 'scrape timeout greater than scrape interval for scrape config with job name "x"')
  refuses('global timeout above the interval', 'global: { scrape_interval: 5s, scrape_timeout: 6s }\n', 'global scrape timeout greater than scrape interval')
  refuses('unknown key', job('metric_path: /x'), 'field metric_path not found')
  refuses('a URL as target', job("static_configs: [{ targets: ['http://a:1/metrics'] }]"), '"http://a:1/metrics" is not a valid hostname')
  refuses('two ways to authenticate', job('basic_auth: { username: u }\nauthorization: { credentials: c }'), 'at most one of basic_auth, oauth2 & authorization must be configured')
  refuses('basic as a type', job('authorization: { type: Basic, credentials: c }'), 'authorization type cannot be set to "basic", use "basic_auth" instead')
  refuses('two bearer tokens', job('bearer_token: a\nbearer_token_file: b'), 'at most one of bearer_token & bearer_token_file must be configured')
  refuses('unknown protocol', job('scrape_protocols: [X]'), 'scrape_protocols: unknown scrape protocol X, supported: [OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0] for scrape config with job name "x"')
  refuses('protocol twice', job('scrape_protocols: [PrometheusProto, PrometheusProto]'), 'duplicated protocol in scrape_protocols, got [PrometheusProto PrometheusProto] for scrape config with job name "x"')
  refuses('no protocols', job('scrape_protocols: []'), 'scrape_protocols cannot be empty for scrape config with job name "x"')
  refuses('no files', job('file_sd_configs: [{ files: [] }]'), 'file service discovery config must contain at least one path name')
  refuses('a file of another kind', job("file_sd_configs: [{ files: ['a.txt'] }]"), 'path name "a.txt" is not valid for file discovery')
  refuses('a discovery that is not there', job('consul_sd_configs: [{ server: x }]'), 'consul_sd_configs is not supported')
  refuses('dns without port', job('dns_sd_configs: [{ names: [a], type: A }]'), 'a port is required in DNS-SD configs for all record types except SRV')
  refuses('reserved header', job('http_headers: { Host: { values: [a] } }'), 'setting header "Host" is not allowed')
})

describe('C3 targets', () => {
  const target = (keys: string, own: Record<string, string>): ReturnType<typeof makeTarget> => makeTarget(load(job(keys))[0]!, { source: '0', targets: [], labels: { env: 'prod' } }, own)

  test('[C3] labels and URL', () => {
    const out = target('params: { module: [http 2xx], a: ["1", "2"] }', { __address__: 'h:1' })
    expect(out).toMatchObject({ kind: 'active', target: { url: 'http://h:1/metrics?a=1&a=2&module=http+2xx', labels: ['env', 'prod', 'instance', 'h:1', 'job', 'x'], intervalMs: 60_000, timeoutMs: 10_000 } })
    expect(out.kind === 'active' && out.target.discoveredLabels).toEqual([
      '__address__', 'h:1', '__metrics_path__', '/metrics', '__param_a', '1', '__param_module', 'http 2xx', '__scheme__', 'http', '__scrape_interval__', '1m', '__scrape_timeout__', '10s', 'env', 'prod', 'job', 'x',
    ])
  })

  test('[C3] relabeling may change address, path, interval and drop', () => {
    expect(target('relabel_configs: [{ source_labels: [__address__], target_label: __param_target }, { replacement: "blackbox:9115", target_label: __address__ }, { replacement: 5s, target_label: __scrape_interval__ }, { replacement: 2s, target_label: __scrape_timeout__ }]', { __address__: 'site' }))
      .toMatchObject({ kind: 'active', target: { url: 'http://blackbox:9115/metrics?target=site', intervalMs: 5000 } })
    expect(target('relabel_configs: [{ source_labels: [env], regex: prod, action: drop }]', { __address__: 'h' }).kind).toBe('dropped')
  })

  test.each([
    [{}, 'no address'], [{ __address__: 'a/b' }, '"a/b" is not a valid hostname'], [{ __address__: 'a', __scrape_interval__: '0s' }, 'scrape interval cannot be 0'],
    [{ __address__: 'a', __scrape_interval__: '5s' }, 'scrape timeout cannot be greater than scrape interval ("10s" > "5s")'],
    [{ __address__: 'a', __scrape_interval__: 'x' }, 'error parsing scrape interval: not a valid duration string: "x"'],
  ])('[C3] %j', (own, error) => expect(target('', own as Record<string, string>)).toMatchObject({ kind: 'failed', error }))
})
