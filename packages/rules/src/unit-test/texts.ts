import { goFormatFloat, goQuote, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'

/** An alert that fires, or should. */
export interface FiringAlert {
  readonly labels: Labels
  readonly annotations: Labels
}

/** `{a="b", c="d"}` as Prometheus prints a label set. */
export function labelsText(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    parts.push(`${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : goQuote(name)}=${goQuote(labels[i + 1]!)}`)
  }
  return `{${parts.join(', ')}}`
}

/** A float in its shortest form, with an exponent of at least two digits (`E`) or without one (`f`). */
export function expFloat(v: number, format: 'E' | 'f'): string {
  if (format === 'f' || !Number.isFinite(v)) return goFormatFloat(v)
  const text = Object.is(v, -0) ? '-0e+0' : v.toExponential()
  return text.replace(/e([+-])(\d)$/, 'e$10$2').toUpperCase()
}

/** The list of alerts in a failure, indented as promtool does. */
export function alertListText(alerts: readonly FiringAlert[]): string {
  if (alerts.length === 0) return '[]'
  const one = (a: FiringAlert, i: number): string => `${i}:\n  Labels:${labelsText(a.labels)}\n  Annotations:${labelsText(a.annotations)}`
  return `[\n${alerts.map(one).join(',\n')}\n]`.replaceAll('\n', '\n            ')
}

const colour = (code: number, text: string): string => `\x1b[0;${code}m${text}\x1b[0m`

/** What differs between two lists of alerts, as coloured JSON: changed values as `"expected" => "got"`, missing and unexpected ones alone. */
export function alertsDiff(expected: readonly FiringAlert[], got: readonly FiringAlert[]): string {
  const items: string[] = []
  for (let i = 0; i < Math.max(expected.length, got.length); i++) {
    const e = expected[i]
    const g = got[i]
    if (e === undefined || g === undefined) {
      items.push(colour(e === undefined ? 32 : 31, `    ${alertJson((e ?? g)!)}`))
      continue
    }
    items.push(`    {\n        "Annotations": ${mapDiff(e.annotations, g.annotations)},\n        "Labels": ${mapDiff(e.labels, g.labels)}\n    }`)
  }
  return `[\n${items.join(',\n')}\n]`.replaceAll('\n', '\n            ')
}

function alertJson(a: FiringAlert): string {
  return JSON.stringify({ Annotations: labelsToObject(a.annotations), Labels: labelsToObject(a.labels) }, null, 4).replaceAll('\n', '\n    ')
}

function mapDiff(expected: Labels, got: Labels): string {
  const e = new Map(Object.entries(labelsToObject(expected)))
  const g = new Map(Object.entries(labelsToObject(got)))
  const lines = [...new Set([...e.keys(), ...g.keys()])].sort().map(name => {
    const was = e.get(name)
    const is = g.get(name)
    const key = `${JSON.stringify(name)}: `
    if (was === is) return key + JSON.stringify(was)
    if (was === undefined) return colour(32, key + JSON.stringify(is))
    if (is === undefined) return colour(31, key + JSON.stringify(was))
    return key + colour(33, `${JSON.stringify(was)} => ${JSON.stringify(is)}`)
  })
  return lines.length === 0 ? '{}' : `{\n${lines.map(l => `            ${l}`).join(',\n')}\n        }`
}
