import { promises as dns } from 'node:dns'
import { readFileSync, readdirSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import path from 'node:path'
import { parseFieldsList } from '@haechi/model'
import type { DiscoveryConfig, TargetGroup } from './discovery-config.ts'
import { BufferPool, fetchBody } from './fetcher.ts'
import { HttpClient } from './http-client.ts'
import type { ScrapeClock, ScrapeLog } from './surroundings.ts'

/** Gives target groups, and gives them again whenever they change. */
export interface Discoverer {
  /** Calls `update` with all groups: once soon, then after each change. */
  start(update: (groups: readonly TargetGroup[]) => void): void
  stop(): void
}

/** What discovery needs from outside. */
export interface DiscoverySurroundings {
  readonly clock: ScrapeClock
  readonly log: ScrapeLog
  readonly userAgent: string
}

/** The discoverer for a configuration. */
export function newDiscoverer(config: DiscoveryConfig, around: DiscoverySurroundings): Discoverer {
  switch (config.kind) {
    case 'static': return { start: update => update(config.groups), stop() {} }
    case 'file': return new FileDiscoverer(config.files, config.refreshMs, around)
    case 'http': return new HttpDiscoverer(config, around)
    case 'dns': return new DnsDiscoverer(config, around)
  }
}

/** The files that a pattern with at most one `*` in its last part names, sorted. */
function matchingFiles(pattern: string): string[] {
  const directory = path.dirname(pattern)
  const base = path.basename(pattern)
  if (!base.includes('*')) return [pattern]
  const [before, after] = base.split('*') as [string, string]
  try {
    return readdirSync(directory).filter(n => n.length >= before.length + after.length && n.startsWith(before) && n.endsWith(after)).sort().map(n => path.join(directory, n))
  } catch {
    return []
  }
}

/** `file_sd_configs`: files are read at the start, when they change and every refresh interval. A file that can't be read keeps its last targets. */
class FileDiscoverer implements Discoverer {
  readonly #patterns: readonly string[]
  readonly #refreshMs: number
  readonly #around: DiscoverySurroundings
  readonly #groups = new Map<string, readonly TargetGroup[]>()
  #watchers: FSWatcher[] = []
  #cancel: (() => void) | undefined
  #soon: (() => void) | undefined
  #update: (groups: readonly TargetGroup[]) => void = () => {}

  constructor(patterns: readonly string[], refreshMs: number, around: DiscoverySurroundings) {
    this.#patterns = patterns
    this.#refreshMs = refreshMs
    this.#around = around
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#update = update
    for (const directory of new Set(this.#patterns.map(p => path.dirname(p)))) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.#later())
        watcher.on('error', err => this.#around.log.warn({ err, directory }, 'Watching a directory of file_sd_configs failed'))
        this.#watchers.push(watcher)
      } catch (err) {
        this.#around.log.warn({ err, directory }, 'Watching a directory of file_sd_configs failed')
      }
    }
    this.#refresh()
  }

  stop(): void {
    for (const w of this.#watchers) w.close()
    this.#watchers = []
    this.#cancel?.()
    this.#soon?.()
  }

  /** Several events come for one change; the file may still be written to at the first. */
  #later(): void {
    this.#soon?.()
    this.#soon = this.#around.clock.after(100, () => this.#refresh())
  }

  #refresh(): void {
    this.#cancel?.()
    const files = new Set(this.#patterns.flatMap(matchingFiles))
    for (const file of this.#groups.keys()) if (!files.has(file)) this.#groups.delete(file)
    for (const file of files) {
      try {
        this.#groups.set(file, readGroups(readFileSync(file, 'utf8'), file))
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code === 'ENOENT') this.#groups.delete(file)
        else this.#around.log.error({ err, path: file }, 'Error reading file')
      }
    }
    this.#update([...this.#groups.values()].flat())
    this.#cancel = this.#around.clock.after(this.#refreshMs, () => this.#refresh())
  }
}

/** Reads a list of `{ targets, labels }`, YAML or JSON. @throws ConfigError */
function readGroups(text: string, file: string): TargetGroup[] {
  return parseFieldsList(text, file).map((f, i) => {
    const targets = f.strings('targets', [])
    const labels = f.stringMap('labels')
    f.done()
    return { source: `${file}:${i}`, targets: targets.map(address => ({ __address__: address })), labels: { ...labels, __meta_filepath: file } }
  })
}

/** Repeats a look-up; when it fails, the targets stay as they were. */
abstract class Refreshing implements Discoverer {
  readonly around: DiscoverySurroundings
  readonly #refreshMs: number
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(refreshMs: number, around: DiscoverySurroundings) {
    this.#refreshMs = refreshMs
    this.around = around
  }

  abstract look(): Promise<TargetGroup[]>

  start(update: (groups: readonly TargetGroup[]) => void): void {
    void this.#run(update)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #run(update: (groups: readonly TargetGroup[]) => void): Promise<void> {
    try {
      const groups = await this.look()
      if (!this.#stopped) update(groups)
    } catch (err) {
      this.around.log.error({ err: (err as Error).message }, 'Unable to refresh target groups')
    }
    if (!this.#stopped) this.#cancel = this.around.clock.after(this.#refreshMs, () => void this.#run(update))
  }
}

/** `http_sd_configs`. */
class HttpDiscoverer extends Refreshing {
  readonly #config: Extract<DiscoveryConfig, { kind: 'http' }>
  readonly #client: HttpClient
  readonly #pool = new BufferPool()

  constructor(config: Extract<DiscoveryConfig, { kind: 'http' }>, around: DiscoverySurroundings) {
    super(config.refreshMs, around)
    this.#config = config
    this.#client = new HttpClient(config.http, () => around.clock.now())
  }

  override stop(): void {
    super.stop()
    void this.#client.close()
  }

  async look(): Promise<TargetGroup[]> {
    const { url, refreshMs } = this.#config
    const body = await fetchBody(this.#client, {
      url, timeoutMs: refreshMs, bodySizeLimit: 64 << 20,
      headers: { 'accept': 'application/json', 'user-agent': this.around.userAgent, 'x-prometheus-refresh-interval-seconds': String(refreshMs / 1000) },
    }, this.#pool, 4096, this.around.clock)
    if (!/^application\/json(;\s*charset=("utf-8"|utf-8))?$/i.test(body.contentType)) throw new Error(`unsupported content type ${JSON.stringify(body.contentType)}`)
    const groups = readGroups(Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.length).toString('utf8'), url)
    return groups.map(g => {
      const { __meta_filepath: _, ...labels } = g.labels
      return { ...g, labels: { ...labels, __meta_url: url } }
    })
  }
}

/** `dns_sd_configs`. */
class DnsDiscoverer extends Refreshing {
  readonly #config: Extract<DiscoveryConfig, { kind: 'dns' }>

  constructor(config: Extract<DiscoveryConfig, { kind: 'dns' }>, around: DiscoverySurroundings) {
    super(config.refreshMs, around)
    this.#config = config
  }

  async look(): Promise<TargetGroup[]> {
    return Promise.all(this.#config.names.map(async name => {
      const targets = await this.#targets(name)
      return { source: name, targets: targets.map(t => ({ ...t, __meta_dns_name: name })), labels: {} }
    }))
  }

  async #targets(name: string): Promise<Record<string, string>[]> {
    const { type, port } = this.#config
    const joined = (host: string): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
    const undotted = (host: string): string => host.replace(/\.$/, '')
    try {
      switch (type) {
        case 'A': return (await dns.resolve4(name)).map(a => ({ __address__: joined(a) }))
        case 'AAAA': return (await dns.resolve6(name)).map(a => ({ __address__: joined(a) }))
        case 'MX': return (await dns.resolveMx(name)).map(m => ({ __address__: joined(undotted(m.exchange)), __meta_dns_mx_record_target: m.exchange }))
        case 'NS': return (await dns.resolveNs(name)).map(n => ({ __address__: joined(undotted(n)), __meta_dns_ns_record_target: n }))
        case 'SRV': return (await dns.resolveSrv(name)).map(s => ({ __address__: `${undotted(s.name)}:${s.port}`, __meta_dns_srv_record_target: s.name, __meta_dns_srv_record_port: String(s.port) }))
      }
    } catch (err) {
      // A name without such records has no targets; a resolver that does not answer says nothing about them.
      if (['ENOTFOUND', 'ENODATA'].includes((err as NodeJS.ErrnoException).code ?? '')) return []
      throw err
    }
  }
}

