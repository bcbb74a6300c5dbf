import type { Command } from 'commander'
import { Option } from 'commander'
import { say } from './io.ts'
import type { Io } from './io.ts'
import { DEFAULT_SERVER, QUERY_FORMATS, query } from './query.ts'
import type { QueryFlags } from './query.ts'

interface Given {
  readonly format: QueryFlags['format']
  readonly 'http.config.file'?: string
  readonly header?: string[]
  readonly start?: string
  readonly end?: string
  readonly time?: string
  readonly step?: string
  readonly match?: string[]
}

/**
 * Adds `haechi query instant|range|series|labels`, with promtool's flags and arguments; the server may be left out.
 * @param configured  sets a command up as the others are
 * @param ended  takes the exit code
 */
export function addQueryCommands(program: Command, configured: (command: Command) => Command, io: Io, ended: (code: number) => void): void {
  const group = configured(program.command('query')).description(say(io, 'ask a Prometheus-compatible server', 'Prometheus 호환 서버에 질의합니다'))
  const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text]
  const command = (name: string, description: string): Command =>
    configured(group.command(name)).description(description)
      .addOption(new Option('-o, --format <format>', say(io, 'how the answer is printed; graph: a line of bars per series', '출력 형식. graph는 시계열마다 막대 한 줄로 그립니다')).choices([...QUERY_FORMATS]).default('promql'))
      .option('--http.config.file <path>', say(io, 'file with HTTP client settings, as promtool takes it', 'promtool과 같은 형식의 HTTP 클라이언트 설정 파일'))
      .option('--header <header>', say(io, 'a header to send, Name: value; may be given more than once', '함께 보낼 헤더(Name: value). 여러 번 적을 수 있습니다'), collect)
  const withRange = (c: Command): Command =>
    c.option('--start <time>', say(io, 'from when: RFC 3339 or Unix seconds', '시작 시각: RFC 3339 또는 Unix 초'))
      .option('--end <time>', say(io, 'until when: RFC 3339 or Unix seconds', '끝 시각: RFC 3339 또는 Unix 초'))
  const flagsOf = (o: Given): QueryFlags => ({
    format: o.format, headers: o.header ?? [], match: o.match ?? [], ...(o['http.config.file'] !== undefined && { httpConfigFile: o['http.config.file'] }),
    ...(o.start !== undefined && { start: o.start }), ...(o.end !== undefined && { end: o.end }), ...(o.time !== undefined && { time: o.time }), ...(o.step !== undefined && { step: o.step }),
  })
  const server = say(io, `address of the server; left out: ${DEFAULT_SERVER}`, `서버 주소. 적지 않으면 ${DEFAULT_SERVER}`)
  /** promtool has the server first; without it the only argument is the question. */
  const asked = (kind: 'instant' | 'range' | 'labels') => async (first: string, second: string | undefined, o: Given): Promise<void> =>
    ended(await query({ kind, server: second === undefined ? DEFAULT_SERVER : first, text: second ?? first, flags: flagsOf(o) }, io))

  command('instant', say(io, 'evaluate an expression at one time', '한 시각의 값을 구합니다')).usage('[options] [server] <expr>')
    .option('--time <time>', say(io, 'when: RFC 3339 or Unix seconds; left out: now', '시각: RFC 3339 또는 Unix 초. 적지 않으면 지금'))
    .argument('<server>', server).argument('[expr]', 'PromQL').action(asked('instant'))
  withRange(command('range', say(io, 'evaluate an expression over a range of time; by default the last five minutes', '기간의 값을 구합니다. 기본은 최근 5분입니다'))).usage('[options] [server] <expr>')
    .option('--step <duration>', say(io, 'distance of the values', '값 사이의 간격'))
    .argument('<server>', server).argument('[expr]', 'PromQL').action(asked('range'))
  withRange(command('labels', say(io, 'list the values of a label', '레이블의 값을 나열합니다'))).usage('[options] [server] <name>')
    .option('--match <selector>', say(io, 'only of these series; may be given more than once', '이 시계열의 값만. 여러 번 적을 수 있습니다'), collect)
    .argument('<server>', server).argument('[name]').action(asked('labels'))
  withRange(command('series', say(io, 'list series', '시계열을 나열합니다')))
    .requiredOption('--match <selector>', say(io, 'which series; may be given more than once', '찾을 시계열. 여러 번 적을 수 있습니다'), collect)
    .argument('[server]', server).action(async (address: string | undefined, o: Given) => ended(await query({ kind: 'series', server: address ?? DEFAULT_SERVER, text: '', flags: flagsOf(o) }, io)))
}
