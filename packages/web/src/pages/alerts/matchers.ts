import type { SilenceMatcherView } from '@haechi/server'
import type { LabelMap } from '../../api/prometheus.ts'

/** Matchers that hold for exactly these labels; private labels (`__…`) are left out. */
export function matchersOfLabels(labels: LabelMap): SilenceMatcherView[] {
  return Object.entries(labels).filter(([name]) => !name.startsWith('__')).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }))
}

/** A matcher's operator: `=`, `!=`, `=~` or `!~`. */
export function operatorOf(m: SilenceMatcherView): '=' | '!=' | '=~' | '!~' {
  return m.isRegex ? (m.isEqual ? '=~' : '!~') : m.isEqual ? '=' : '!='
}

/** The same matcher with another operator. */
export function withOperator(m: SilenceMatcherView, operator: string): SilenceMatcherView {
  return { name: m.name, value: m.value, isRegex: operator.includes('~'), isEqual: !operator.startsWith('!') }
}

/** `a="b"`, as Alertmanager writes it. */
export function matcherText(m: SilenceMatcherView): string {
  return `${m.name}${operatorOf(m)}"${m.value.replace(/[\\\n"]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`
}

/** Matchers as one text: `a="b", c=~"d.*"`. */
export function matchersText(ms: readonly SilenceMatcherView[]): string {
  return ms.map(matcherText).join(', ')
}

/** Reads what `matchersText` writes, with or without braces and quotes. Undefined for anything else. */
export function parseMatchers(text: string): SilenceMatcherView[] | undefined {
  const body = text.trim().replace(/^\{([\s\S]*)\}$/, '$1')
  const out: SilenceMatcherView[] = []
  const part = /\s*([\w.:-]+)\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|([^",{}]*?))\s*(?:,|$)/y
  while (part.lastIndex < body.length) {
    const at = part.lastIndex
    const m = part.exec(body)
    if (m === null) return body.slice(at).trim() === '' ? out : undefined
    const value = m[3] === undefined ? m[4]! : m[3].replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    out.push({ name: m[1]!, value, isRegex: m[2]!.includes('~'), isEqual: !m[2]!.startsWith('!') })
  }
  return out
}

/** Whether labels satisfy all matchers. An absent label is empty; an expression that cannot be read matches nothing. */
export function satisfies(labels: LabelMap, matchers: readonly SilenceMatcherView[]): boolean {
  return matchers.every(m => {
    const value = labels[m.name] ?? ''
    if (!m.isRegex) return (value === m.value) === m.isEqual
    try {
      return new RegExp(`^(?:${m.value})$`, 's').test(value) === m.isEqual
    } catch {
      return false
    }
  })
}

/** Labels written as `a=b, c="d"`; undefined when they are not. Only equality is a label. */
export function parseLabels(text: string): LabelMap | undefined {
  const ms = parseMatchers(text)
  if (ms === undefined || ms.some(m => m.isRegex || !m.isEqual)) return undefined
  return Object.fromEntries(ms.map(m => [m.name, m.value]))
}
