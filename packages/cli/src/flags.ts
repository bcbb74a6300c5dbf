import { availableParallelism } from 'node:os'
import type { AppOptions } from '@haechi/app'
import { availableMemory, defaultHeadMemory } from '@haechi/tsdb'
import { DurationError, compilePattern, formatDuration, parseDuration } from '@haechi/model'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { addOtherFlags, isOtherFlag } from './other-flags.ts'

/** The version of this program. */
export const VERSION = '0.1.0'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

function duration(text: string): number {
  try {
    return parseDuration(text)
  } catch (err) {
    if (!(err instanceof DurationError)) throw err
    throw new InvalidArgumentError(`${err.message}; write e.g. 15d, 2h or 30s.`)
  }
}

/** @see Prometheus cmd/prometheus/main.go `autoReloadInterval` */
function reloadInterval(text: string): number {
  const ms = duration(text)
  if (ms < 1000) throw new InvalidArgumentError('The files are looked at once a second at most; write at least 1s.')
  return ms
}

/** A length of blocks: chunks that never span more than a second can't be. */
function blockDuration(text: string): number {
  const ms = duration(text)
  if (ms < 1000) throw new InvalidArgumentError('A block spans at least 1s.')
  return ms
}

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('Expected a whole number above 0.')
  return n
}

/** 0: no limit. */
function countOrNone(text: string): number {
  const n = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(n)) throw new InvalidArgumentError('Expected a whole number; 0 is no limit.')
  return n
}

/** A retention that no sample outlives. */
const NO_TIME_LIMIT_MS = 100 * 365 * 86_400_000

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

const MB = 2 ** 20

/** Sizes as Prometheus' flags take them: `512MB` and `512MiB` are the same number. */
function bytes(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([KMGTP]?)(?:i?B)$/.exec(text)
  const n = found === null ? NaN : Math.round(Number(found[1]) * 1024 ** ' KMGTP'.indexOf(found[2] === '' ? ' ' : found[2]!))
  if (text === '0') return 0
  if (!Number.isSafeInteger(n)) throw new InvalidArgumentError('Write a size with its unit, e.g. 512MB or 20GB.')
  return n
}

function bytesText(n: number): string {
  let unit = 0
  let left = n
  while (left >= 1024 && left % 1024 === 0 && unit < BYTE_UNITS.length - 1) {
    left /= 1024
    unit++
  }
  return `${left}${BYTE_UNITS[unit]!}`
}

function listen(text: string, previous: string[] | undefined): string[] {
  if (!/^(.*):(\d{1,5})$/.test(text) || Number(/\d+$/.exec(text)![0]) > 65_535) throw new InvalidArgumentError('Write host:port, e.g. 127.0.0.1:9090, or :9090 for every address.')
  return [...(previous ?? []), text]
}

function pattern(text: string): string {
  try {
    compilePattern(text)
    void new RegExp(text)
  } catch (err) {
    throw new InvalidArgumentError(`${(err as Error).message}.`)
  }
  return text
}

/** Names separated by commas; the flag may be given more than once. */
export function names(text: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...text.split(',')]
}

function url(text: string): string {
  const parsed = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined) throw new InvalidArgumentError('Write a full address, e.g. https://example.org/haechi.')
  return text.replace(/\/+$/, '')
}

/** A flag whose default is shown in its own words, since `addOption` keeps the parsed value. */
function flag<T>(flags: string, description: string, parse?: (text: string, previous: T) => T, fallback?: T, shown?: string): Option {
  const option = new Option(flags, description)
  if (parse !== undefined) option.argParser(parse)
  if (fallback !== undefined) option.default(fallback, shown)
  return option
}

/**
 * Adds the flags of the server to a command; names, meanings and defaults are Prometheus' own where Prometheus has them.
 *
 * @param say  picks the language of the descriptions
 */
