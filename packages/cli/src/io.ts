/** Where a command reads its surroundings and writes its words; given, so that commands run in tests. */
export interface Io {
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

/** Picks the language of the terminal: Korean where the locale says so. */
export function say(io: Pick<Io, 'env'>, en: string, ko: string): string {
  const locale = io.env['LC_ALL'] || io.env['LC_MESSAGES'] || io.env['LANG'] || ''
  return locale.toLowerCase().startsWith('ko') ? ko : en
}
