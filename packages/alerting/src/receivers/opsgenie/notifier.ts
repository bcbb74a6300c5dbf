import { createHash } from 'node:crypto'
import { labelsToObject } from '@haechi/model'
import { messageTexts, truncated } from '../../message-templates.ts'
import { commonPairs } from '../../notification.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { defaultTitle } from '../webhook/body.ts'
import { answerObject } from '../http-notifier.ts'
import { steppedNotifier } from '../http-steps.ts'
import type { StepRequest } from '../http-steps.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import type { OpsgenieSettings } from '../settings.ts'

export const OPSGENIE_API = 'https://api.opsgenie.com/'
/** @see https://docs.opsgenie.com/docs/alert-api */
const LIMITS = { message: 130, description: 15_000, note: 25_000, source: 100, entity: 512, tags: 20, tag: 50, responders: 50, details: 8000 } as const

/** Alertmanager's defaults. */
export const OPSGENIE_TEXTS: Readonly<Record<string, string>> = {
  message: '{{ template "opsgenie.default.message" . }}', description: '{{ template "opsgenie.default.description" . }}', source: '{{ template "opsgenie.default.source" . }}', entity: '', actions: '', tags: '', note: '', priority: '',
}

/** Raises and closes alerts at Opsgenie; the group of alerts is one. @throws Error when the address or the key is missing */
export function createOpsgenieNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const s = c.opsgenie
  if (s === undefined) throw new Error('an Opsgenie contact point needs a key')
  const base = httpUrl(c.url).replace(/\/*$/, '/')
  return steppedNotifier({
    service: 'Opsgenie', title: defaultTitle, headers: { authorization: `GenieKey ${s.key}` },
    reason: answer => (typeof answerObject(answer)['message'] === 'string' ? String(answerObject(answer)['message']) : ''),
    prepare(n) {
      const steps = opsgenieRequests(c, s, base, n, context)
      return async send => {
        for (const step of steps) await send(step)
      }
    },
  }, c, context)
}

function opsgenieRequests(c: ContactPoint, s: OpsgenieSettings, base: string, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): StepRequest[] {
  const sources: Record<string, string> = { ...OPSGENIE_TEXTS, ...c.texts }
  for (const [name, text] of Object.entries(s.details)) sources[`detail ${name}`] = text
  s.responders.forEach((r, i) => Object.assign(sources, { [`responder ${i} type`]: r.type, [`responder ${i} id`]: r.id ?? '', [`responder ${i} name`]: r.name ?? '', [`responder ${i} username`]: r.username ?? '' }))
  const t = messageTexts(sources, context.templates, n, context.clock.nowMs())
  const alias = createHash('sha256').update(n.groupKey).digest('hex')
  const some = (name: string, value: string): Record<string, string> => (value === '' ? {} : { [name]: value })
  const source = truncated(t['source']!, LIMITS.source)
  if (n.status === 'resolved') return [{ method: 'POST', url: `${base}v2/alerts/${alias}/close?identifierType=alias`, body: JSON.stringify({ source }) }]
  // Not trimmed, as there.
  const words = (text: string): string[] => text.trim().split(',').filter(w => w !== '')
  const responders = s.responders.flatMap((_r, i) => {
    const type = t[`responder ${i} type`]!
    const one = { ...some('id', t[`responder ${i} id`]!), ...some('name', t[`responder ${i} name`]!), ...some('username', t[`responder ${i} username`]!) }
    if (Object.keys(one).length === 0) return []
    // Several teams in one text.
    return type === 'teams' ? words(t[`responder ${i} name`]!).map(name => ({ name, type: 'team' })) : [{ ...one, type }]
  }).slice(0, LIMITS.responders)
  const details = { ...labelsToObject(commonPairs(n.alerts.map(a => a.labels))), ...Object.fromEntries(Object.keys(s.details).map(name => [name, t[`detail ${name}`]!])) }
  const message = truncated(t['message']!.trim() === '' ? defaultTitle(n) : t['message']!, LIMITS.message)
  const description = truncated(t['description']!, LIMITS.description)
  const made: StepRequest = {
    method: 'POST', url: `${base}v2/alerts`, body: JSON.stringify({
      alias, message, ...some('description', description), details: within(details), source,
      ...(responders.length === 0 ? {} : { responders }), ...(t['tags'] === '' ? {} : { tags: words(t['tags']!).slice(0, LIMITS.tags).map(w => truncated(w, LIMITS.tag)) }), ...some('note', truncated(t['note']!, LIMITS.note)),
      ...(/^P[1-5]$/.test(t['priority']!) ? { priority: t['priority'] } : {}), ...some('entity', truncated(t['entity']!, LIMITS.entity)), ...(t['actions'] === '' ? {} : { actions: words(t['actions']!) }),
    }),
  }
  if (!s.updateAlerts) return [made]
  const change = (what: string, text: string): StepRequest => ({ method: 'PUT', url: `${base}v2/alerts/${alias}/${what}?identifierType=alias`, body: JSON.stringify(some(what, text)) })
  return [made, change('message', message), change('description', description)]
}

/** As many details as Opsgenie takes; the others are counted. */
function within(details: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {}
  let size = 0
  let left = 0
  for (const [name, value] of Object.entries(details)) {
    if (size + name.length + value.length > LIMITS.details - 40) left++
    else {
      out[name] = value
      size += name.length + value.length
    }
  }
  return left === 0 ? out : { ...out, and_more: String(left) }
}
