import { METRIC_NAME, goQuote, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'

/** Labels that describe the metric and go when a value is no longer that metric's. @see Prometheus schema `IsMetadataLabel` */
const TYPE_LABEL = '__type__'
const UNIT_LABEL = '__unit__'

function isMetadata(name: string): boolean {
  return name === METRIC_NAME || name === TYPE_LABEL || name === UNIT_LABEL
}

/** The labels without name, type and unit of the metric; the same array when there are none. */
export function withoutMetadata(labels: Labels): Labels {
  // Nearly always the name is the first label and alone.
  let first = -1
  let more = false
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    if (name.charCodeAt(0) !== 95 || !isMetadata(name)) continue
    if (first >= 0) more = true
    else first = i
  }
  if (first < 0) return labels
  if (!more && first === 0) return labels.slice(2)
  const out: string[] = []
  for (let i = 0; i < labels.length; i += 2) if (!isMetadata(labels[i]!)) out.push(labels[i]!, labels[i + 1]!)
  return out
}

/** Whether two of the label sets are equal. */
export function hasDuplicateLabels(sets: readonly Labels[]): boolean {
  if (sets.length < 2) return false
  const seen = new Set<string>()
  for (const labels of sets) {
    const key = labelsKey(labels)
    if (seen.has(key)) return true
    seen.add(key)
  }
  return false
}

/** `{a="1", b="2"}` as Prometheus writes a label set in messages. */
export function printLabels(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    parts.push(`${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : goQuote(name)}=${goQuote(labels[i + 1]!)}`)
  }
  return `{${parts.join(', ')}}`
}

/** The labels that vector matching compares: those of `on`, or all but those of `ignoring` and the name. */
export function matchingLabels(labels: Labels, on: boolean, names: ReadonlySet<string>): Labels {
  const out: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    if (on ? names.has(name) : !names.has(name) && name !== METRIC_NAME) out.push(name, labels[i + 1]!)
  }
  return out
}
