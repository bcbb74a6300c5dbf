import { inKorean } from '@haechi/model/korean'
import { App, StoppedError } from './app.ts'
import { createLogger } from './logger.ts'
import type { AppOptions } from './options.ts'
import { speaksKorean, welcome } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** Errors that are about the user's files, flags or machine: their message is the whole story. */
const TOLD_IN_ONE_SENTENCE: ReadonlySet<string> = new Set(['ConfigError', 'RuleError', 'DataDirError', 'ListenError', 'StartError', 'StateError', 'PatternError'])

/** A shorter log is read before anybody could look. */
const TOLD_FROM_BYTES = 8 << 20

/** Runs the server until the signal fires. @returns the exit code: 0 stopped as asked, 1 could not start */
export async function runApp(options: AppOptions, io: Terminal): Promise<number> {
  const log = createLogger(options.logLevel, options.logFormat, line => io.err(line))
  const quit = new AbortController()
  let percent = -1
  const app = new App(options, {
    log, cwd: io.cwd, env: io.env, language: speaksKorean(io.env) ? 'ko' : 'en',
    onQuit: () => quit.abort(),
    onReplay: ({ bytes, totalBytes }) => {
      if (!io.terminal || totalBytes < TOLD_FROM_BYTES) return
      const now = Math.floor((100 * bytes) / totalBytes)
      if (now === percent) return
      percent = now
      io.err(`\r${speaksKorean(io.env) ? '저장된 기록을 읽는 중' : 'reading the write-ahead log'} ${percent} %`)
    },
  })
  const ended = AbortSignal.any([io.signal, quit.signal])
  ended.addEventListener('abort', () => {
    log.info({}, 'Stopping')
    void app.stop()
  }, { once: true })
  try {
    if (ended.aborted) return 0
    const started = await app.start()
    if (percent >= 0) io.err('\n')
    io.out(welcome({ ...started, options }, speaksKorean(io.env)))
  } catch (err) {
    if (percent >= 0) io.err('\n')
    if (err instanceof StoppedError) {
      await app.stop()
      return 0
    }
    const error = err as Error
    const known = TOLD_IN_ONE_SENTENCE.has(error.name) || error.message.startsWith('cannot read ')
    io.err(`haechi: ${speaksKorean(io.env) ? inKorean(error.message) : error.message}\n${known ? '' : `${error.stack ?? ''}\n`}`)
    return 1
  }
  io.onHangup(() => {
    app.reload().catch(() => undefined) // told by the log already
  })
  await aborted(ended)
  await app.stop()
  return 0
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
