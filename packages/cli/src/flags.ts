import { availableParallelism } from 'node:os'
import type { AppOptions } from '@haechi/app'
import { DurationError, compilePattern, formatDuration, parseDuration } from '@haechi/model'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

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

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('Expected a whole number above 0.')
  return n
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
function names(text: string, previous: string[] | undefined): string[] {
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

/** Adds the flags of the server to a command; names, meanings and defaults are Prometheus' own where Prometheus has them. */
export function addServerFlags(command: Command): Command {
  return command
    .addOption(flag('--config.file <path>', 'Prometheus configuration file; without it prometheus.yml of this folder is used, else services on this machine are found by themselves'))
    .addOption(flag('--alertmanager.config.file <path>', 'Alertmanager configuration file: who is told of which alert; default: alertmanager.yml of this folder if it is there'))
    .addOption(flag('--env-file <path>', 'file with secrets such as DISCORD_WEBHOOK; default: .env of this folder if it is there'))
    .addOption(flag('--demo', 'also start two small services to look at'))
    .addOption(flag('--storage.tsdb.path <path>', 'data directory (default: data/, with --demo data-demo/)'))
    .addOption(flag('--storage.tsdb.retention.time <duration>', 'how long samples are kept', duration, 15 * 86_400_000, '15d'))
    .addOption(flag('--no-storage.tsdb.wal-compression', 'write the write-ahead log without compression'))
    .addOption(flag('--web.listen-address <host:port>', 'address to listen on; may be given more than once (default: 127.0.0.1:9090)', listen))
    .addOption(flag('--web.config.file <path>', 'users and TLS, as Prometheus\' web configuration file'))
    .addOption(flag('--web.external-url <url>', 'address under which people reach this server', url))
    .addOption(flag('--web.route-prefix <path>', 'prefix of every path; default: the path of the external URL'))
    .addOption(flag('--web.cors.origin <regex>', 'origins that may ask from a browser', pattern, '.*'))
    .addOption(flag('--web.enable-lifecycle', 'allow POST /-/reload and /-/quit'))
    .addOption(flag('--web.enable-remote-write-receiver', 'accept remote write at /api/v1/write'))
    .addOption(flag('--query.lookback-delta <duration>', 'how old a sample may be for an instant query', duration, 300_000, '5m'))
    .addOption(flag('--query.timeout <duration>', 'longest time of a query', duration, 120_000, '2m'))
    .addOption(flag('--query.max-samples <count>', 'most samples that one query may hold in memory', count, 50_000_000))
    .addOption(flag('--query.max-concurrency <count>', 'most queries that run at once; further ones wait', count, 20))
    .addOption(flag('--query.threads <count>', 'threads that answer queries', count, Math.max(1, Math.min(4, availableParallelism()))))
    .addOption(flag('--enable-feature <names>', 'features to enable, separated by commas, by Prometheus\' names: promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers, promql-delayed-name-removal, promql-per-step-stats', names))
    .addOption(flag('--log.level <level>', 'debug, info, warn or error').choices(LEVELS).default('info'))
    .addOption(flag('--log.format <format>', 'logfmt or json').choices(['logfmt', 'json']).default('logfmt'))
}

/** The parsed flags as the app takes them. Keys are as commander makes them: camel case behind the last dot. */
export function appOptions(values: Readonly<Record<string, unknown>>, command: Command): AppOptions {
  const text = (key: string): string | undefined => values[key] as string | undefined
  const demo = values['demo'] === true
  return {
    ...optional('configFile', text('config.file')),
    ...optional('alertmanagerConfigFile', text('alertmanager.config.file')),
    ...optional('envFile', text('envFile')),
    ...optional('webConfigFile', text('web.config.file')),
    ...optional('externalUrl', text('web.externalUrl')),
    ...optional('routePrefix', text('web.routePrefix')),
    dataDirectory: text('storage.tsdb.path') ?? (demo ? 'data-demo' : 'data'),
    retentionMs: values['storage.tsdb.retention.time'] as number,
    walCompression: values['storage.tsdb.walCompression'] !== false,
    listen: (values['web.listenAddress'] as string[] | undefined) ?? ['127.0.0.1:9090'],
    corsOrigin: text('web.cors.origin')!,
    lifecycle: values['web.enableLifecycle'] === true,
    remoteWriteReceiver: values['web.enableRemoteWriteReceiver'] === true,
    lookbackMs: values['query.lookbackDelta'] as number,
    queryTimeoutMs: values['query.timeout'] as number,
    queryMaxSamples: values['query.maxSamples'] as number,
    queryMaxConcurrency: values['query.maxConcurrency'] as number,
    queryThreads: values['query.threads'] as number,
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

/** Every flag with its value as text, as `/api/v1/status/flags` shows it. */
function flagTexts(values: Readonly<Record<string, unknown>>, command: Command): Record<string, string> {
  const out: Record<string, string> = {}
  for (const option of command.options) {
    const name = option.long!.replace(/^--(no-)?/, '')
    if (name === 'version' || name === 'help') continue
    const value = values[option.attributeName()]
    const isDuration = typeof value === 'number' && option.flags.includes('<duration>')
    out[name] = isDuration ? formatDuration(value) : value === undefined ? (option.required || option.optional ? '' : 'false') : Array.isArray(value) ? value.join(',') : String(value)
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}
