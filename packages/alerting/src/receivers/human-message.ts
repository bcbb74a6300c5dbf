import { labelValue, limitText } from '@haechi/model'
import type { Notification, NotificationAlert } from '../notification.ts'
import { alertTitle, annotation, compareWorst, httpLink, isNoData, messageTitle, severityOf, shorten, valueText } from './alert-text.ts'
import { WORDS } from './words.ts'

/** One alert as people read it, without markup. */
export interface HumanAlert {
  readonly state: 'critical' | 'warning' | 'info' | 'resolved' | 'unknown'
  readonly title: string
  readonly description: string
  /** Value, limit, since when, severity, labels: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly links: readonly (readonly [name: string, url: string])[]
}

/** A message as people read it, without markup. */
export interface HumanMessage {
  /** One line, state first. */
  readonly title: string
  /** How many, where it is not one; '' else. */
  readonly summary: string
  readonly alerts: readonly HumanAlert[]
  readonly state: HumanAlert['state']
}

/** Alerts shown one by one; the others are counted. */
const SHOWN = 5
const DESCRIPTION_LENGTH = 600

/** The worst alerts of a message, worst first, and a count of the others. Times are in the zone of this machine. */
export function humanMessage(n: Notification, language: 'en' | 'ko', shown: number = SHOWN): HumanMessage {
  const words = WORDS[language]
  const sorted = [...n.alerts].sort(compareWorst)
  const alerts = sorted.slice(0, shown).map(a => humanAlert(a, n, language))
  const firing = sorted.filter(a => a.status === 'firing').length
  const left = sorted.length - alerts.length + n.truncatedAlerts
  const summary = n.test === true ? words.testText : sorted.length + n.truncatedAlerts === 1 ? '' : `${words.counts(firing, sorted.length - firing)}${left > 0 ? ` (${words.more(left)})` : ''}`
  return { title: messageTitle(n, language), summary, alerts, state: alerts[0]?.state ?? 'resolved' }
}

function humanAlert(a: NotificationAlert, n: Notification, language: 'en' | 'ko'): HumanAlert {
  const words = WORDS[language]
  const unit = a.threshold?.unit ?? ''
  const facts: [string, string][] = []
  const service = labelValue(a.labels, 'service') || labelValue(a.labels, 'job')
  if (service !== '') facts.push([words.service, service])
  if (a.status === 'firing') {
    if (a.value !== undefined) facts.push([words.value, valueText(a.value, unit)])
    else if (a.values !== undefined) facts.push([words.value, Object.entries(a.values).slice(0, 6).map(([ref, v]) => `${ref} = ${valueText(v, '')}`).join(', ')])
    if (a.threshold !== undefined) facts.push([words.threshold, limitText(a.threshold, v => valueText(v, unit), language)])
  } else if (a.endsAtMs !== undefined) facts.push([words.lasted, words.duration(a.endsAtMs - a.startsAtMs) + (a.peak === undefined ? '' : `, ${words.worst} ${valueText(a.peak, unit)}`)])
  facts.push([words.since, localTime(a.startsAtMs, language)])
  const severity = labelValue(a.labels, 'severity')
  if (severity !== '') facts.push([words.severity, words.severities[severity.toLowerCase()] ?? severity])
  const labels: string[] = []
  for (let i = 0; i < a.labels.length; i += 2) if (!['alertname', 'severity', 'job', 'service'].includes(a.labels[i]!)) labels.push(`${a.labels[i]!}=${a.labels[i + 1]!}`)
  if (labels.length > 0) facts.push([words.labels, shorten(labels.join(', '), 300, words)])
  const links: [string, string][] = []
  for (const [name, raw] of [[words.panel, a.panelUrl], [words.dashboard, a.dashboardUrl], [words.graph, a.generatorUrl], [words.silence, a.silenceUrl], [words.runbook, labelValue(a.annotations, 'runbook_url')]] as const) {
    const url = httpLink(raw)
    if (url !== undefined) links.push([name, url])
  }
  const title = n.test === true ? messageTitle(n, language) : alertTitle(a, language)
  const summary = annotation(a.annotations, 'summary', language)
  const lines = [
    summary !== '' && !title.endsWith(summary.replace(/\s+/g, ' ')) ? summary : '', annotation(a.annotations, 'description', language) || annotation(a.annotations, 'message', language),
    labelValue(a.annotations, 'Error'),
  ].filter(t => t !== '')
  return { state: a.status === 'resolved' ? 'resolved' : isNoData(a) ? 'unknown' : severityOf(a.labels), title, description: shorten(lines.join('\n'), DESCRIPTION_LENGTH, words), facts, links }
}

/** A time in the zone of this machine, with its name. */
export function localTime(ms: number, language: 'en' | 'ko'): string {
  return new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'medium', timeStyle: 'long' }).format(ms)
}

/** As plain text within a limit of UTF-16 units: title, facts and links of as many alerts as fit; then a count. */
export function plainText(n: Notification, language: 'en' | 'ko', limit: number): string {
  const words = WORDS[language]
  const text = (shown: number): string => {
    const m = humanMessage(n, language, shown)
    const single = n.alerts.length + n.truncatedAlerts === 1
    const blocks = m.alerts.map(a => [
      ...(single ? [] : [a.title]), ...(a.description === '' ? [] : [a.description]), ...a.facts.map(([name, value]) => `${name}: ${value}`), ...a.links.map(([name, url]) => `${name}: ${url}`),
    ].join('\n'))
    return [[m.title, m.summary].filter(t => t !== '').join('\n'), ...blocks].join('\n\n')
  }
  for (let shown = SHOWN; shown > 1; shown--) {
    const whole = text(shown)
    if (whole.length <= limit) return whole
  }
  return shorten(text(1), limit, words)
}

/** Colours of states, as `#rrggbb`. */
export const STATE_COLOUR: Readonly<Record<HumanAlert['state'], string>> = { critical: '#d63232', warning: '#e8930c', info: '#3b82f6', resolved: '#2ea043', unknown: '#6b7280' }
