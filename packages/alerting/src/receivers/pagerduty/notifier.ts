import { createHash } from 'node:crypto'
import { messageTexts, truncated } from '../../message-templates.ts'
import { templatedJson } from '../../payload-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { defaultTitle } from '../webhook/body.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import type { PagerDutySettings } from '../settings.ts'

export const PAGERDUTY_V2 = 'https://events.pagerduty.com/v2/enqueue'
export const PAGERDUTY_V1 = 'https://events.pagerduty.com/generic/2010-04-15/create_event.json'
/** @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const SUMMARY_LENGTH = 1024
const MAX_BYTES = 512_000

/** Alertmanager's defaults; details as values, or as texts where the settings are Grafana's. */
export const PAGERDUTY_TEXTS: Readonly<Record<string, string>> = {
  description: '{{ template "pagerduty.default.description" .}}', client: '{{ template "pagerduty.default.client" . }}', client_url: '{{ template "pagerduty.default.clientURL" . }}', severity: 'error', source: '', class: '', component: '', group: '',
}
export const PAGERDUTY_DETAILS: Readonly<Record<string, string>> = {
  firing: '{{ template "pagerduty.default.instances" .Alerts.Firing }}', resolved: '{{ template "pagerduty.default.instances" .Alerts.Resolved }}', num_firing: '{{ .Alerts.Firing | len }}', num_resolved: '{{ .Alerts.Resolved | len }}',
}

export const PAGERDUTY_VALUES: Readonly<Record<string, string>> = {
  firing: '{{ .Alerts.Firing | toJson }}', resolved: '{{ .Alerts.Resolved | toJson }}', num_firing: '{{ .Alerts.Firing | len }}', num_resolved: '{{ .Alerts.Resolved | len }}',
}

/** Raises and closes incidents at PagerDuty; the group of alerts is the incident. @throws Error when the address or the key is missing */
export function createPagerDutyNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const s = c.pagerduty
  if (s === undefined) throw new Error('a PagerDuty contact point needs a key')
  const url = httpUrl(c.url)
  return httpNotifier({
    service: 'PagerDuty', title: defaultTitle,
    request: n => ({ url, body: JSON.stringify(pagerDutyEvent(c, s, n, context)) }),
    refusal(answer) {
      if (answer.status >= 200 && answer.status < 300) return undefined
      const { message, errors } = answerObject(answer)
      return { reason: [message, ...(Array.isArray(errors) ? errors : [])].filter(t => typeof t === 'string').join(': ') }
    },
  }, c, context)
}

/** The event. What is too large goes without its details. @throws TemplateExecError, TemplateSyntaxError */
export function pagerDutyEvent(c: Pick<ContactPoint, 'texts'>, s: PagerDutySettings, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): object {
  const sources: Record<string, string> = { ...PAGERDUTY_TEXTS, ...c.texts }
  for (const [name, text] of Object.entries(s.details)) sources[`detail ${name}`] = text
  ;(s.images ?? []).forEach((image, i) => Object.assign(sources, { [`image ${i} href`]: image.href, [`image ${i} src`]: image.src, [`image ${i} alt`]: image.alt }))
  ;(s.links ?? []).forEach((link, i) => Object.assign(sources, { [`link ${i} href`]: link.href, [`link ${i} text`]: link.text }))
  const t = messageTexts(sources, context.templates, n, context.clock.nowMs())
  const details = s.values === undefined ? Object.fromEntries(Object.keys(s.details).map(name => [name, t[`detail ${name}`]!])) : templatedJson(s.values, n, context.templates, context.clock.nowMs()) as Record<string, unknown>
  const key = createHash('sha256').update(n.groupKey).digest('hex')
  const action = n.status === 'firing' ? 'trigger' : 'resolve'
  const some = (name: string, value: string | undefined): Record<string, string> => (value === undefined || value === '' ? {} : { [name]: value })
  if (s.version === 1) {
    const event = (custom: object): object => ({
      service_key: s.key, event_type: action, incident_key: key, description: truncated(t['description']!, SUMMARY_LENGTH), event_action: '', payload: null,
      ...(action === 'trigger' ? { ...some('client', t['client']), ...some('client_url', t['client_url']) } : {}), ...(Object.keys(custom).length === 0 ? {} : { details: custom }),
    })
    return within(event, details)
  }
  const images = (s.images ?? []).map((_i, i) => ({ href: t[`image ${i} href`]!, src: t[`image ${i} src`]!, alt: t[`image ${i} alt`]! })).filter(i => i.src !== '')
  const links = (s.links ?? []).map((_l, i) => ({ href: t[`link ${i} href`]!, text: t[`link ${i} text`]! })).filter(l => l.href !== '')
  const event = (custom: object): object => ({
    routing_key: s.key, dedup_key: key, event_action: action,
    payload: {
      summary: truncated(t['description']!.trim() === '' ? defaultTitle(n) : t['description']!, SUMMARY_LENGTH), source: t['source'] || t['client'] || 'Haechi', severity: severity(t['severity']!),
      ...some('class', t['class']), ...some('component', t['component']), ...some('group', t['group']), ...(Object.keys(custom).length === 0 ? {} : { custom_details: custom }),
    },
    ...some('client', t['client']), ...some('client_url', t['client_url']), ...(images.length === 0 ? {} : { images }), ...(links.length === 0 ? {} : { links }),
  })
  return within(event, details)
}

/** The event, without its details where it would be too large. */
function within(event: (details: object) => object, details: object): object {
  const whole = event(details)
  return Buffer.byteLength(JSON.stringify(whole)) <= MAX_BYTES ? whole : event({ error: `Custom details have been removed because the original event exceeds the maximum size of ${MAX_BYTES / 1000}KB` })
}

/** PagerDuty knows four. */
function severity(text: string): string {
  const word = text.trim().toLowerCase()
  return ['critical', 'error', 'warning', 'info'].includes(word) ? word : /^(page|fatal|p1|emergency)/.test(word) ? 'critical' : /^(none|notice|debug)/.test(word) ? 'info' : 'error'
}