export function addServerFlags(command: Command, say: (en: string, ko: string) => string): Command {
  return addOtherFlags(command)
    .addOption(flag('--config.file <path>', say('Prometheus configuration file; without it prometheus.yml of this folder is used, else services on this machine are found by themselves', 'Prometheus 설정 파일. 없으면 이 폴더의 prometheus.yml을 쓰고, 그것도 없으면 이 컴퓨터의 서비스를 자동으로 찾습니다')))
    .addOption(flag('--config.auto-reload-interval <duration>', say('with --enable-feature=auto-reload-config: how often the files of the configuration are looked at for changes', '--enable-feature=auto-reload-config를 켰을 때 설정 파일이 바뀌었는지 확인하는 간격'), reloadInterval, 30_000, '30s'))
    .addOption(flag('--alertmanager.config.file <path>', say('Alertmanager configuration file: who is told of which alert; default: alertmanager.yml of this folder if it is there', 'Alertmanager 설정 파일. 어떤 알림을 누구에게 보낼지 정합니다. 기본값: 이 폴더에 alertmanager.yml이 있으면 그 파일')))
    .addOption(flag('--provisioning <folder>', say('folder of Grafana provisioning files; its alerting/*.yaml and dashboards/*.yaml are read; default: provisioning/ of this folder if it is there', 'Grafana 프로비저닝 파일 폴더. 그 안의 alerting/*.yaml과 dashboards/*.yaml을 읽습니다. 기본값: 이 폴더에 provisioning/이 있으면 그 폴더')))
    .addOption(flag('--env-file <path>', say('file with secrets such as DISCORD_WEBHOOK; default: .env of this folder if it is there', 'DISCORD_WEBHOOK 같은 비밀 값이 든 파일. 기본값: 이 폴더에 .env가 있으면 그 파일')))
    .addOption(flag('--demo', say('also start two small services to look at', '살펴볼 수 있는 작은 서비스 두 개도 함께 시작합니다')))
    .addOption(flag('--storage.tsdb.path <path>', say('data directory (default: data/, with --demo data-demo/)', '데이터 폴더 (기본값: data/, --demo이면 data-demo/)')))
    .addOption(flag('--storage.tsdb.retention.time <duration>', say('how long samples are kept', '샘플을 보관하는 기간'), duration, 15 * 86_400_000, '15d'))
    .addOption(flag('--storage.tsdb.retention.size <bytes>', say('most space for blocks and log together, e.g. 20GB; the oldest blocks go first (default: no limit)', '블록과 로그가 함께 쓸 수 있는 최대 공간, 예: 20GB. 오래된 블록부터 지웁니다 (기본값: 제한 없음)'), bytes))
    .addOption(flag('--storage.tsdb.min-block-duration <duration>', say('length of the shortest blocks; for tests and for Thanos', '가장 짧은 블록의 길이. 시험용이거나 Thanos와 함께 쓸 때 필요합니다'), blockDuration, 7_200_000, '2h').hideHelp())
    .addOption(flag('--storage.tsdb.max-block-duration <duration>', say('most time that a merged block may span (default: a tenth of the retention, at most 31d)', '합친 블록 하나의 최대 길이 (기본값: 보관 기간의 10분의 1, 최대 31d)'), blockDuration).hideHelp())
    .addOption(flag('--storage.head.max-series <count>', say('most series at once; further ones are refused and counted (default: no limit)', '동시에 둘 수 있는 최대 시계열 수. 넘는 것은 받지 않고 셉니다 (기본값: 제한 없음)'), count))
    .addOption(flag('--storage.head.max-memory <bytes>', say('memory of the newest hours from which new series are refused, e.g. 2GB; 0: no limit (default: two fifths of the memory of the machine or container)', '최근 데이터의 메모리가 이만큼 되면 새 시계열을 받지 않습니다, 예: 2GB. 0이면 제한 없음 (기본값: 컴퓨터나 컨테이너 메모리의 5분의 2)'), bytes))
    .addOption(new Option('--storage.tsdb.wal-compression').default(true).hideHelp())
    .addOption(flag('--no-storage.tsdb.wal-compression', say('write the write-ahead log without compression', 'WAL을 압축하지 않고 씁니다')))
    .addOption(flag('--storage.tsdb.wal-compression-type <type>', say('how the write-ahead log is compressed: snappy, or zstd (smaller, more work)', 'WAL 압축 방식: snappy, 또는 더 작지만 계산이 더 드는 zstd')).choices(['snappy', 'zstd']).default('snappy'))
    .addOption(flag('--web.listen-address <host:port>', say('address to listen on; may be given more than once (default: 127.0.0.1:9090)', '요청을 받을 주소. 여러 번 쓸 수 있습니다 (기본값: 127.0.0.1:9090)'), listen))
    .addOption(flag('--web.config.file <path>', say('users and TLS, as Prometheus\' web configuration file', '사용자와 TLS 설정. Prometheus의 웹 설정 파일 형식입니다')))
    .addOption(flag('--web.max-connections <count>', say('most connections at once; further ones wait', '동시에 받는 최대 연결 수. 넘는 연결은 기다립니다'), count, 512))
    .addOption(flag('--web.read-timeout <duration>', say('longest time for reading a request, and for a connection without one', '요청 하나를 읽는 최대 시간이자, 요청 없이 열려 있는 연결의 최대 시간'), duration, 300_000, '5m'))
    .addOption(flag('--web.external-url <url>', say('address under which people reach this server', '사람들이 이 서버에 접속하는 주소'), url))
    .addOption(flag('--web.route-prefix <path>', say('prefix of every path; default: the path of the external URL', '모든 경로 앞에 붙는 접두사. 기본값: 외부 주소의 경로')))
    .addOption(flag('--web.cors.origin <regex>', say('origins that may ask from a browser', '브라우저에서 요청할 수 있는 출처(origin)'), pattern, '.*'))
    .addOption(flag('--web.enable-lifecycle', say('allow POST /-/reload and /-/quit', 'POST /-/reload와 /-/quit을 허용합니다')))
    .addOption(flag('--web.enable-admin-api', say('allow deleting series, cleaning tombstones and snapshots at /api/v1/admin/tsdb', '/api/v1/admin/tsdb에서 시리즈 삭제, 삭제 표시 정리, 스냅샷을 허용합니다')))
    .addOption(flag('--web.enable-remote-write-receiver', say('accept remote write at /api/v1/write', '/api/v1/write에서 remote write를 받습니다')))
    .addOption(new Option('--no-web.enable-lifecycle').hideHelp())
    .addOption(new Option('--no-web.enable-admin-api').hideHelp())
    .addOption(new Option('--no-web.enable-remote-write-receiver').hideHelp())
    .addOption(flag('--query.lookback-delta <duration>', say('how old a sample may be for an instant query', '순간 질의에서 쓸 수 있는 샘플의 최대 나이'), duration, 300_000, '5m'))
    .addOption(flag('--query.timeout <duration>', say('longest time of a query', '질의 하나에 쓸 수 있는 최대 시간'), duration, 120_000, '2m'))
    .addOption(flag('--query.max-memory <bytes>', say('most memory that one query may take, e.g. 512MB; 0: no limit (default: a quarter of the memory of the machine or container, at most 2GB)', '질의 하나가 쓸 수 있는 최대 메모리, 예: 512MB. 0이면 제한 없음 (기본값: 컴퓨터나 컨테이너 메모리의 1/4, 최대 2GB)'), bytes))
    .addOption(flag('--query.max-memory-total <bytes>', say('most memory that all running queries may take together; 0: no limit (default: half of the memory of the machine or container)', '실행 중인 모든 질의가 함께 쓸 수 있는 최대 메모리. 0이면 제한 없음 (기본값: 컴퓨터나 컨테이너 메모리의 1/2)'), bytes))
    .addOption(flag('--query.max-samples <count>', say('most samples that one query may hold in memory', '질의 하나가 메모리에 올릴 수 있는 최대 샘플 수'), count, 50_000_000))
    .addOption(flag('--query.max-concurrency <count>', say('most queries that run at once; further ones wait', '동시에 실행하는 최대 질의 수. 나머지는 기다립니다'), count, 20))
    .addOption(flag('--query.threads <count>', say('threads that answer queries', '질의를 처리하는 스레드 수'), count, Math.max(1, Math.min(4, availableParallelism()))))
    .addOption(flag('--query.cache-size <bytes>', say('most memory for what queries have read and answered, to be used again; 0: none (default: a 32nd of the memory of the machine or container, at least 32MB, at most 256MB)', '질의가 읽은 데이터와 결과를 다시 쓰기 위해 보관하는 최대 메모리. 0이면 보관하지 않습니다 (기본값: 컴퓨터나 컨테이너 메모리의 1/32, 32MB에서 256MB 사이)'), bytes))
    .addOption(flag('--rules.alert.for-outage-tolerance <duration>', say('longest outage over which an alert keeps how long it has been active', '알림의 지속 시간을 이어서 셀 수 있는 최대 중단 시간'), duration, 3_600_000, '1h'))
    .addOption(flag('--rules.alert.for-grace-period <duration>', say('shortest time between a restart and a restored alert; of alerts whose "for" is longer', '다시 시작한 뒤 복원한 알림이 발생하기까지의 최소 시간. "for"가 이보다 긴 알림에만 적용됩니다'), duration, 600_000, '10m'))
    .addOption(flag('--rules.alert.resend-delay <duration>', say('shortest time before an alert that still fires is told again', '계속 발생 중인 알림을 다시 알리기까지의 최소 시간'), duration, 60_000, '1m'))
    .addOption(flag('--rules.max-concurrent-evals <count>', say('most questions of rules that run at once; further ones wait, and those of one moment are asked together', '동시에 실행하는 규칙 질의의 최대 수. 나머지는 기다리며, 같은 시각의 질의는 한꺼번에 묻습니다'), count, 4))
    .addOption(flag('--alertmanager.notification-queue-capacity <count>', say('most alerts that wait to be sent to Alertmanagers; beyond it the oldest are dropped', 'Alertmanager로 보내려고 기다리는 최대 알림 수. 넘으면 오래된 것부터 버립니다'), count, 10_000))
    .addOption(flag('--alertmanager.notification-batch-size <count>', say('most alerts in one request to an Alertmanager', 'Alertmanager로 보내는 요청 하나에 담는 최대 알림 수'), count, 256))
    .addOption(new Option('--alertmanager.drain-notification-queue-on-shutdown').default(true).hideHelp())
    .addOption(flag('--no-alertmanager.drain-notification-queue-on-shutdown', say('drop alerts that wait for an Alertmanager at a stop, instead of sending them first', '종료할 때 Alertmanager로 보내지 못한 알림을 마저 보내지 않고 버립니다')))
    .addOption(flag('--alerts.per-alertname-limit <count>', say('most alerts of one name that are taken; further ones are refused and counted; 0: any number', '이름이 같은 알림을 받는 최대 수. 넘는 알림은 받지 않고 셉니다. 0이면 제한하지 않습니다'), countOrNone, 0))
    .addOption(flag('--silences.max-silences <count>', say('most silences that are kept, expired ones included; 0: any number', '만료된 것을 포함해 보관하는 최대 사일런스 수. 0이면 제한하지 않습니다'), countOrNone, 10_000))
    .addOption(flag('--silences.max-silence-size-bytes <count>', say('largest silence in bytes; 0: any size', '사일런스 하나의 최대 크기(바이트). 0이면 제한하지 않습니다'), countOrNone, 65_536))
    .addOption(flag('--enable-feature <names>', say('features to enable, separated by commas, by Prometheus\' names: promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers, promql-delayed-name-removal, promql-per-step-stats, use-start-timestamps, native-histograms, metadata-wal-records, st-storage, auto-reload-config', '켤 기능을 쉼표로 구분해 적습니다. 이름은 Prometheus와 같습니다: promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers, promql-delayed-name-removal, promql-per-step-stats, use-start-timestamps, native-histograms, metadata-wal-records, st-storage, auto-reload-config'), names))
    .addOption(flag('--heartbeat.url <url>', say('address that is told at each interval that Haechi lives, e.g. of healthchecks.io; HEARTBEAT_URL in the .env file does the same', 'Haechi가 살아 있음을 주기마다 알릴 주소. 예: healthchecks.io. .env 파일의 HEARTBEAT_URL도 같습니다'), url))
    .addOption(flag('--heartbeat.method <method>', say('GET, or POST with the alert Watchdog', 'GET, 또는 Watchdog 알림을 담은 POST')).choices(['GET', 'POST']).default('POST'))
    .addOption(flag('--heartbeat.interval <duration>', say('time between two heartbeats, at least 10s', '하트비트 간격. 10초 이상'), duration, 60_000, '1m'))
    .addOption(flag('--log.level <level>', say('debug, info, warn or error', 'debug, info, warn, error 중 하나')).choices(LEVELS).default('info'))
    .addOption(flag('--log.format <format>', say('logfmt or json', 'logfmt 또는 json')).choices(['logfmt', 'json']).default('logfmt'))
}

