import { createHash } from 'node:crypto'
import { MailError } from '../../mail-transport.ts'
import type { MailAnswer, MailRequest } from '../../mail-transport.ts'
import { escapeHtml, messageTexts } from '../../message-templates.ts'
import type { Notification, Notifier, SendResult } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle } from '../alert-text.ts'
import { STATE_COLOUR, humanMessage, plainText } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { redacted, secretsOf } from '../redact.ts'
import type { EmailSettings } from '../settings.ts'

/** What one mail holds at most, so that no server refuses it. */
const MAX_TEXT = 200_000
const IMAGE = 'chart'

/** Sends mails over SMTP. @throws Error when there is nobody to write to */
export function createEmailNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const { mail } = context
  const s = c.email
  if (s === undefined || s.to.length === 0) throw new Error('a mail contact point needs an address to write to')
  const server = new URL(c.url)
  const secrets = secretsOf(c)
  const language = c.language ?? 'en'
  return {
    title: n => messageTitle(n, language),
    async send(n: Notification): Promise<SendResult> {
      if (mail === undefined) return { ok: false, retryable: false, error: 'mail can not be sent from here' }
      let made: MadeMail
      try {
        made = await mailOf(c, s, n, context)
      } catch (err) {
        return { ok: false, retryable: false, template: true, error: redacted(err instanceof Error ? err.message : String(err), secrets) }
      }
      const readers = s.single === false ? made.to.map(to => [to]) : [made.to]
      try {
        let answer: MailAnswer = { code: 250, text: '' }
        for (const to of readers) answer = await mail({ ...made, host: server.hostname, port: Number(server.port), settings: s, to, timeoutMs: c.timeoutMs ?? 15_000 })
        return { ok: true, httpStatus: answer.code }
      } catch (err) {
        if (!(err instanceof MailError)) throw err
        return { ok: false, retryable: err.retryable, error: `The mail server: ${redacted(err.message, secrets)}`, ...(err.code === undefined ? {} : { httpStatus: err.code }) }
      }
    },
  }
}

type MadeMail = Pick<MailRequest, 'from' | 'to' | 'shown' | 'subject' | 'html' | 'text' | 'headers' | 'image'>

async function mailOf(c: ContactPoint, s: EmailSettings, n: Notification, context: NotifierContext): Promise<MadeMail> {
  const language = c.language ?? 'en'
  const nowMs = context.clock.nowMs()
  const { html: ownHtml, text: ownText, subject: ownSubject } = c.texts ?? {}
  const headers: Record<string, string> = {}
  // Who writes the mail gets Alertmanager's subject, too.
  const usual = ownHtml === undefined && ownText === undefined ? undefined : '{{ template "email.default.subject" . }}'
  const source = ownSubject ?? (c.origin === 'file' ? usual : undefined)
  const t = messageTexts({ from: s.from, to: s.to.join(', '), ...(source === undefined ? {} : { subject: source }) }, context.templates, n, nowMs)
  let subject = t['subject'] ?? messageTitle(n, language)
  const to = s.to.some(one => one.includes('{{')) ? t['to']!.split(',').map(one => one.trim()).filter(one => one !== '') : s.to
  if (to.length === 0) throw new Error('the text of "to" names nobody')
  const shown: { from?: string; to?: string } = {}
  for (const [name, value] of Object.entries(messageTexts(s.headers ?? {}, context.templates, n, nowMs))) {
    if (name.toLowerCase() === 'subject') subject = value
    else if (name.toLowerCase() === 'from') shown.from = oneLine(value)
    else if (name.toLowerCase() === 'to') shown.to = oneLine(value)
    else headers[name] = value.replace(/[\r\n]+/g, ' ')
  }
  if (s.threading !== undefined) {
    const day = s.threading === 'daily' ? new Date(nowMs).toISOString().slice(0, 10) : ''
    headers['References'] = headers['In-Reply-To'] = `<alert-${createHash('sha256').update(n.groupKey).digest('hex').slice(0, 16)}-${day}@alertmanager>`
  }
  // Where only one of both is written in a file, only that one is sent: ours would say something else.
  const text = ownText !== undefined && ownText !== '' ? messageTexts({ text: ownText }, context.templates, n, nowMs)['text']! : ownHtml !== undefined && ownHtml !== '' && c.origin === 'file' ? '' : plainText(n, language, MAX_TEXT)
  const image = ownHtml === undefined && c.chart !== false ? await context.chart?.(n, language) : undefined
  const html = ownHtml === undefined ? ourHtml(n, language, image?.alt) : messageTexts({ html: ownHtml }, context.templates, n, nowMs, { markup: 'html' })['html']!
  return { from: t['from']!, to, shown, subject: oneLine(subject), html, text, headers, ...(image === undefined ? {} : { image: { name: IMAGE, png: image.png } }) }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim()
}

/** A mail that is read on a phone and in old programs: one column, styles inline. */
function ourHtml(n: Notification, language: 'en' | 'ko', imageAlt: string | undefined): string {
  const m = humanMessage(n, language)
  const e = escapeHtml
  const blocks = m.alerts.map((a, i) => `<div style="border-left:4px solid ${STATE_COLOUR[a.state]};padding:8px 16px;margin:0 0 16px">`
    + `<p style="margin:0 0 8px;font-size:17px;font-weight:bold">${e(a.title)}</p>${a.description === '' ? '' : `<p style="margin:0 0 8px">${e(a.description).replaceAll('\n', '<br>')}</p>`}`
    + `<table role="presentation" cellpadding="0" cellspacing="0">${a.facts.map(([name, value]) => `<tr><td style="padding:2px 16px 2px 0;color:#57606a;vertical-align:top">${e(name)}</td><td style="padding:2px 0">${e(value)}</td></tr>`).join('')}</table>`
    + (i === 0 && imageAlt !== undefined ? `<p style="margin:12px 0"><img src="cid:${IMAGE}" alt="${e(imageAlt)}" style="max-width:100%;height:auto"></p>` : '')
    + (a.links.length === 0 ? '' : `<p style="margin:8px 0 0">${a.links.map(([name, url]) => `<a href="${e(url)}">${e(name)}</a>`).join(' · ')}</p>`) + '</div>')
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${e(m.title)}</title></head>`
    + `<body style="font-family:system-ui,-apple-system,'Apple SD Gothic Neo','Malgun Gothic',sans-serif;color:#1f2328;max-width:640px;margin:0 auto;padding:16px">`
    + `${m.summary === '' ? '' : `<p>${e(m.summary)}</p>`}${blocks.join('')}<p style="color:#57606a;font-size:13px">Haechi</p></body></html>`
}
