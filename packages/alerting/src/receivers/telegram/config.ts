import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'

export const TELEGRAM_API = 'https://api.telegram.org'
export const PARSE_MODES = ['', 'HTML', 'Markdown', 'MarkdownV2'] as const

/** What `global` says for Telegram. */
export interface TelegramGlobal {
  readonly apiUrl: string
  readonly token: SecretSource | undefined
}

/** One element of `telegram_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `TelegramConfig` */
export function telegramFileConfig(f: Fields, warnings: string[], global: TelegramGlobal): FileContactPoint {
  const token = secretSource(f, 'bot_token', 'bot_token_file') ?? global.token
  if (token === undefined) throw f.error(undefined, 'missing bot_token or bot_token_file on telegram_config')
  const chat = f.integer('chat_id', 0, Number.MIN_SAFE_INTEGER)
  const chatFile = f.string('chat_id_file', '')
  if (chat !== 0 && chatFile !== '') throw f.error('chat_id_file', 'at most one of chat_id & chat_id_file must be configured')
  if (chat === 0 && chatFile === '') throw f.error(undefined, 'missing chat_id or chat_id_file on telegram_config')
  const mode = f.string('parse_mode', 'HTML')
  const parseMode = PARSE_MODES.find(m => m === mode)
  if (parseMode === undefined) throw f.error('parse_mode', 'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string')
  const apiUrl = secretUrl(f, 'api_url', new Secret(f.string('api_url', global.apiUrl))) as Secret
  const threadId = f.integer('message_thread_id', 0)
  const point: FileContactPoint = {
    settings: {
      type: 'telegram', sendResolved: f.boolean('send_resolved', true), ...(f.has('message') ? { texts: { message: f.string('message') } } : {}),
      telegram: { chatId: String(chat), parseMode, silent: f.boolean('disable_notifications', false), noPreview: true, ...(threadId === 0 ? {} : { threadId }) },
    },
    url: apiUrl, http: httpConfig(f.fields('http_config'), warnings), secrets: { token, ...(chatFile === '' ? {} : { chatId: { file: chatFile } }) },
    finish: (p, secrets) => ({ ...p, url: `${p.url.replace(/\/+$/, '')}/bot${secrets['token']!}`, ...(secrets['chatId'] === undefined || p.telegram === undefined ? {} : { telegram: { ...p.telegram, chatId: secrets['chatId'] } }) }),
  }
  f.done()
  return point
}
