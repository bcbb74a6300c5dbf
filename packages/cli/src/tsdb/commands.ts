import { ConfigError, DurationError, parseDuration } from '@haechi/model'
import { PromqlParseError } from '@haechi/promql'
import { RuleError } from '@haechi/rules'
import { BlockError, DataDirError, HeadMemoryError, ToolError, blockInfos } from '@haechi/tsdb'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { say } from '../io.ts'
import type { Io } from '../io.ts'
import { analyzeCommand } from './analyze.ts'
import { fromOpenMetrics, fromRules } from './create-blocks.ts'
import { dumpCommand } from './dump.ts'
import { blockTable } from './go-text.ts'
import { repairCommand, verifyCommand } from './verify.ts'

const DEFAULT_DIR = 'data/'
/** promtool's default: up to three hours ago, because what is newer may not be in blocks yet. */
const DEFAULT_END_MS = 3 * 3_600_000

/**
 * Adds `haechi tsdb …`: promtool's commands with its flags and output, and verify and repair.
 * @param configured gives a command its error handling
 * @param done takes the exit code
 */
export function addTsdbCommands(program: Command, configured: (command: Command) => Command, io: Io, done: (code: number) => void): void {
  const tell = (en: string, ko: string): string => say(io, en, ko)
  const run = (work: () => Promise<number | void> | number | void) => async (): Promise<void> => {
    try {
      done((await work()) ?? 0)
    } catch (err) {
      if (!isTold(err)) throw err
      io.err(`haechi tsdb: ${err.message}\n`)
      done(1)
    }
  }
  const tsdb = configured(program.command('tsdb')).description(tell('look at, check, repair and fill data directories', '데이터 폴더를 살펴보고 검사하고 고치고 채웁니다'))
  const human = ['-r, --human-readable', tell('print times and sizes for people', '시각과 크기를 사람이 읽기 좋게 출력합니다')] as const

  configured(tsdb.command('list')).description(tell('list the blocks', '블록 목록을 보여 줍니다')).argument('[directory]', '', DEFAULT_DIR).option(...human)
    .action((dir: string, o: { humanReadable?: boolean }) => run(() => io.out(blockTable(blockInfos(dir, m => io.err(`haechi tsdb: ${m}\n`)), o.humanReadable === true)))())

  configured(tsdb.command('analyze')).description(tell('show what a block is made of: churn, label pairs, cardinality', '블록이 무엇으로 이루어졌는지 보여 줍니다: 시리즈 교체, 라벨 쌍, 카디널리티')).argument('[directory]', '', DEFAULT_DIR).argument('[block]')
    .option('--limit <count>', tell('entries per list', '목록마다 보여 줄 개수'), whole, 20).option('--extended', tell('also read every chunk', '모든 청크도 읽습니다')).option('--match <selector>', tell('only series that it selects', '선택한 시리즈만 봅니다'))
    .action((dir: string, block: string | undefined, o: { limit: number; extended?: boolean; match?: string }) => run(() => analyzeCommand(dir, block, { limit: o.limit, extended: o.extended === true, match: o.match }, io))())

  for (const name of ['dump', 'dump-openmetrics'] as const) {
    configured(tsdb.command(name)).description(name === 'dump' ? tell('print every sample of blocks and log', '블록과 로그의 모든 샘플을 출력합니다') : tell('print every sample as OpenMetrics, to be read by create-blocks-from openmetrics', '모든 샘플을 OpenMetrics로 출력합니다. create-blocks-from openmetrics로 다시 읽을 수 있습니다')).argument('[directory]', '', DEFAULT_DIR)
      .option('--min-time <ms>', tell('oldest time, Unix ms', '가장 이른 시각(Unix ms)'), integer, Number.MIN_SAFE_INTEGER).option('--max-time <ms>', tell('newest time, Unix ms', '가장 늦은 시각(Unix ms)'), integer, Number.MAX_SAFE_INTEGER)
      .option('--match <selector>', tell('only series that it selects; may be given more than once', '선택한 시리즈만 출력합니다. 여러 번 쓸 수 있습니다'), (v: string, all: string[] = []) => [...all, v])
      .option('--sandbox-dir-root <path>', tell('taken for promtool\'s sake; nothing is written', 'promtool과 맞추기 위한 것으로, 아무것도 쓰지 않습니다'))
      .action((dir: string, o: { minTime: number; maxTime: number; match?: string[] }) => run(() => dumpCommand(dir, { minMs: o.minTime, maxMs: o.maxTime, match: o.match ?? ['{__name__=~"(?s:.*)"}'], openMetrics: name !== 'dump' }, io))())
  }

  configured(tsdb.command('verify')).description(tell('check every index, chunk and log record of a directory that no server uses', '서버가 쓰고 있지 않은 폴더의 모든 인덱스, 청크, 로그 레코드를 검사합니다')).argument('[directory]', '', DEFAULT_DIR)
    .action((dir: string) => run(() => verifyCommand(dir, io))())
  configured(tsdb.command('repair')).description(tell('repair a directory that no server uses; says what was lost, deletes nothing', '서버가 쓰고 있지 않은 폴더를 고칩니다. 잃은 것을 알려 주고 아무것도 지우지 않습니다')).argument('[directory]', '', DEFAULT_DIR)
    .action((dir: string) => run(() => repairCommand(dir, io))())

  const create = configured(tsdb.command('create-blocks-from')).description(tell('make blocks of other data', '다른 데이터로 블록을 만듭니다'))
  configured(create.command('openmetrics')).description(tell('from an OpenMetrics file whose samples have times', '시각이 있는 OpenMetrics 파일로 만듭니다')).argument('<file>').argument('[output directory]', '', DEFAULT_DIR)
    .option(...human).option('-q, --quiet', tell('don\'t list the blocks', '블록 목록을 출력하지 않습니다')).option('--max-block-duration <duration>', tell('longest time of a block', '블록 하나의 최대 길이'), duration, 7_200_000)
    .option('--label <name=value>', tell('label that every series gets; may be given more than once', '모든 시리즈에 붙일 라벨. 여러 번 쓸 수 있습니다'), (text: string, all: ReadonlyMap<string, string> = new Map()) => label(text, all, tell))
    .action((file: string, dataDir: string, o: { humanReadable?: boolean; quiet?: boolean; maxBlockDuration: number; label?: ReadonlyMap<string, string> }) => run(() => fromOpenMetrics(file, o.label ?? new Map(), { dataDir, maxBlockMs: o.maxBlockDuration, quiet: o.quiet === true, humanReadable: o.humanReadable === true }, io))())
  configured(create.command('rules')).description(tell('from recording rules, evaluated over the past by a running server', '실행 중인 서버로 과거에 대해 기록 규칙을 계산해 만듭니다')).argument('<rule files...>')
    .option(...human).option('-q, --quiet', tell('don\'t list the blocks', '블록 목록을 출력하지 않습니다')).option('--max-block-duration <duration>', tell('longest time of a block', '블록 하나의 최대 길이'), duration, 7_200_000)
    .option('--url <url>', tell('the running server', '실행 중인 서버 주소'), 'http://localhost:9090').option('--http.config.file <path>', tell('file with HTTP client settings, as promtool takes it', 'promtool과 같은 형식의 HTTP 클라이언트 설정 파일')).requiredOption('--start <time>', tell('from when, e.g. 2026-11-01T00:00:00Z or Unix seconds', '언제부터, 예: 2026-11-01T00:00:00Z 또는 Unix 초'), instant)
    .option('--end <time>', tell('until when; default: three hours ago', '언제까지. 기본값: 세 시간 전'), instant).option('--output-dir <path>', tell('where the blocks go', '블록을 둘 폴더'), DEFAULT_DIR)
    .option('--eval-interval <duration>', tell('interval of groups that name none', '간격이 없는 그룹의 평가 간격'), duration, 60_000)
    .action((files: string[], o: { humanReadable?: boolean; quiet?: boolean; maxBlockDuration: number; url: string; start: number; end?: number; outputDir: string; evalInterval: number; 'http.config.file'?: string }) => run(() => {
      const endMs = o.end ?? Date.now() - DEFAULT_END_MS
      if (endMs < o.start) throw new ToolError(tell('the start is after the end; swap --start and --end', '시작이 끝보다 늦습니다. --start와 --end를 바꿔 주세요'))
      return fromRules(files, { dataDir: o.outputDir, maxBlockMs: o.maxBlockDuration, quiet: o.quiet === true, humanReadable: o.humanReadable === true, url: o.url, startMs: o.start, endMs, intervalMs: o.evalInterval, ...(o['http.config.file'] !== undefined && { httpConfigFile: o['http.config.file'] }) }, io)
    })())
}

