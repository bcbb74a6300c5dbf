import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { isIP } from 'node:net'
import { say } from './io.ts'
import type { Io } from './io.ts'

/** What to ask, how often, how many at once. */
export interface LoadOptions {
  readonly url: URL
  readonly count: number
  readonly parallel: number
  readonly method: string
  /** Milliseconds until an answer counts as missing. */
  readonly timeoutMs: number
  /** Targets other than this machine are allowed. */
  readonly allowRemote: boolean
}

/** The most requests that one call makes. */
export const MAX_COUNT = 1_000_000
/** The most connections at once. */
export const MAX_PARALLEL = 256

/** What came back. Latencies are in ms, ascending. */
export interface LoadResult {
  readonly latenciesMs: Float64Array
  /** Answers by HTTP status. */
  readonly byStatus: ReadonlyMap<number, number>
  /** Requests without an answer, by reason. */
  readonly failures: ReadonlyMap<string, number>
  readonly seconds: number
}

/** Whether a host name means this machine, by its text alone. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}

/** Makes the requests, at most `parallel` at a time. Stops early when the signal fires. */
export async function load(options: LoadOptions, signal: AbortSignal, onProgress: (done: number) => void): Promise<LoadResult> {
  const tls = options.url.protocol === 'https:'
  const agent = tls ? new TlsAgent({ keepAlive: true, maxSockets: options.parallel }) : new Agent({ keepAlive: true, maxSockets: options.parallel })
  const latencies = new Float64Array(options.count)
  let answered = 0
  let done = 0
  let started = 0
  const byStatus = new Map<number, number>()
  const failures = new Map<string, number>()
  const one = (): Promise<void> => new Promise(resolve => {
    const t0 = performance.now()
    const fail = (err: NodeJS.ErrnoException): void => {
      const why = err.code ?? err.message
      failures.set(why, (failures.get(why) ?? 0) + 1)
      resolve()
    }
    const req = (tls ? tlsRequest : request)(options.url, { agent, method: options.method, timeout: options.timeoutMs, headers: { 'User-Agent': 'haechi-load' } }, res => {
      res.on('error', fail)
      res.on('end', () => {
        latencies[answered++] = performance.now() - t0
        byStatus.set(res.statusCode ?? 0, (byStatus.get(res.statusCode ?? 0) ?? 0) + 1)
        resolve()
      })
      res.resume()
    })
    req.on('timeout', () => req.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })))
    req.on('error', fail)
    req.end()
  })
  const t0 = performance.now()
  const worker = async (): Promise<void> => {
    while (started < options.count && !signal.aborted) {
      started++
      await one()
      onProgress(++done)
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.parallel, options.count) }, worker))
  agent.destroy()
  return { latenciesMs: latencies.slice(0, answered).sort(), byStatus, failures, seconds: (performance.now() - t0) / 1000 }
}

/** `haechi load`. @returns the exit code: 0 all answered, 1 some were not, 2 wrong usage */
export async function loadCommand(options: LoadOptions, io: Io): Promise<number> {
  const wrong = checkOptions(options, io)
  if (wrong !== undefined) {
    io.err(`haechi load: ${wrong}\n`)
    return 2
  }
  let drawnMs = 0
  const result = await load(options, io.signal, done => {
    if (!io.terminal) return
    const now = performance.now()
    if (now - drawnMs < 100 && done < options.count) return
    drawnMs = now
    const width = 30
    const filled = Math.round((done / options.count) * width)
    io.err(`\r${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${options.count}`)
  })
  if (io.terminal) io.err('\n')
  io.out(summary(result, io))
  return result.failures.size > 0 || io.signal.aborted ? 1 : 0
}

function checkOptions(o: LoadOptions, io: Io): string | undefined {
  if (o.url.protocol !== 'http:' && o.url.protocol !== 'https:') return say(io, `${o.url.protocol}// is not HTTP`, `${o.url.protocol}// 주소는 HTTP가 아닙니다`)
  if (!Number.isInteger(o.count) || o.count < 1 || o.count > MAX_COUNT) return say(io, `--count must be between 1 and ${MAX_COUNT}`, `--count는 1에서 ${MAX_COUNT} 사이여야 합니다`)
  if (!Number.isInteger(o.parallel) || o.parallel < 1 || o.parallel > MAX_PARALLEL) return say(io, `--parallel must be between 1 and ${MAX_PARALLEL}`, `--parallel은 1에서 ${MAX_PARALLEL} 사이여야 합니다`)
  if (!o.allowRemote && !isLoopback(o.url.hostname)) {
    return say(io, `${o.url.hostname} is not this machine; load on other people's servers is only made with --allow-remote`, `${o.url.hostname}은(는) 이 컴퓨터가 아닙니다. 다른 서버에 부하를 주려면 --allow-remote를 함께 적어야 합니다`)
  }
  return undefined
}

function summary(r: LoadResult, io: Io): string {
  const n = r.latenciesMs.length
  const at = (q: number): string => (n === 0 ? '-' : `${r.latenciesMs[Math.min(n - 1, Math.max(0, Math.ceil(q * n) - 1))]!.toFixed(1)} ms`)
  const statuses = [...r.byStatus].sort(([a], [b]) => a - b).map(([status, count]) => `${status} × ${count}`)
  const lines = [
    say(io, `${n} answers in ${r.seconds.toFixed(1)} s, ${(n / r.seconds).toFixed(0)} per second`, `응답 ${n}개, ${r.seconds.toFixed(1)}초, 초당 ${(n / r.seconds).toFixed(0)}개`),
    `${say(io, 'status ', '상태   ')} ${statuses.join('   ') || '-'}`,
    `${say(io, 'latency', '지연   ')} p50 ${at(0.5)}   p95 ${at(0.95)}   p99 ${at(0.99)}   ${say(io, 'max', '최대')} ${at(1)}`,
  ]
  for (const [why, count] of r.failures) lines.push(say(io, `no answer: ${why} × ${count}`, `응답 없음: ${why} × ${count}`))
  return `${lines.join('\n')}\n`
}
