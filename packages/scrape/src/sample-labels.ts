import { compareText, labelValue, labelsFromPairs, relabel } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { ExpositionError, invalidNames, labelsText } from '@haechi/exposition'
import type { ScrapeConfig } from './config.ts'

/**
 * The labels that a sample is stored with: as exposed, plus the target's, then metric relabeling.
 *
 * A label that both have: with `honor_labels` the exposed one wins; without, the target's wins and the exposed one is kept as `exported_<name>`
 * (more `exported_` in front as long as that is taken).
 *
 * @returns undefined when relabeling drops the series
 * @throws ExpositionError when what is left can't be a series, or breaks a label limit; the text is Prometheus'
 * @see Prometheus scrape/scrape.go `mutateSampleLabels`, `resolveConflictingExposedLabels`, `verifyLabelLimits`
 */
export function sampleLabels(exposed: Labels, target: Labels, config: ScrapeConfig): Labels | undefined {
  const merged = relabel(mergeLabels(exposed, target, config.honorLabels), config.metricRelabel)
  if (merged === undefined || merged.length === 0) return undefined
  const name = labelValue(merged, '__name__')
  if (name === '') throw new ExpositionError('missing metric name (__name__ label)')
  if (invalidNames(merged)) throw new ExpositionError(`invalid metric name or label names: ${labelsText(merged)}`)
  if (config.nameValidation === 'legacy') {
    for (let i = 0; i < merged.length; i += 2) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(merged[i]!)) throw new ExpositionError(`invalid metric name or label names: ${labelsText(merged)}`)
    }
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new ExpositionError(`invalid metric name or label names: ${labelsText(merged)}`)
  }
  checkLimits(merged, name, config)
  return merged
}

/** Two sorted label sets without a name in common as one; undefined if they have one. */
function disjointUnion(a: Labels, b: Labels): Labels | undefined {
  const out: string[] = []
  let j = 0
  for (let i = 0; i < a.length; i += 2) {
    while (j < b.length) {
      const order = compareText(b[j]!, a[i]!)
      if (order === 0) return undefined
      if (order > 0) break
      out.push(b[j]!, b[j + 1]!)
      j += 2
    }
    out.push(a[i]!, a[i + 1]!)
  }
  for (; j < b.length; j += 2) out.push(b[j]!, b[j + 1]!)
  return out
}

function mergeLabels(exposed: Labels, target: Labels, honor: boolean): Labels {
  const union = disjointUnion(exposed, target)
  if (union !== undefined) return union
  const all = new Map<string, string>()
  for (let i = 0; i < exposed.length; i += 2) all.set(exposed[i]!, exposed[i + 1]!)
  const conflicts: [string, string][] = []
  for (let i = 0; i < target.length; i += 2) {
    const name = target[i]!
    const own = all.get(name)
    if (own !== undefined) {
      if (honor) continue
      conflicts.push([name, own])
    }
    all.set(name, target[i + 1]!)
  }
  conflicts.sort((a, b) => a[0].length - b[0].length)
  for (const [name, value] of conflicts) {
    let exported = `exported_${name}`
    while (all.has(exported)) exported = `exported_${exported}`
    all.set(exported, value)
  }
  return labelsFromPairs(all)
}

const cut = (text: string): string => [...text].slice(0, 50).join('')

function checkLimits(labels: Labels, name: string, c: ScrapeConfig): void {
  const n = labels.length / 2
  if (c.labelLimit > 0 && n > c.labelLimit) throw new ExpositionError(`label_limit exceeded (metric: ${cut(name)}, number of labels: ${n}, limit: ${c.labelLimit})`)
  if (c.labelNameLengthLimit === 0 && c.labelValueLengthLimit === 0) return
  for (let i = 0; i < labels.length; i += 2) {
    const label = labels[i]!
    const value = labels[i + 1]!
    const nameLength = Buffer.byteLength(label)
    if (c.labelNameLengthLimit > 0 && nameLength > c.labelNameLengthLimit) {
      throw new ExpositionError(`label_name_length_limit exceeded (metric: ${cut(name)}, label name: ${cut(label)}, length: ${nameLength}, limit: ${c.labelNameLengthLimit})`)
    }
    const valueLength = Buffer.byteLength(value)
    if (c.labelValueLengthLimit > 0 && valueLength > c.labelValueLengthLimit) {
      throw new ExpositionError(`label_value_length_limit exceeded (metric: ${cut(name)}, label name: ${cut(label)}, value: ${JSON.stringify(cut(value))}, length: ${valueLength}, limit: ${c.labelValueLengthLimit})`)
    }
  }
}

/** The labels of a series about the scrape itself, e.g. `up`. */
export function reportLabels(name: string, target: Labels): Labels {
  return labelsFromPairs([...pairs(target), ['__name__', name]])
}

function* pairs(labels: Labels): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i]!, labels[i + 1]!]
}