/** Errors whose message is the whole story. */
function isTold(err: unknown): err is Error {
  if (err instanceof ToolError || err instanceof DataDirError || err instanceof BlockError || err instanceof PromqlParseError || err instanceof ConfigError || err instanceof RuleError || err instanceof HeadMemoryError) return true
  return err instanceof Error && ['ENOSPC', 'EACCES', 'EROFS', 'EPERM', 'EDQUOT', 'EIO', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')
}

function whole(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('Expected a whole number.')
  return n
}

function integer(text: string): number {
  const n = Number(text)
  if (text.trim() === '' || !Number.isInteger(n)) throw new InvalidArgumentError('Expected Unix milliseconds.')
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, n))
}

function duration(text: string): number {
  try {
    return parseDuration(text)
  } catch (err) {
    if (!(err instanceof DurationError)) throw err
    throw new InvalidArgumentError(`${err.message}; write e.g. 2h or 30s.`)
  }
}

/** RFC 3339 or Unix seconds. @returns Unix ms */
function instant(text: string): number {
  const seconds = Number(text)
  const ms = text.trim() !== '' && Number.isFinite(seconds) ? seconds * 1000 : /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(text) ? Date.parse(text) : NaN
  if (!Number.isFinite(ms)) throw new InvalidArgumentError('Write e.g. 2026-11-01T00:00:00Z or Unix seconds.')
  return Math.floor(ms / 1000) * 1000
}

function label(text: string, all: ReadonlyMap<string, string>, tell: (en: string, ko: string) => string): ReadonlyMap<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(tell(`Expected name=value, got ${JSON.stringify(text)}.`, `이름=값 형식이어야 합니다: ${JSON.stringify(text)}.`))
  return new Map([...all, [text.slice(0, at), text.slice(at + 1)]])
}
