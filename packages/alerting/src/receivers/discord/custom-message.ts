import { messageTexts, truncated } from '../../message-templates.ts'
import type { TemplateFile } from '../../message-templates.ts'
import type { Notification } from '../../notification.ts'
import { DISCORD_LIMITS } from './message.ts'
import type { DiscordMessage } from './message.ts'

/** Alertmanager's colours. */
const FIRING = 0x992d22
const RESOLVED = 0x2ecc71
/** Longest name of a webhook. @see discord-api-docs resources/user.mdx "Usernames and Nicknames" */
const NAME_LENGTH = 80
const DEFAULTS = { title: '{{ template "discord.default.title" . }}', message: '{{ template "discord.default.message" . }}', content: '{{ template "discord.default.content" . }}' } as const

/**
 * A message with texts from `alertmanager.yml`. A title, message or content of its own gives it Alertmanager's form: one embed; else it is `ours` under the given name and picture.
 * @throws TemplateSyntaxError, TemplateExecError
 * @see alertmanager notify/discord
 */
export function customMessage(texts: Readonly<Record<string, string>>, n: Notification, templates: readonly TemplateFile[], ours: DiscordMessage, nowMs: number): object {
  if (Object.keys(texts).length === 0) return ours
  const own = ['title', 'message', 'content'].some(key => texts[key] !== undefined)
  const { username = '', avatar_url: picture = '', ...sources } = texts
  // As in Alertmanager, name and picture are no templates.
  const look = { ...(username === '' ? {} : { username: truncated(username, NAME_LENGTH) }), ...(picture === '' ? {} : { avatar_url: picture }) }
  if (!own) return { ...ours, ...look }
  const t = messageTexts({ ...DEFAULTS, ...sources }, templates, n, nowMs)
  return {
    content: truncated(t['content']!, DISCORD_LIMITS.content), ...look,
    // Who writes a mention into the file means it; what labels and annotations hold mentions nobody.
    allowed_mentions: { parse: mentions(texts['content'] ?? '') },
    embeds: [{ title: truncated(t['title']!, DISCORD_LIMITS.title), description: truncated(t['message']!, DISCORD_LIMITS.description), color: n.status === 'firing' ? FIRING : RESOLVED }],
  }
}

function mentions(source: string): string[] {
  return [...(source.includes('<@&') ? ['roles'] : []), ...(/<@!?\d/.test(source) ? ['users'] : []), ...(/@everyone|@here/.test(source) ? ['everyone'] : [])]
}
