import path from 'node:path'
import { DEFAULT_SCRAPE_PROTOCOLS, acceptHeader, formatOf, parseExposition } from '@haechi/exposition'
import type { ParsedBody } from '@haechi/exposition'
import { BufferPool, fetchBody } from './fetcher.ts'
import { ScrapeError } from './go-error.ts'
import { HttpClient } from './http-client.ts'
import { DEFAULT_HTTP_CONFIG } from './http-config.ts'
import { listeningSockets, processOf } from './listening-sockets.ts'
import type { ListeningSocket, SocketProcess } from './listening-sockets.ts'
import { SILENT_LOG, SYSTEM_CLOCK } from './surroundings.ts'
import type { ScrapeClock, ScrapeLog } from './surroundings.ts'

/** A service of this machine that answers with metrics. */
export interface LocalTarget {
  /** `localhost:8000` */
  readonly address: string
  readonly port: number
  readonly metricsPath: string
  /** A job name that says what it is; unique among those found. */
  readonly jobName: string
  /** Command of the process, where it can be seen. */
  readonly command?: string
  /** Working directory of the process, where it can be seen. */
  readonly directory?: string
}

/** How services of this machine are looked for. */
export interface LocalDiscoveryOptions {
  /** Our own ports. */
  readonly exclude: readonly number[]
  /** Called with everything found so far, whenever that has changed. */
  readonly onChange: (targets: readonly LocalTarget[]) => void
  readonly userAgent: string
  readonly clock?: ScrapeClock
  readonly log?: ScrapeLog
  /** Between two looks; a port that answered otherwise is asked again no sooner than after {@link LocalDiscoveryOptions.againMs}. */
  readonly everyMs?: number
  readonly againMs?: number
  readonly timeoutMs?: number
  /** Asked at the same time. */
  readonly concurrency?: number
  /** Where the proc file system is. */
  readonly proc?: string
}

/** Ports of the usual frameworks and exporters, in the order in which they are asked; without a proc file system only these are. */
export const USUAL_PORTS: readonly number[] = [
  8000, 8900, 9100, 3000, 5000, 8080, 8081, 4000, 9464, 8001, 8888, 3001, 5001, 8002, 8082, 8090, 9000, 9001, 9090, 9091, 9093, 9102, 9104, 9113, 9115, 9117, 9121, 9150, 9187, 9216, 9256, 9419,
]

/** Servers that speak no HTTP and log a stranger's request as an error or an attack. */
const OTHER_PORTS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 515, 587, 631, 636, 873, 993, 995, 1433, 1521, 1883, 2049, 2181, 3306, 3389, 5432, 5433, 5672, 5900, 5938, 6000, 6379, 6380,
  6432, 6667, 7001, 8883, 9042, 9092, 9160, 11211, 11434, 16379, 26379, 27017, 27018, 27019, 33060, 50051,
])
const OTHER_COMMANDS = /^(?:postgres|mysqld|mariadbd?|redis-server|valkey-server|mongod|memcached|sshd|dovecot|master|exim4?|rpcbind|cupsd|dnsmasq|systemd.*|java-kafka|beam\.smp|epmd|vscode.*|code)$/

const MAX_BODY = 32 << 20

interface Port { inode: string; nextMs: number; misses: number; target: LocalTarget | undefined }

/**
 * Finds services of this machine by asking listening ports for `/metrics`.
 *
 * Quiet: loopback only, one GET per port (a second, `/actuator/prometheus`, only after a 404), few at a time, short time limits; a port that does not answer with
 * metrics is left alone for minutes, longer each time, unless another process listens there.
 */
export class LocalDiscovery {
  readonly #options: LocalDiscoveryOptions
  readonly #clock: ScrapeClock
  readonly #log: ScrapeLog
  readonly #client: HttpClient
  readonly #pool = new BufferPool()
  readonly #ports = new Map<number, Port>()
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(options: LocalDiscoveryOptions) {
    this.#options = options
    this.#clock = options.clock ?? SYSTEM_CLOCK
    this.#log = options.log ?? SILENT_LOG
    this.#client = new HttpClient({ ...DEFAULT_HTTP_CONFIG, followRedirects: false }, () => this.#clock.now())
  }

