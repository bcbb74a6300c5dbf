import { readFeatures, runApp, runRelay } from '@haechi/app'
import { nearest } from '@haechi/model'
import { enableLanguageFeatures } from '@haechi/promql'
import { Command, CommanderError, Option } from 'commander'
import { checkAlertmanager } from './check-alertmanager.ts'
import { checkConfig } from './check-config.ts'
import { checkRules } from './check-rules.ts'
import { VERSION, addServerFlags, appOptions, names } from './flags.ts'
import { otherFlagTexts } from './other-flags.ts'
import { inWords, say } from './io.ts'
import type { Io } from './io.ts'
import { loadCommand } from './load.ts'
import { addQueryCommands } from './query-commands.ts'
import { testPromql } from './test-promql.ts'
import { testRules } from './test-rules.ts'
import { addTsdbCommands } from './tsdb/commands.ts'

/** @returns the exit code: 0 fine, 1 it failed, 2 wrong usage */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const program = new Command('haechi')
  const configured = (command: Command): Command =>
    command.exitOverride().configureOutput({ writeOut: text => io.out(text), writeErr: text => io.err(text), outputError: (text, write) => write(`haechi: ${inWords(io, `${text.replace(/^error: /, '')}${missingSuggestion(command, text)}`)}`) }).showSuggestionAfterError(true).allowExcessArguments(false)

  configured(program)
    .description(say(io, 'API monitoring that starts with one command.', '명령 하나로 시작하는 API 모니터링입니다.'))
    .version(`haechi ${VERSION}`, '--version', say(io, 'print the version', '버전을 출력합니다'))
    .helpOption('-h, --help', say(io, 'print this help', '도움말을 출력합니다'))
  addServerFlags(program, (en, ko) => say(io, en, ko)).action(async values => {
    const { warnings, refusals } = otherFlagTexts(values as Record<string, unknown>, program, (en, ko) => say(io, en, ko))
    for (const text of [...warnings, ...refusals]) io.err(`haechi: ${text}\n`)
    if (refusals.length > 0) {
      code = 2
      return
    }
    code = await runApp(appOptions(values as Record<string, unknown>, program), io)
  })

  configured(program.command('load'))
    .description(say(io, 'send requests to a service and show how it answered', '서비스에 요청을 보내고 어떻게 응답했는지 보여 줍니다'))
    .argument('<url>')
    .option('--count <n>', say(io, 'how many requests', '요청 수'), Number, 100)
    .option('--parallel <n>', say(io, 'how many at once', '동시에 보낼 수'), Number, 8)
    .option('--method <method>', say(io, 'HTTP method', 'HTTP 메서드'), 'GET')
    .option('--timeout <seconds>', say(io, 'longest wait for one answer', '응답 하나를 기다리는 최대 시간(초)'), Number, 30)
    .option('--allow-remote', say(io, 'allow hosts other than this machine', '이 컴퓨터가 아닌 호스트도 허용합니다'))
    .action(async (address: string, o: { count: number; parallel: number; method: string; timeout: number; allowRemote?: boolean }) => {
      const text = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`
      if (!URL.canParse(text)) {
        io.err(`haechi load: ${say(io, `${JSON.stringify(address)} is no address; write e.g. http://localhost:8000/ping`, `${JSON.stringify(address)}은(는) 주소가 아닙니다. http://localhost:8000/ping 처럼 적어 주세요`)}\n`)
        code = 2
        return
      }
      code = await loadCommand({ url: new URL(text), count: o.count, parallel: o.parallel, method: o.method.toUpperCase(), timeoutMs: o.timeout * 1000, allowRemote: o.allowRemote === true }, io)
    })

  configured(program.command('relay'))
    .description(say(io, 'turn Grafana and Alertmanager webhooks into Discord messages', 'Grafana와 Alertmanager의 웹훅을 Discord 메시지로 바꿔 보냅니다'))
    .option('--listen-address <host:port>', say(io, 'address to listen on', '요청을 받을 주소'), '127.0.0.1:8800')
    .option('--env-file <path>', say(io, 'file with DISCORD_WEBHOOK', 'DISCORD_WEBHOOK이 있는 파일'))
    .option('--language <language>', say(io, 'language of the messages: en or ko', '메시지 언어: en 또는 ko'))
    .action(async (o: { listenAddress: string; envFile?: string; language?: string }) => {
      code = await runRelay({ listen: o.listenAddress, ...(o.envFile === undefined ? {} : { envFile: o.envFile }), language: o.language === 'ko' || o.language === 'en' ? o.language : say(io, 'en', 'ko') as 'en' | 'ko' }, io)
    })

  // The server has a flag of the same name, which takes what stands before the command or behind it.
  const withFeatures = (given: string[] | undefined): void => enableLanguageFeatures(readFeatures(given ?? (program.opts()['enableFeature'] as string[] | undefined) ?? []).language)
  const check = configured(program.command('check')).description(say(io, 'check files without starting anything', '아무것도 시작하지 않고 파일만 검사합니다'))
  configured(check.command('config'))
    .description(say(io, 'check prometheus.yml and the rule files that it names, or alertmanager.yml', 'prometheus.yml과 거기 적힌 규칙 파일, 또는 alertmanager.yml을 검사합니다'))
    .argument('<files...>')
    .option('--enable-feature <names>', say(io, 'features that the server will have on', '서버에서 켤 기능'), names)
    .action(async (files: string[], o: { enableFeature?: string[] }) => {
      withFeatures(o.enableFeature)
      code = await checkConfig(files, io)
    })
  configured(check.command('rules'))
    .description(say(io, 'check rule files as promtool does', 'promtool처럼 규칙 파일을 검사합니다'))
    .argument('<files...>')
    .addOption(new Option('--lint <check>', say(io, 'what else to look for', '추가로 찾을 문제')).choices(['all', 'duplicate-rules', 'none']).default('duplicate-rules'))
    .option('--lint-fatal', say(io, 'what the lint finds is exit code 3', 'lint에서 찾은 문제를 종료 코드 3으로 알립니다'))
    .option('--enable-feature <names>', say(io, 'features that the server will have on', '서버에서 켤 기능'), names)
    .action(async (files: string[], o: { lint: 'all' | 'duplicate-rules' | 'none'; lintFatal?: boolean; enableFeature?: string[] }) => {
      withFeatures(o.enableFeature)
      code = await checkRules(files, { lint: o.lint, lintFatal: o.lintFatal === true }, io)
    })
  configured(check.command('alertmanager'))
    .description(say(io, 'check alertmanager.yml as amtool does', 'amtool처럼 alertmanager.yml을 검사합니다'))
    .argument('<files...>')
    .action(async (files: string[]) => {
      code = await checkAlertmanager(files, io)
    })

  addQueryCommands(program, configured, io, exitCode => { code = exitCode })

  const test = configured(program.command('test')).description(say(io, 'run tests of files', '파일의 테스트를 실행합니다'))
  configured(test.command('rules'))
    .description(say(io, 'run the unit tests of rules, in promtool\'s format', 'promtool 형식의 규칙 단위 테스트를 실행합니다'))
    .argument('<files...>')
    .option('--run <pattern>', say(io, 'only tests whose name matches; may be given more than once', '이름이 맞는 테스트만 실행합니다. 여러 번 적을 수 있습니다'), (text: string, before: string[] | undefined) => [...(before ?? []), text])
    .option('--diff', say(io, 'print differences in colour', '차이를 색으로 출력합니다'))
    .option('--debug', say(io, 'print what happens, with all samples', '진행 과정과 모든 샘플을 출력합니다'))
    .option('--junit <path>', say(io, 'write the results as JUnit XML', '결과를 JUnit XML로 저장합니다'))
    .option('--ignore-unknown-fields', say(io, 'take test files with fields that promtool does not know', '알 수 없는 항목이 있는 테스트 파일도 받습니다'))
    .option('--enable-feature <names>', say(io, 'features that the server will have on', '서버에서 켤 기능'), names)
    .action(async (files: string[], o: { run?: string[]; diff?: boolean; debug?: boolean; junit?: string; ignoreUnknownFields?: boolean; enableFeature?: string[] }) => {
      withFeatures(o.enableFeature)
      code = await testRules(files, { run: o.run ?? [], diff: o.diff === true, debug: o.debug === true, junit: o.junit, ignoreUnknownFields: o.ignoreUnknownFields === true }, io)
    })

  addTsdbCommands(program, configured, io, exit => { code = exit })
  configured(test.command('promql'))
    .description(say(io, 'run scripts in the language of Prometheus\' own PromQL tests on this engine', 'Prometheus의 PromQL 테스트 언어로 쓴 스크립트를 이 엔진에서 실행합니다'))
    .argument('<files...>')
    .option('--as-written', say(io, 'ask every question once, without the pinned and range variants', '변형(@ 고정, 범위) 없이 적힌 그대로만 질의합니다'))
    .action(async (files: string[], o: { asWritten?: boolean }) => {
      code = await testPromql(files, { asWritten: o.asWritten === true }, io)
    })

  const word = argv[0]
  const commands = program.commands.map(c => c.name())
  if (word !== undefined && !word.startsWith('-') && !commands.includes(word) && word !== 'help') {
    const near = nearest(word, commands)
    io.err(`haechi: ${say(io, `unknown command ${JSON.stringify(word)}`, `${JSON.stringify(word)}이라는 명령은 없습니다`)}${near === undefined ? '' : say(io, ` (did you mean ${near}?)`, ` (${near}인가요?)`)}. ${say(io, 'haechi --help lists what there is.', 'haechi --help로 전체 목록을 볼 수 있습니다.')}\n`)
    return 2
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (err) {
    if (!(err instanceof CommanderError)) throw err
    return err.exitCode === 0 ? 0 : 2
  }
  return code
}

/** Commander compares `--flag=value` as a whole with the flags that there are, and then finds none that is near. */
function missingSuggestion(command: Command, text: string): string {
  const flag = /unknown option '--([^=']+)=/.exec(text)?.[1]
  if (flag === undefined || text.includes('Did you mean')) return ''
  const near = nearest(flag, command.options.map(o => o.long!.slice(2)))
  return near === undefined ? '' : `(Did you mean --${near}?)\n`
}
