import { readFileSync } from 'node:fs'
import { ConfigError, METRIC_NAME, compareText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { parseRuleFile } from '@haechi/rules'
import type { RuleGroup } from '@haechi/rules'
import type { HttpClient } from '@haechi/scrape'
import { Backfill, ToolError, backfillBlockMs, readOpenMetrics } from '@haechi/tsdb'
import type { BackfillReport } from '@haechi/tsdb'
import { Dispatcher, fetch } from 'undici'
import { httpClientOf } from '../http-config-file.ts'
import { say } from '../io.ts'
import type { Io } from '../io.ts'
import { blockTable } from './go-text.ts'
import { progressOn } from './progress.ts'

/** Flags that both kinds of backfill have. */
export interface CreateOptions {
  readonly dataDir: string
  readonly maxBlockMs: number
  readonly quiet: boolean
  readonly humanReadable: boolean
}

/** `haechi tsdb create-blocks-from openmetrics`. @throws ToolError; Error of the file system */
export async function fromOpenMetrics(file: string, labels: ReadonlyMap<string, string>, options: CreateOptions, io: Io): Promise<void> {
  const progress = progressOn(io)
  const backfill = new Backfill(options.dataDir, backfillBlockMs(options.maxBlockMs))
  try {
    await readOpenMetrics(file, backfill, labels, (bytes, of) => {
      if (io.signal.aborted) throw stopped(io)
      progress.show(of === 0 ? 1 : bytes / of, say(io, `reading ${file}`, `${file} 읽는 중`))
    })
    await finish(backfill, options, io, progress)
  } finally {
    progress.end()
    backfill.close()
  }
}

/** Flags of `haechi tsdb create-blocks-from rules`. */
export interface RulesOptions extends CreateOptions {
  readonly url: string
  /** `--http.config.file`: how the server is asked. */
  readonly httpConfigFile?: string
  readonly startMs: number
  readonly endMs: number
  /** For groups that don't say. */
  readonly intervalMs: number
}

/** `haechi tsdb create-blocks-from rules`: evaluates recording rules over the past, by a running server. @throws ToolError, ConfigError, RuleError; Error of the file system */
export async function fromRules(files: readonly string[], options: RulesOptions, io: Io): Promise<void> {
  const groups: RuleGroup[] = []
  for (const file of files) groups.push(...parseRuleFile(readText(file), file, { intervalMs: options.intervalMs }))
  const jobs = groups.flatMap(group => group.rules.flatMap(rule => (rule.kind === 'recording' ? [{ group, rule }] : [])))
  const alerting = groups.reduce((n, g) => n + g.rules.length, 0) - jobs.length
  if (alerting > 0) io.err(`${say(io, `${alerting} alerting rules are left out: only recording rules are evaluated over the past`, `알림 규칙 ${alerting}개는 제외합니다. 과거에 대해서는 기록 규칙만 계산합니다`)}\n`)
  if (jobs.length === 0) throw new ToolError(say(io, `no recording rule in ${files.join(', ')}`, `${files.join(', ')}에 기록 규칙이 없습니다`))
  const blockMs = backfillBlockMs(options.maxBlockMs)
  const progress = progressOn(io)
  const client = options.httpConfigFile === undefined ? undefined : await clientOf(options.httpConfigFile, io)
  const backfill = new Backfill(options.dataDir, blockMs)
  try {
    const first = Math.floor(options.startMs / blockMs)
    const windows = Math.floor(options.endMs / blockMs) - first + 1
    for (const [j, { group, rule }] of jobs.entries()) {
      for (let w = 0; w < windows; w++) {
        if (io.signal.aborted) throw stopped(io)
        const part = (j * windows + w) / (jobs.length * windows)
        progress.show(part, say(io, `${group.name}: ${rule.name}`, `${group.name}: ${rule.name}`))
        const fromMs = Math.ceil(Math.max(options.startMs, (first + w) * blockMs) / group.intervalMs) * group.intervalMs
        const toMs = Math.min(options.endMs, (first + w + 1) * blockMs - 1)
        if (fromMs <= toMs) await oneWindow(backfill, rule.name, rule.labels, rule.expr, fromMs, toMs, group, options, client, io)
      }
    }
    await finish(backfill, options, io, progress)
  } finally {
    progress.end()
    backfill.close()
    await client?.close()
  }
}

async function clientOf(file: string, io: Io): Promise<HttpClient> {
  try {
    return await httpClientOf(file, io.cwd)
  } catch (err) {
    if (err instanceof ConfigError) throw err
    throw new ToolError(`--http.config.file: ${(err as Error).message}`, { cause: err })
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    throw new ToolError(`cannot read ${file}: ${(err as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (err as Error).message}`, { cause: err })
  }
}

interface MatrixAnswer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values?: readonly (readonly [number, string])[] }[] }
}

