import { labelValue, limitText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Notification, NotificationAlert } from '../../notification.ts'
import { TITLE_LENGTH, alertTitle, annotation, compareWorst, httpLink, isNoData, messageTitle, severityOf, shortLine, shorten, valueText } from '../alert-text.ts'
import { WORDS } from '../words.ts'
import type { Words } from '../words.ts'

/**
 * Discord's limits, in characters. @see discord-api-docs resources/message.mdx "Embed Limits" and resources/webhook.mdx.
 * All embeds of one message together may hold 6000 characters.
 */
export const DISCORD_LIMITS = { content: 2000, title: 256, description: 4096, fieldName: 256, fieldValue: 1024, fields: 25, footer: 2048, embeds: 10, total: 6000 } as const

/** Alerts shown one by one; the others are counted. */
const SHOWN_ALERTS = 5
/** What one alert's text may take of the 6000 characters: five of them, their fields and the counts always fit. */
const DESCRIPTION_LENGTH = 500
/** A single alert has the message for itself. */
const SINGLE_DESCRIPTION_LENGTH = 2500

export interface DiscordField { readonly name: string; readonly value: string; readonly inline?: boolean }
export interface DiscordEmbed {
  readonly title: string
  readonly url?: string
  readonly description?: string
  readonly color: number
  readonly timestamp?: string
  readonly fields?: readonly DiscordField[]
  readonly image?: { readonly url: string }
  readonly footer?: { readonly text: string }
}
/** The body of Discord's "Execute Webhook". */
export interface DiscordMessage {
  readonly username: string
  readonly content?: string
  readonly allowed_mentions: { readonly parse: readonly never[] }
  readonly embeds: readonly DiscordEmbed[]
  readonly attachments?: readonly { readonly id: number; readonly filename: string; readonly description: string }[]
}

const COLOUR = { critical: 0xd63232, warning: 0xe8930c, info: 0x3b82f6, resolved: 0x2ea043, unknown: 0x6b7280 } as const

/** A label as code, so that nothing in it is taken for markup. */
function code(text: string): string {
  return `\`${text.replaceAll('`', 'ˋ').replace(/\s+/g, ' ')}\``
}

function stamp(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  // Discord prints these in each reader's own zone and keeps the distance up to date.
  return `<t:${seconds}:f> · <t:${seconds}:R>`
}

function embedOf(a: NotificationAlert, n: Notification, language: 'en' | 'ko', single: boolean): DiscordEmbed {
  const words = WORDS[language]
  const severity = severityOf(a.labels)
  const fields: DiscordField[] = []
  const add = (name: string, value: string, inline = true): void => {
    if (value !== '') fields.push({ name: shortLine(name, DISCORD_LIMITS.fieldName), value: shorten(value, single ? 500 : 200, words), inline })
  }
  const unit = a.threshold?.unit ?? ''
  if (a.status === 'firing') {
    if (a.value !== undefined) add(words.value, valueText(a.value, unit))
    else if (a.values !== undefined) add(words.value, Object.entries(a.values).slice(0, 6).map(([ref, v]) => `${ref} = ${valueText(v, '')}`).join('\n'))
    if (a.threshold !== undefined) add(words.threshold, limitText(a.threshold, v => valueText(v, unit), language))
    add(words.since, stamp(a.startsAtMs))
  } else {
    const peak = a.peak === undefined ? '' : `, ${words.worst} ${valueText(a.peak, unit)}`
    add(words.lasted, a.endsAtMs === undefined ? '' : words.duration(a.endsAtMs - a.startsAtMs) + peak)
    add(words.since, stamp(a.startsAtMs))
  }
  if (labelValue(a.labels, 'severity') !== '') add(words.severity, words.severities[labelValue(a.labels, 'severity').toLowerCase()] ?? labelValue(a.labels, 'severity'))
  add(words.labels, labelsText(a.labels, words), false)
  const links = linksText(a, words)
  if (links !== '') fields.push({ name: words.links, value: links, inline: false })
  const title = n.test === true ? messageTitle(n, language) : alertTitle(a, language)
  const description = describe(a, language, single)
  const url = httpLink(a.generatorUrl)
  return {
    title, color: a.status === 'resolved' ? COLOUR.resolved : isNoData(a) ? COLOUR.unknown : COLOUR[severity],
    ...(url === undefined ? {} : { url }), ...(description === '' ? {} : { description }),
    timestamp: new Date(a.endsAtMs ?? a.startsAtMs).toISOString(), fields, footer: { text: 'Haechi' },
  }
}