  /** Looks at once, then every {@link LocalDiscoveryOptions.everyMs}. @returns when the first look is over */
  async start(): Promise<void> {
    await this.look()
    if (!this.#stopped) this.#cancel = this.#clock.after(this.#options.everyMs ?? 15_000, () => void this.start())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#client.close()
  }

  /** What was found so far, by port. Services that have stopped stay: that they are gone is worth knowing. */
  get targets(): LocalTarget[] {
    return [...this.#ports.values()].flatMap(p => p.target ?? []).sort((a, b) => a.port - b.port)
  }

  /** One look at all ports that are due. */
  async look(): Promise<void> {
    const proc = this.#options.proc ?? '/proc'
    const sockets = listeningSockets(proc) ?? USUAL_PORTS.map(port => ({ port, inode: '' }))
    const due = sockets.filter(s => this.#isDue(s)).sort((a, b) => rank(a.port) - rank(b.port))
    let changed = false
    const next = due[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const socket of next) {
        if (this.#stopped) return
        const target = await this.#ask(socket, proc)
        const known = this.#ports.get(socket.port)
        const misses = target === undefined ? (known?.misses ?? 0) + 1 : 0
        // 5, 10, 20, then every 30 minutes with the defaults.
        const pauseMs = Math.min((this.#options.againMs ?? 300_000) * 2 ** (misses - 1), 6 * (this.#options.againMs ?? 300_000))
        this.#ports.set(socket.port, { inode: socket.inode, nextMs: this.#clock.now() + pauseMs, misses, target: target ?? known?.target })
        if (target !== undefined && JSON.stringify(target) !== JSON.stringify(known?.target)) {
          changed = true
          this.#log.info({ address: target.address, path: target.metricsPath, job: target.jobName }, 'Found a service with metrics')
        }
      }
    }
    await Promise.all(Array.from({ length: this.#options.concurrency ?? 4 }, worker))
    if (changed && !this.#stopped) this.#options.onChange(this.targets)
  }

  #isDue(socket: ListeningSocket): boolean {
    if (this.#options.exclude.includes(socket.port) || OTHER_PORTS.has(socket.port)) return false
    const known = this.#ports.get(socket.port)
    if (known === undefined) return true
    // A found service that was started anew is still the same target.
    if (known.target !== undefined) return false
    return known.inode !== socket.inode || this.#clock.now() >= known.nextMs
  }

  async #ask(socket: ListeningSocket, proc: string): Promise<LocalTarget | undefined> {
    const owner = socket.inode === '' ? undefined : processOf(proc, socket.inode)
    if (owner !== undefined && OTHER_COMMANDS.test(owner.command)) return undefined
    const address = `localhost:${socket.port}`
    for (const metricsPath of ['/metrics', '/actuator/prometheus']) {
      const answer = await this.#metricsAt(`http://${address}${metricsPath}`)
      if (typeof answer === 'object') {
        const jobName = this.#freeName(suggestedName(answer, owner), socket.port)
        return { address, port: socket.port, metricsPath, jobName, ...(owner !== undefined && { command: owner.command, directory: owner.directory }) }
      }
      if (answer !== 404) return undefined
    }
    return undefined
  }

  /** The page, or the status of an answer that is none, or 0. */
  async #metricsAt(url: string): Promise<ParsedBody | number> {
    try {
      const body = await fetchBody(this.#client, {
        url, timeoutMs: this.#options.timeoutMs ?? 2000, bodySizeLimit: MAX_BODY,
        headers: { 'accept': acceptHeader(DEFAULT_SCRAPE_PROTOCOLS, 'allow-utf-8'), 'accept-encoding': 'gzip', 'user-agent': this.#options.userAgent },
      }, this.#pool, 16384, this.#clock)
      const parsed = parseExposition(body.bytes.subarray(0, body.length), formatOf(body.contentType, 'PrometheusText0.0.4'))
      this.#pool.give(body.bytes)
      // A word and a number are a sample, too; a page of metrics says what they are.
      return parsed.samples.length > 0 && parsed.families.length > 0 ? parsed : 0
    } catch (err) {
      return err instanceof ScrapeError ? (err.status ?? 0) : 0
    }
  }

  #freeName(name: string, port: number): string {
    for (const p of this.#ports.values()) if (p.target !== undefined && p.target.port !== port && p.target.jobName === name) return `${name}-${port}`
    return name
  }
}

function rank(port: number): number {
  const i = USUAL_PORTS.indexOf(port)
  return i < 0 ? 1000 + port : i
}

/** Metric names that only one program or library has, and the job name that its users give it. */
const MARKS: readonly (readonly [metric: RegExp, name: string])[] = [
  [/^node_(?:cpu_seconds_total|uname_info)$/, 'node_exporter'], [/^django_http_/, 'django'], [/^(?:http_request_duration_highr_seconds|fastapi_|starlette_)/, 'fastapi'],
  [/^flask_/, 'flask'], [/^prometheus_build_info$/, 'prometheus'], [/^alertmanager_build_info$/, 'alertmanager'], [/^grafana_build_info$/, 'grafana'],
  [/^vm_app_version$/, 'victoriametrics'], [/^(?:http_server_requests_seconds|spring_|application_ready_time_seconds)/, 'spring'], [/^aspnetcore_|^kestrel_/, 'aspnet'],
  [/^nginx_/, 'nginx'], [/^traefik_/, 'traefik'], [/^caddy_/, 'caddy'], [/^redis_/, 'redis'], [/^pg_/, 'postgres'], [/^mysql_/, 'mysql'], [/^rails_|^ruby_/, 'rails'],
  [/^phoenix_|^erlang_/, 'phoenix'], [/^minio_/, 'minio'],
]

/** Names of commands that only run something else. */
const RUNNERS = /^(?:python[\d.]*|node|bun|deno|java|ruby|perl|php[\d.]*|uvicorn|gunicorn|hypercorn|daphne|npm|npx|pnpm|yarn|sh|bash|dotnet|ld-linux.*)$/

/** What its users would call the service: by its library, its project folder or its command. */
export function suggestedName(body: ParsedBody, owner: SocketProcess | undefined): string {
  for (const [mark, name] of MARKS) if (body.families.some(f => mark.test(f.name))) return name
  if (owner !== undefined) {
    if (!RUNNERS.test(owner.command)) return tidy(owner.command)
    const jar = owner.args.find(a => a.endsWith('.jar'))
    if (jar !== undefined) return tidy(path.basename(jar, '.jar').replace(/-\d[\w.-]*$/, ''))
    const folder = path.basename(owner.directory)
    if (folder !== '' && owner.directory !== '/' && owner.directory !== process.env['HOME']) return tidy(folder)
    const script = owner.args.slice(1).find(a => !a.startsWith('-') && /\.\w+$/.test(a))
    if (script !== undefined) return tidy(path.basename(script).replace(/\.\w+$/, ''))
  }
  if (body.families.some(f => f.name.startsWith('nodejs_'))) return 'node'
  return 'service'
}

function tidy(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'service'
}