/** The parsed flags as the app takes them. Keys are as commander makes them: camel case behind the last dot. */
export function appOptions(values: Readonly<Record<string, unknown>>, command: Command): AppOptions {
  const text = (key: string): string | undefined => values[key] as string | undefined
  const demo = values['demo'] === true
  // As in Prometheus: the default of the time holds only where no size is given.
  const sizeOnly = (values['storage.tsdb.retention.size'] as number | undefined ?? 0) > 0 && command.getOptionValueSource('storage.tsdb.retention.time') === 'default'
  return {
    ...optional('configFile', text('config.file')),
    ...optional('alertmanagerConfigFile', text('alertmanager.config.file')),
    ...optional('provisioning', text('provisioning')),
    ...(text('heartbeat.url') === undefined ? {} : { heartbeat: { url: text('heartbeat.url')!, method: text('heartbeat.method') as 'GET' | 'POST', intervalMs: Math.max(10_000, values['heartbeat.interval'] as number) } }),
    ...optional('envFile', text('envFile')),
    ...optional('webConfigFile', text('web.config.file')),
    ...optional('externalUrl', text('web.externalUrl')),
    ...optional('routePrefix', text('web.routePrefix')),
    dataDirectory: text('storage.tsdb.path') ?? (demo ? 'data-demo' : 'data'),
    retentionMs: sizeOnly ? NO_TIME_LIMIT_MS : values['storage.tsdb.retention.time'] as number,
    blockRangeMs: values['storage.tsdb.minBlockDuration'] as number,
    ...(values['storage.tsdb.maxBlockDuration'] === undefined ? {} : { maxBlockRangeMs: values['storage.tsdb.maxBlockDuration'] as number }),
    ...(values['storage.head.maxSeries'] === undefined ? {} : { maxSeries: values['storage.head.maxSeries'] as number }),
    ...(values['storage.head.maxMemory'] === undefined ? {} : { maxHeadMemoryBytes: values['storage.head.maxMemory'] as number }),
    retentionBytes: (values['storage.tsdb.retention.size'] as number | undefined) ?? 0,
    walCompression: values['storage.tsdb.walCompression'] === false ? 'none' : values['storage.tsdb.walCompressionType'] as 'snappy' | 'zstd',
    listen: (values['web.listenAddress'] as string[] | undefined) ?? ['127.0.0.1:9090'],
    maxConnections: values['web.maxConnections'] as number,
    readTimeoutMs: values['web.readTimeout'] as number,
    autoReloadIntervalMs: values['config.autoReloadInterval'] as number,
    alertsPerName: values['alerts.perAlertnameLimit'] as number,
    corsOrigin: text('web.cors.origin')!,
    lifecycle: values['web.enableLifecycle'] === true,
    adminApi: values['web.enableAdminApi'] === true,
    remoteWriteReceiver: values['web.enableRemoteWriteReceiver'] === true,
    lookbackMs: values['query.lookbackDelta'] as number,
    queryTimeoutMs: values['query.timeout'] as number,
    queryMaxSamples: values['query.maxSamples'] as number,
    queryMaxConcurrency: values['query.maxConcurrency'] as number,
    queryThreads: values['query.threads'] as number,
    queryMaxBytes: (values['query.maxMemory'] as number | undefined) ?? DERIVED['query.max-memory']!(),
    queryMaxTotalBytes: (values['query.maxMemoryTotal'] as number | undefined) ?? DERIVED['query.max-memory-total']!(),
    queryCacheBytes: (values['query.cacheSize'] as number | undefined) ?? DERIVED['query.cache-size']!(),
    rules: {
      outageToleranceMs: values['rules.alert.forOutageTolerance'] as number, forGracePeriodMs: values['rules.alert.forGracePeriod'] as number, resendDelayMs: values['rules.alert.resendDelay'] as number,
      maxConcurrentEvals: values['rules.maxConcurrentEvals'] as number,
    },
    alertmanagerQueue: {
      capacity: values['alertmanager.notificationQueueCapacity'] as number, batchSize: values['alertmanager.notificationBatchSize'] as number, drain: values['alertmanager.drainNotificationQueueOnShutdown'] !== false,
    },
    silenceLimits: { maxSilences: values['silences.maxSilences'] as number, maxBytes: values['silences.maxSilenceSizeBytes'] as number },
    features: (values['enableFeature'] as string[] | undefined) ?? [],
    logLevel: text('log.level') as AppOptions['logLevel'],
    logFormat: text('log.format') as AppOptions['logFormat'],
    demo,
    flags: flagTexts(values, command),
    version: VERSION,
  }
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>)
}

