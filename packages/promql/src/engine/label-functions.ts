import { isLabelName, labelValue, labelsWith } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import { RE2JS } from 're2js'
import type { Budget } from './budget.ts'
import { withoutDuplicates } from './rows.ts'
import type { Rows } from './rows.ts'

/** The pattern of `label_replace`; its arguments are judged before its vector is computed. @throws QueryError for an expression that isn't RE2 or an empty target name */
export function replacePattern(target: string, pattern: string): RE2JS {
  let re: RE2JS
  try {
    re = RE2JS.compile(`^(?s:${pattern})$`)
  } catch {
    throw new QueryError('execution', `invalid regular expression in label_replace(): ${pattern}`)
  }
  if (!isLabelName(target)) throw new QueryError('execution', `invalid destination label name in label_replace(): ${target}`)
  return re
}

/** `label_replace`. @param re  of {@link replacePattern} */
export function labelReplace(rows: Rows, target: string, replacement: string, source: string, re: RE2JS, steps: number, budget: Budget): Rows {
  const template = parseTemplate(replacement)
  const replaced = new Uint8Array(rows.labels.length)
  const cache = new Map<string, string | undefined>()
  const labels = rows.labels.map((own, i) => {
    const value = labelValue(own, source)
    let text = cache.get(value)
    if (text === undefined && !cache.has(value)) {
      text = expand(re, template, value)
      cache.set(value, text)
    }
    if (text === undefined) return own
    replaced[i] = 1
    return labelsWith(own, target, text)
  })
  return withoutDuplicates(relabeled(rows, labels, target, replaced), steps, 'merge', budget)
}

/** Judges the arguments of `label_join` before its vector is computed. @throws QueryError for an empty label name */
export function checkJoin(target: string, sources: readonly string[]): void {
  for (const source of sources) if (!isLabelName(source)) throw new QueryError('execution', `invalid source label name in label_join(): ${source}`)
  if (!isLabelName(target)) throw new QueryError('execution', `invalid destination label name in label_join(): ${target}`)
}

/** `label_join`, its arguments judged by {@link checkJoin}. */
export function labelJoin(rows: Rows, target: string, separator: string, sources: readonly string[], steps: number, budget: Budget): Rows {
  const labels = rows.labels.map(own => labelsWith(own, target, sources.map(s => labelValue(own, s)).join(separator)))
  return withoutDuplicates(relabeled(rows, labels, target, undefined), steps, 'merge', budget)
}

/** A metric name that was just set stays, even if the name before was to be dropped. */
function relabeled(rows: Rows, labels: readonly Labels[], target: string, replaced: Uint8Array | undefined): Rows {
  let dropName = rows.dropName
  if (dropName !== undefined && target === '__name__') dropName = dropName.map((drop, i) => replaced === undefined || replaced[i] === 1 ? 0 : drop)
  return { labels, dropName, read: (i, values, present, histograms) => rows.read(i, values, present, histograms) }
}

/** A replacement as pieces: text, or the number or name of a group. */
type Template = readonly (string | { readonly group: string })[]

/** Reads `$1`, `${1}`, `$name`, `${name}` and `$$` as Go's `regexp.Expand` does; a malformed reference is text. */
function parseTemplate(text: string): Template {
  const out: (string | { readonly group: string })[] = []
  let rest = text
  for (;;) {
    const at = rest.indexOf('$')
    if (at < 0) break
    out.push(rest.slice(0, at))
    rest = rest.slice(at)
    if (rest.startsWith('$$')) {
      out.push('$')
      rest = rest.slice(2)
      continue
    }
    const reference = /^\$(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u.exec(rest)
    if (reference === null) {
      out.push('$')
      rest = rest.slice(1)
      continue
    }
    out.push({ group: (reference[1] ?? reference[2])! })
    rest = rest.slice(reference[0].length)
  }
  out.push(rest)
  return out
}

function expand(re: RE2JS, template: Template, value: string): string | undefined {
  const matcher = re.matcher(value)
  if (!matcher.find()) return undefined
  const named = re.namedGroups()
  let out = ''
  for (const piece of template) {
    if (typeof piece === 'string') {
      out += piece
      continue
    }
    const group = /^\d+$/.test(piece.group) ? Number(piece.group) : named[piece.group]
    if (group !== undefined && group <= matcher.groupCount()) out += matcher.group(group) ?? ''
  }
  return out
}
