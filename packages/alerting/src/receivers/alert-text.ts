import { labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { formatGeneral, humanizeDuration } from '@haechi/template'
import { commonPairs } from '../notification.ts'
import type { Notification, NotificationAlert } from '../notification.ts'
import { WORDS } from './words.ts'
import type { Words } from './words.ts'

/** A title must fit one line of a phone's notification. */
export const TITLE_LENGTH = 80
/** Longest address of a link. */
const URL_LENGTH = 2048

/** Discord counts UTF-16 units of what is left after trimming; cutting counts code points, which is never more. */
export function shorten(text: string, limit: number, words: Words): string {
  const trimmed = text.trim()
  if (trimmed.length <= limit) return trimmed
  const chars = [...trimmed]
  let kept = limit
  for (;;) {
    // The note's own length depends on the count in it.
    const note = words.cut(chars.length - kept)
    const text = chars.slice(0, kept).join('')
    const over = text.length + note.length - limit
    if (over <= 0) return text + note
    kept -= Math.max(1, Math.ceil(over / 2))
  }
}

/** One line, cut with an ellipsis. */
export function shortLine(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line.length <= limit) return line
  let out = ''
  for (const c of line) {
    if (out.length + c.length > limit - 1) break
    out += c
  }
  return `${out.trimEnd()}…`
}

/** An annotation in the reader's language: `summary_ko` before `summary`. */
export function annotation(a: Labels, name: string, language: 'en' | 'ko'): string {
  return (labelValue(a, `${name}_${language}`) || labelValue(a, name)).trim()
}

/** A number for people, by its unit. */
export function valueText(value: number, unit: string): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞'
  if (unit === 'ratio') return `${formatGeneral(value * 100, 3)}%`
  if (unit === 's') return value === 0 ? '0s' : humanizeDuration(Number(value.toPrecision(3)))
  if (unit === 'bytes') {
    let v = value
    let prefix = ''
    for (const p of ['Ki', 'Mi', 'Gi', 'Ti', 'Pi']) {
      if (Math.abs(v) < 1024) break
      v /= 1024
      prefix = p
    }
    return `${formatGeneral(v, 4)} ${prefix}B`
  }
  const plain = Math.abs(value) >= 1e-4 && Math.abs(value) < 1e15 ? String(Number(value.toPrecision(4))) : formatGeneral(value, 4)
  return unit === '' ? plain : `${plain} ${unit}`
}

export function httpLink(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\//i.test(url) && url.length <= URL_LENGTH && !/[\s<>]/.test(url) ? url : undefined
}

export function severityOf(labels: Labels): 'critical' | 'warning' | 'info' {
  const text = labelValue(labels, 'severity').toLowerCase()
  if (/^(critical|crit|error|page|emergency|fatal|p1)/.test(text)) return 'critical'
  return /^(info|none|notice|debug)/.test(text) ? 'info' : 'warning'
}

const RANK = { critical: 0, warning: 1, info: 2 } as const

/** Worst first: firing before resolved, severe before mild, old before new. */
export function compareWorst(a: NotificationAlert, b: NotificationAlert): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1
  return RANK[severityOf(a.labels)] - RANK[severityOf(b.labels)] || a.startsAtMs - b.startsAtMs
}

/** What an alert is called and about, without its state. */
export function subject(a: NotificationAlert, language: 'en' | 'ko'): string {
  const summary = annotation(a.annotations, 'summary', language)
  if (summary !== '') return summary
  const name = labelValue(a.labels, 'alertname') || 'alert'
  const about = labelValue(a.labels, 'job') || labelValue(a.labels, 'service')
  return about === '' ? name : `${about}: ${name}`
}

/** One line of at most 80 characters, state first. */
export function messageTitle(n: Notification, language: 'en' | 'ko'): string {
  const words = WORDS[language]
  if (n.test === true) return shortLine(`${words.test} ${words.testTitle}`, TITLE_LENGTH)
  const worst = [...n.alerts].sort(compareWorst)[0]
  if (worst === undefined) return words.resolved
  const firing = n.alerts.filter(a => a.status === 'firing').length
  if (n.alerts.length === 1) return alertTitle(worst, language)
  const name = labelValue(commonPairs(n.alerts.map(a => a.labels)), 'alertname') || subject(worst, language)
  return shortLine(n.status === 'firing' ? `🔴 ${words.severalFiring(firing, name)}` : `🟢 ${words.resolved}: ${words.severalFiring(n.alerts.length, name)}`, TITLE_LENGTH)
}

export function alertTitle(a: NotificationAlert, language: 'en' | 'ko'): string {
  const words = WORDS[language]
  if (a.status === 'resolved') {
    const name = labelValue(a.labels, 'alertname') || 'alert'
    const about = labelValue(a.labels, 'job') || labelValue(a.labels, 'service')
    return shortLine(`🟢 ${words.resolved}: ${about === '' ? name : `${about} · ${name}`}`, TITLE_LENGTH)
  }
  if (isNoData(a)) return shortLine(`⚪ ${words.noData}: ${labelValue(a.labels, 'rulename') || subject(a, language)}`, TITLE_LENGTH)
  return shortLine(`🔴 ${subject(a, language)}`, TITLE_LENGTH)
}

export function isNoData(a: NotificationAlert): boolean {
  return labelValue(a.labels, 'alertname') === 'DatasourceNoData'
}
