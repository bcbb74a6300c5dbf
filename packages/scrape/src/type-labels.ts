import { labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Family, MetadataTable } from '@haechi/exposition'

const TYPE = '__type__'
const UNIT = '__unit__'
/** What series of a family may have behind its name. */
const SUFFIX = /_(?:total|bucket|count|sum|created|info|gcount|gsum)$/

/**
 * Labels as exposed, with type and unit of the family in front of them as labels: what the family says wins over what is exposed, and what it does not say (type `unknown`, no unit) is left as exposed.
 * @see Prometheus schema `Metadata.AddToLabels`, model/textparse `Labels`
 */
export function withTypeAndUnit(exposed: Labels, { type, unit }: Pick<Family, 'type' | 'unit'>): Labels {
  const hasType = type !== 'unknown'
  if (!hasType && unit === '') return exposed
  const pairs: [string, string][] = []
  for (let i = 0; i < exposed.length; i += 2) {
    const name = exposed[i]!
    if ((hasType && name === TYPE) || (unit !== '' && name === UNIT)) continue
    pairs.push([name, exposed[i + 1]!])
  }
  if (hasType) pairs.push([TYPE, type])
  if (unit !== '') pairs.push([UNIT, unit])
  return labelsFromPairs(pairs)
}

/** The family of a series by its name alone. */
export function familyOf(metadata: MetadataTable, name: string): Family | undefined {
  return metadata.get(name) ?? metadata.get(name.replace(SUFFIX, ''))
}
