import { resolve } from 'node:path'
import { createHttpPost, startRelay } from '@haechi/alerting'
import { readEnvFile } from '@haechi/config'
import { systemClock } from './clock.ts'
import { createLogger } from './logger.ts'
import { speaksKorean } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** Settings of `haechi relay`. */
export interface RelayOptions {
  /** `host:port` */
  readonly listen: string
  /** Default `.env` of the working directory. */
  readonly envFile?: string
  readonly language: 'en' | 'ko'
}

/** Runs the relay until the signal fires. @returns the exit code: 0 stopped as asked, 1 could not start, 2 wrong usage */
export async function runRelay(options: RelayOptions, io: Terminal): Promise<number> {
  const say = (en: string, ko: string): string => (speaksKorean(io.env) ? ko : en)
  const log = createLogger('info', 'logfmt', line => io.err(line))
  const address = /^(.*):(\d{1,5})$/.exec(options.listen)
  if (address === null || Number(address[2]) > 65_535) {
    io.err(`haechi relay: ${say(`${options.listen} is no address; write host:port, e.g. 127.0.0.1:8800`, `${options.listen}은(는) 주소가 아닙니다. 127.0.0.1:8800 처럼 적어 주세요`)}\n`)
    return 2
  }
  const path = options.envFile ?? '.env'
  const file = await readEnvFile(resolve(io.cwd, path))
  if (file === undefined && options.envFile !== undefined) {
    io.err(`haechi relay: ${say(`cannot read ${path}: no such file`, `${path} 파일이 없습니다`)}\n`)
    return 1
  }
  const webhook = file?.get('DISCORD_WEBHOOK')?.reveal() ?? io.env['DISCORD_WEBHOOK']
  if (webhook === undefined || webhook === '') {
    io.err(`haechi relay: ${say('DISCORD_WEBHOOK is not set; write it into .env of this folder: DISCORD_WEBHOOK=https://discord.com/api/webhooks/…', 'DISCORD_WEBHOOK이 없습니다. 이 폴더의 .env에 DISCORD_WEBHOOK=https://discord.com/api/webhooks/… 를 적어 주세요')}\n`)
    return 1
  }
  const http = createHttpPost()
  try {
    const server = await startRelay({ discordUrl: webhook, language: options.language, post: http.post, clock: systemClock, log, host: address[1] === '' ? '0.0.0.0' : address[1]!, port: Number(address[2]) })
    const base = `http://${server.host === '0.0.0.0' ? 'localhost' : server.host}:${server.port}`
    io.out(`\n  ${say('Haechi relay', 'Haechi 릴레이')}   ${base}\n\n  Grafana:      ${base}/grafana\n  Alertmanager: ${base}/alertmanager\n\n`)
    if (!io.signal.aborted) await new Promise(done => { io.signal.addEventListener('abort', done, { once: true }) })
    await server.close()
    return 0
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    io.err(`haechi relay: ${code === 'EADDRINUSE' ? say(`${options.listen} is in use by another program; choose another with --listen-address`, `${options.listen}은(는) 다른 프로그램이 쓰고 있습니다. --listen-address로 다른 주소를 골라 주세요`) : message}\n`)
    return 1
  } finally {
    await http.close()
  }
}
