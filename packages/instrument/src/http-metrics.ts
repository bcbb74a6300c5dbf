import { BlockList, isIP } from 'node:net'
import { Counter, Gauge, Histogram, Registry, Summary, collectDefaultMetrics } from 'prom-client'

/** Upper bounds in seconds of the histogram without labels: percentiles come from this one. From 10 ms to one minute. */
export const FINE_BUCKETS: readonly number[] = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60]

/** Upper bounds in seconds of the histogram by handler: fewer, because each handler and method has its own, but up to one minute, so that an alert on slow answers can fire. */
export const HANDLER_BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60]

/** Settings of {@link HttpMetrics}; each has a default that suits a small service. */
export interface HttpMetricsOptions {
  /** Where the metrics are registered; by default a registry of its own. Give prom-client's `register` to join metrics that the app already has. */
  readonly registry?: Registry
  /** The path that serves the metrics; requests to it are not counted. Default `/metrics`. */
  readonly path?: string
  /** Write `2xx` instead of `204` into the `status` label. Default true, as prometheus-fastapi-instrumentator does. */
  readonly groupStatusCodes?: boolean
  /** Handlers (route patterns) that are not counted. */
  readonly excludeHandlers?: readonly string[]
  /** Bounds of `http_request_duration_seconds`, in seconds. */
  readonly handlerBuckets?: readonly number[]
  /** Also export prom-client's process and Node metrics. Default true. */
  readonly processMetrics?: boolean
  /** Addresses or networks (`10.0.0.0/8`) that may read the metrics; everybody by default. Others get 403. */
  readonly allowFrom?: readonly string[]
  /** Monotonic seconds; for tests. */
  readonly clock?: () => number
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'QUERY'])

/** One request that is under way. Made by {@link HttpMetrics.begin}; `end` counts it, once. */
export interface RequestInFlight {
  /**
   * @param handler the route's pattern (`/orders/:id`), never the path itself: each distinct text is a series for ever. undefined: no route matched
   * @param status the HTTP status sent
   * @param responseBytes the response's Content-Length, if known
   */
  end(handler: string | undefined, status: number, responseBytes?: number): void
}

/** What the endpoint answers. */
export interface MetricsResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * HTTP server metrics under the names and labels of prometheus-fastapi-instrumentator, so that the same boards and alerts serve FastAPI and Node:
 * `http_requests_total{handler,method,status}`, `http_request_duration_highr_seconds`, `http_request_duration_seconds{handler,method}`,
 * `http_request_size_bytes{handler}`, `http_response_size_bytes{handler}`, `http_requests_inprogress`.
 */
export class HttpMetrics {
  readonly registry: Registry
  /** The path that serves the metrics. */
  readonly path: string
  readonly #group: boolean
  readonly #excluded: ReadonlySet<string>
  readonly #clock: () => number
  readonly #allowed: BlockList | undefined
  readonly #requests: Counter<'handler' | 'method' | 'status'>
  readonly #fine: Histogram
  readonly #byHandler: Histogram<'handler' | 'method'>
  readonly #requestSize: Summary<'handler'>
  readonly #responseSize: Summary<'handler'>
  readonly #inProgress: Gauge

  constructor(options: HttpMetricsOptions = {}) {
    this.registry = options.registry ?? new Registry()
    this.path = options.path ?? '/metrics'
    this.#group = options.groupStatusCodes ?? true
    this.#excluded = new Set([this.path, ...(options.excludeHandlers ?? [])])
    this.#clock = options.clock ?? (() => performance.now() / 1000)
    this.#allowed = options.allowFrom === undefined ? undefined : networks(options.allowFrom)
    const registers = [this.registry]
    this.#requests = new Counter({ name: 'http_requests_total', help: 'Total number of requests by method, status and handler.', labelNames: ['handler', 'method', 'status'], registers })
    this.#fine = new Histogram({ name: 'http_request_duration_highr_seconds', help: 'Latency in many buckets without labels, for accurate percentiles.', buckets: [...FINE_BUCKETS], registers })
    this.#byHandler = new Histogram({
      name: 'http_request_duration_seconds', help: 'Latency in fewer buckets by handler and method.', labelNames: ['handler', 'method'], buckets: [...(options.handlerBuckets ?? HANDLER_BUCKETS)], registers,
    })
    this.#requestSize = new Summary({ name: 'http_request_size_bytes', help: 'Content-Length of requests by handler; no percentiles.', labelNames: ['handler'], percentiles: [], registers })
    this.#responseSize = new Summary({ name: 'http_response_size_bytes', help: 'Content-Length of responses by handler; no percentiles.', labelNames: ['handler'], percentiles: [], registers })
    this.#inProgress = new Gauge({ name: 'http_requests_inprogress', help: 'Number of HTTP requests in progress.', registers })
    if (options.processMetrics ?? true) collectDefaultMetrics({ register: this.registry })
  }

  /** Starts to count a request; undefined for the metrics' own path, which is not counted. */
  begin(method: string, path: string, requestBytes = 0): RequestInFlight | undefined {
    if (path === this.path || path.startsWith(`${this.path}?`)) return undefined
    const startedS = this.#clock()
    const verb = METHODS.has(method) ? method : 'OTHER' // a client may send any word; each would be a series for ever
    this.#inProgress.inc()
    let ended = false
    return {
      end: (handler, status, responseBytes = 0) => {
        if (ended) return
        ended = true
        this.#inProgress.dec()
        const name = handler ?? 'none'
        if (this.#excluded.has(name)) return
        const seconds = this.#clock() - startedS
        this.#requests.inc({ handler: name, method: verb, status: this.#group ? `${Math.floor(status / 100)}xx` : String(status) })
        this.#fine.observe(seconds)
        this.#byHandler.observe({ handler: name, method: verb }, seconds)
        this.#requestSize.observe({ handler: name }, requestBytes)
        this.#responseSize.observe({ handler: name }, responseBytes)
      },
    }
  }

  /** The answer to a request for the metrics. `remoteAddress` is the client's IP address as the socket has it. */
  async respond(remoteAddress?: string): Promise<MetricsResponse> {
    if (this.#allowed !== undefined && !permitted(this.#allowed, remoteAddress)) {
      return { status: 403, contentType: 'text/plain; charset=utf-8', body: 'This address may not read the metrics (allowFrom).\n' }
    }
    return { status: 200, contentType: this.registry.contentType, body: await this.registry.metrics() }
  }
}

function networks(list: readonly string[]): BlockList {
  const out = new BlockList()
  for (const entry of list) {
    const [address, bits] = entry.split('/') as [string, string | undefined]
    const version = isIP(address)
    if (version === 0) throw new TypeError(`allowFrom: ${JSON.stringify(entry)} is not an IP address or network`)
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) out.addAddress(address, family)
    else out.addSubnet(address, Number(bits), family)
  }
  return out
}

function permitted(allowed: BlockList, remoteAddress: string | undefined): boolean {
  if (remoteAddress === undefined) return false
  // A dual-stack socket shows IPv4 clients as ::ffff:10.0.0.1.
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '')
  const version = isIP(address)
  return version !== 0 && allowed.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
