import type { ContactPoint } from '../../views.ts'
import { httpUrl } from '../webhook/config.ts'

/** Settings of a Discord webhook with all defaults filled in. */
export interface DiscordConfig {
  /** Holds the webhook's token: a secret. */
  readonly url: string
  readonly language: 'en' | 'ko'
  readonly timeoutMs: number
}

export const DEFAULT_DISCORD: Omit<DiscordConfig, 'url'> = { language: 'en', timeoutMs: 10_000 }

/** @throws Error when the address is not an http or https URL; the text never holds it */
export function discordConfig(c: Pick<ContactPoint, 'url' | 'language'>): DiscordConfig {
  return { url: httpUrl(c.url), language: c.language ?? DEFAULT_DISCORD.language, timeoutMs: DEFAULT_DISCORD.timeoutMs }
}