async function oneWindow(backfill: Backfill, name: string, labels: Labels, expr: string, fromMs: number, toMs: number, group: RuleGroup, options: RulesOptions, client: HttpClient | undefined, io: Io): Promise<void> {
  const answer = await ask(options.url, expr, fromMs, toMs, group.intervalMs, client, io)
  if (answer.status !== 'success' || answer.data === undefined) throw new ToolError(say(io, `${group.file}: group ${group.name}, rule ${name}: the server says: ${answer.error ?? answer.status}`, `${group.file}: 그룹 ${group.name}, 규칙 ${name}: 서버의 답: ${answer.error ?? answer.status}`))
  const value = new Float64Array(1)
  const bits = new Uint32Array(value.buffer)
  for (const s of answer.data.result) {
    const all = new Map(Object.entries(s.metric))
    all.set(METRIC_NAME, name)
    for (let i = 0; i < labels.length; i += 2) all.set(labels[i]!, labels[i + 1]!)
    const series = backfill.series([...all].filter(([, v]) => v !== '').sort(([a], [b]) => compareText(a, b)).flat())
    for (const [t, text] of s.values ?? []) {
      value[0] = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
      const nan = value[0] !== value[0]
      backfill.add(series, Math.round(t * 1000), nan ? 1 : bits[0]!, nan ? 0x7ff80000 : bits[1]!)
    }
  }
}

async function ask(url: string, query: string, fromMs: number, toMs: number, stepMs: number, client: HttpClient | undefined, io: Io): Promise<MatrixAnswer> {
  const body = new URLSearchParams({ query, start: String(fromMs / 1000), end: String(toMs / 1000), step: String(stepMs / 1000) })
  let response: Awaited<ReturnType<typeof fetch>>
  try {
    const to = new URL(`${url.replace(/\/+$/, '')}/api/v1/query_range`)
    const dispatcher = client?.dispatcher(to)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...await client?.headers() }
    response = await fetch(to, { method: 'POST', body: body.toString(), headers, signal: io.signal, ...(dispatcher instanceof Dispatcher && { dispatcher }) })
  } catch (err) {
    const cause = (err as Error).cause
    throw new ToolError(say(io, `${url} can't be asked: ${cause instanceof Error ? cause.message : (err as Error).message}; --url names the running server`, `${url}에 물어볼 수 없습니다: ${cause instanceof Error ? cause.message : (err as Error).message}. --url에 실행 중인 서버 주소를 적어 주세요`), { cause: err })
  }
  const text = await response.text()
  try {
    return JSON.parse(text) as MatrixAnswer
  } catch (err) {
    throw new ToolError(say(io, `${url} answers ${response.status} and no JSON; --url must name a Prometheus API`, `${url}이(가) JSON이 아닌 답(${response.status})을 했습니다. --url은 Prometheus API 주소여야 합니다`), { cause: err })
  }
}

async function finish(backfill: Backfill, options: CreateOptions, io: Io, progress: ReturnType<typeof progressOn>): Promise<BackfillReport> {
  const report = await backfill.finish(Date.now(), (done, of) => progress.show(done / of, say(io, `writing block ${done} of ${of}`, `블록 ${of}개 중 ${done}번째 쓰는 중`)))
  progress.end()
  if (!options.quiet && report.blocks.length > 0) io.out(blockTable(report.blocks, options.humanReadable))
  if (report.duplicates > 0) io.err(`${say(io, `${report.duplicates} samples have the time of another one of their series; the later ones were taken`, `같은 시리즈에 시각이 같은 샘플이 ${report.duplicates}개 있어 나중 것을 썼습니다`)}\n`)
  if (report.blocks.length === 0) io.err(`${say(io, 'there was no sample: no block was written', '샘플이 없어 블록을 쓰지 않았습니다')}\n`)
  return report
}

const stopped = (io: Io): ToolError => new ToolError(say(io, 'stopped; no block was written', '중단했습니다. 블록은 쓰지 않았습니다'))
