import { GoMap } from '@haechi/template'
import { parse } from 'yaml'
import { messageTexts } from './message-templates.ts'
import type { TemplateFile } from './message-templates.ts'
import type { Notification } from './notification.ts'

/**
 * A body of Grafana's `payload`: the text that its template prints. Besides the functions of messages it has `coll`, `data`, `tmpl` and `time`, and `.Vars`.
 * @throws TemplateSyntaxError or TemplateExecError with Go's text
 */
export function payloadText(template: string, vars: Readonly<Record<string, string>>, n: Notification, files: readonly TemplateFile[], nowMs: number): string {
  return messageTexts({ payload: template }, files, n, nowMs, { payload: true, data: { Vars: new GoMap(new Map(Object.entries(vars))) } })['payload']!
}

/**
 * Alertmanager's `payload`: JSON whose texts and keys are templates; what a text prints becomes the value that it reads as (a number, a list …).
 * @see alertmanager template/template.go `DeepCopyWithTemplate`
 */
export function templatedJson(value: unknown, n: Notification, files: readonly TemplateFile[], nowMs: number): unknown {
  const sources: Record<string, string> = {}
  collect(value, text => { sources[text] = text })
  const texts = messageTexts(sources, files, n, nowMs)
  const made = (v: unknown): unknown => {
    if (typeof v === 'string') return inline(texts[v] ?? v)
    if (Array.isArray(v)) return v.map(made)
    if (typeof v === 'object' && v !== null) return Object.fromEntries(Object.entries(v).map(([k, inner]) => [texts[k] ?? k, made(inner)]))
    return v
  }
  return made(value)
}

function collect(v: unknown, take: (text: string) => void): void {
  if (typeof v === 'string') take(v)
  else if (Array.isArray(v)) for (const item of v) collect(item, take)
  else if (typeof v === 'object' && v !== null) {
    for (const [key, inner] of Object.entries(v)) {
      take(key)
      collect(inner, take)
    }
  }
}

/** What a text read as may hold texts that read as values, too. They are no templates: what a label says is not run. */
function nested(value: unknown): unknown {
  if (typeof value === 'string') return inline(value)
  if (Array.isArray(value)) return value.map(nested)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, nested(v)])) : value
}

function inline(text: string): unknown {
  try {
    const read: unknown = parse(text, { maxAliasCount: 10 })
    return typeof read === 'string' ? text : nested(read ?? null)
  } catch {
    return text
  }
}