/** Sizes that follow from the memory that this process can have (machine, container, `ulimit -v`) when their flag is not given. */
const DERIVED: Readonly<Record<string, () => number>> = {
  'storage.head.max-memory': defaultHeadMemory,
  'query.max-memory': () => Math.min(2048 * MB, Math.floor(availableMemory() / 4)),
  'query.max-memory-total': () => Math.floor(availableMemory() / 2),
  'query.cache-size': () => Math.min(256 * MB, Math.max(32 * MB, Math.floor(availableMemory() / 32))),
}

/** Every flag with its value as text, as `/api/v1/status/flags` shows it. */
function flagTexts(values: Readonly<Record<string, unknown>>, command: Command): Record<string, string> {
  const out: Record<string, string> = {}
  for (const option of command.options) {
    const name = option.long!.replace(/^--(no-)?/, '')
    if (name === 'version' || name === 'help') continue
    const value = values[option.attributeName()]
    if (isOtherFlag(name) && value === undefined) continue
    // Whoever knows the address can pretend to be this server.
    if (name === 'heartbeat.url' && value !== undefined) {
      out[name] = '<secret>'
      continue
    }
    const isDuration = typeof value === 'number' && option.flags.includes('<duration>')
    if (option.flags.includes('<bytes>')) {
      // What the flag leaves to the machine is shown as it came out.
      const given = (value as number | undefined) ?? DERIVED[name]?.() ?? 0
      out[name] = bytesText(Number.isFinite(given) ? given : 0)
      continue
    }
    out[name] = isDuration ? formatDuration(value) : value === undefined ? (option.required || option.optional ? '' : 'false') : Array.isArray(value) ? value.join(',') : String(value)
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}
