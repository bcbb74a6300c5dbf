import type { AppOptions } from './options.ts'

/** Where a command reads its surroundings and writes its words; given, so that commands run in tests. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Standard error is a terminal: progress may redraw its line. */
  readonly terminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Ends long work early. */
  readonly signal: AbortSignal
  /** Calls the handler on SIGHUP, the old way to say "read your configuration again". */
  onHangup(handler: () => void): void
}

/** Whether the terminal's locale is Korean. */
export function speaksKorean(env: Terminal['env']): boolean {
  return (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '').toLowerCase().startsWith('ko')
}

/** What is said once everything runs. */
export interface Welcome {
  readonly urls: readonly string[]
  readonly configFile: string | undefined
  readonly alertingFile: string | undefined
  readonly envFile: string | undefined
  readonly options: AppOptions
  readonly demo: readonly { readonly name: string; readonly address: string }[]
}

/** The lines at the start: where to look, which files are used, what to try. */
export function welcome(w: Welcome, korean: boolean): string {
  const say = (en: string, ko: string): string => (korean ? ko : en)
  const lines = [
    '',
    `  Haechi ${w.options.version}   ${w.urls.join('  ')}`,
    '',
    w.configFile === undefined
      ? say('  config   none: services on this machine are found by themselves', '  설정     없음: 이 컴퓨터의 서비스를 자동으로 찾습니다')
      : `  ${say('config', '설정  ')}   ${w.configFile}`,
    ...(w.alertingFile === undefined ? [] : [`  ${say('alerts', '알림  ')}   ${w.alertingFile}`]),
    `  ${say('data  ', '데이터')}   ${w.options.dataDirectory}`,
    ...(w.envFile === undefined ? [] : [`  ${say('secrets', '비밀 값')}  ${w.envFile}`]),
  ]
  const first = w.demo[0]
  if (first !== undefined) {
    lines.push(
      '',
      say('  Demo services (they are made up, and so are their customers):', '  데모 서비스입니다. 서비스도 고객도 가상입니다.'),
      ...w.demo.map(d => `    ${d.name.padEnd(9)} http://${d.address}`),
      '',
      say('  Make one fail and watch the alert:', '  하나를 실패하게 만들고 알림을 지켜보세요.'),
      `    bin/haechi load http://${first.address}/boom --count 200 --parallel 2`,
    )
  }
  lines.push('', say('  Stop with Ctrl+C.', '  끝내려면 Ctrl+C를 누르세요.'), '', '')
  return lines.join('\n')
}
