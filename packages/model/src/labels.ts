/**
 * A label set: names and values alternating, sorted by name, no empty values, no duplicate names.
 * Immutable by convention: never write into one that you did not make.
 *
 * Flat because a label set is mostly compared, hashed and printed as a whole: one array instead of one object per label.
 */
export type Labels = readonly string[]

/** The label that holds the metric name. */
export const METRIC_NAME = '__name__'

/** The label set of nothing. */
export const EMPTY_LABELS: Labels = []

/**
 * Orders two strings as Go does: by their UTF-8 bytes, which is by code point.
 * JavaScript's `<` orders by UTF-16 unit and differs only where a surrogate meets a unit above U+DFFF.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    if (x >= 0xd800 && y >= 0xd800) {
      // Move surrogates above the rest of the BMP, as their code points are.
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x - y
  }
  return a.length - b.length
}

/** Makes a label set from pairs in any order. Empty values are dropped (Prometheus: an empty label is a missing one); of a repeated name the last wins. */
export function labelsFromPairs(pairs: Iterable<readonly [name: string, value: string]>): Labels {
  const byName = new Map<string, string>()
  for (const [name, value] of pairs) byName.set(name, value)
  const names = [...byName.keys()].sort(compareText)
  const out: string[] = []
  for (const name of names) {
    const value = byName.get(name)!
    if (value !== '') out.push(name, value)
  }
  return out
}

/** Makes a label set from a plain object. */
export function labelsFromObject(object: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(object))
}

/** The label set as a plain object, in label order. */
export function labelsToObject(labels: Labels): Record<string, string> {
  const out: Record<string, string> = {}
  for (let i = 0; i < labels.length; i += 2) {
    // defineProperty: a label may be called __proto__.
    if (labels[i] === '__proto__') Object.defineProperty(out, '__proto__', { value: labels[i + 1]!, enumerable: true, configurable: true, writable: true })
    else out[labels[i]!] = labels[i + 1]!
  }
  return out
}

/** The value of a label, `''` if it is not there. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1]!
  return ''
}

/** A text that is equal for equal label sets and different for different ones; a `Map` key, not for people. */
export function labelsKey(labels: Labels): string {
  return labels.join('\xff')
}

/** Whether two label sets are the same. */
export function labelsEqual(a: Labels, b: Labels): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Prometheus' order of label sets: name, value, name, value …; a prefix comes first. @see model/labels `Compare` */
export function compareLabels(a: Labels, b: Labels): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    if (a[i] !== b[i]) return compareText(a[i]!, b[i]!)
  }
  return a.length - b.length
}

/** The labels whose names are in `names`. */
export function labelsKeep(labels: Labels, names: ReadonlySet<string>): Labels {
  const out: string[] = []
  for (let i = 0; i < labels.length; i += 2) if (names.has(labels[i]!)) out.push(labels[i]!, labels[i + 1]!)
  return out
}

/** The labels whose names are not in `names`. */
export function labelsDrop(labels: Labels, names: ReadonlySet<string>): Labels {
  const out: string[] = []
  for (let i = 0; i < labels.length; i += 2) if (!names.has(labels[i]!)) out.push(labels[i]!, labels[i + 1]!)
  return out
}

/** The label set without its metric name. Returns the same array when there is none. */
export function withoutMetricName(labels: Labels): Labels {
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) return [...labels.slice(0, i), ...labels.slice(i + 2)]
  }
  return labels
}

/** The label set with `name` set to `value`; an empty value removes it. */
export function labelsWith(labels: Labels, name: string, value: string): Labels {
  const out: string[] = []
  let placed = value === ''
  for (let i = 0; i < labels.length; i += 2) {
    if (!placed && compareText(name, labels[i]!) < 0) {
      out.push(name, value)
      placed = true
    }
    if (labels[i] === name) {
      if (!placed) out.push(name, value)
      placed = true
    } else out.push(labels[i]!, labels[i + 1]!)
  }
  if (!placed) out.push(name, value)
  return out
}