function describe(a: NotificationAlert, language: 'en' | 'ko', single: boolean): string {
  const words = WORDS[language]
  const summary = annotation(a.annotations, 'summary', language)
  const description = annotation(a.annotations, 'description', language) || annotation(a.annotations, 'message', language)
  const error = labelValue(a.annotations, 'Error')
  // The summary is already the title unless it had to be cut, or the alert is over.
  const lines = [summary !== '' && !alertTitle(a, language).endsWith(summary.replace(/\s+/g, ' ')) ? summary : '', description, error].filter(t => t !== '')
  return shorten(lines.join('\n\n'), single ? SINGLE_DESCRIPTION_LENGTH : DESCRIPTION_LENGTH, words)
}

function labelsText(labels: Labels, words: Words): string {
  const out: string[] = []
  let length = 0
  let left = 0
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === 'alertname' || labels[i] === 'severity') continue
    const text = code(`${labels[i]!}=${shortLine(labels[i + 1]!, 100)}`)
    if (length + text.length > 180) {
      left++
      continue
    }
    out.push(text)
    length += text.length + 1
  }
  return out.join(' ') + (left > 0 ? ` ${words.more(left)}` : '')
}

function linksText(a: NotificationAlert, words: Words): string {
  const all: readonly (readonly [string, string | undefined])[] = [
    [words.panel, a.panelUrl], [words.dashboard, a.dashboardUrl], [words.graph, a.generatorUrl], [words.silence, a.silenceUrl], [words.runbook, labelValue(a.annotations, 'runbook_url')],
  ]
  const out: string[] = []
  let length = 0
  for (const [name, raw] of all) {
    const url = httpLink(raw)
    // A closing parenthesis would end the link.
    const text = url === undefined ? '' : `[${name}](${url.replaceAll(')', '%29')})`
    if (text === '' || length + text.length > 700) continue
    out.push(text)
    length += text.length + 3
  }
  return out.join(' · ')
}

function sizeOf(e: DiscordEmbed): number {
  return e.title.length + (e.description?.length ?? 0) + (e.footer?.text.length ?? 0) + (e.fields ?? []).reduce((n, f) => n + f.name.length + f.value.length, 0)
}

/** A group of alerts as one Discord message within all limits: the five worst in full, the others counted. */
export function discordMessage(n: Notification, language: 'en' | 'ko'): DiscordMessage {
  const words = WORDS[language]
  const alerts = [...n.alerts].sort(compareWorst)
  const single = alerts.length + n.truncatedAlerts === 1
  const embeds: DiscordEmbed[] = []
  let total = 0
  for (const a of alerts.slice(0, SHOWN_ALERTS)) {
    let embed = embedOf(a, n, language, single)
    if (total + sizeOf(embed) > DISCORD_LIMITS.total) {
      // The links are the longest part; title, numbers and times matter most.
      embed = { ...embed, description: shorten(embed.description ?? '', 100, words), fields: (embed.fields ?? []).filter(f => f.inline === true) }
      if (total + sizeOf(embed) > DISCORD_LIMITS.total) break
    }
    total += sizeOf(embed)
    embeds.push(embed)
  }
  const firing = alerts.filter(a => a.status === 'firing').length
  const left = alerts.length - embeds.length + n.truncatedAlerts
  const content = single ? '' : `**${shortLine(messageTitle(n, language), TITLE_LENGTH)}**\n${words.counts(firing, alerts.length - firing)}${left > 0 ? ` (${words.more(left)})` : ''}`
  return {
    username: 'Haechi', ...(n.test === true ? { content: words.testText } : content === '' ? {} : { content: shorten(content, DISCORD_LIMITS.content, words) }),
    allowed_mentions: { parse: [] }, embeds,
  }
}
