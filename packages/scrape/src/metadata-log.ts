import { labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { isCounterOf } from '@haechi/exposition'
import type { Family, MetadataTable } from '@haechi/exposition'
import type { Appender } from '@haechi/storage'

/** Series beyond those of the body that are remembered before the ended ones are forgotten. */
const SPARE_SERIES = 1000

/** Hands what a target says about its metrics to the storage: with each new series, and to all series of a family when it changes. For one target. */
export class MetadataLog {
  readonly #appender: Appender
  /** Family name of each series. */
  readonly #familyOf = new Map<number, string>()
  /** What was said of each family. */
  readonly #said = new Map<string, Family>()

  constructor(appender: Appender) {
    this.#appender = appender
  }

  /** A series that the previous body did not have. @param family what the lines in front of it say */
  add(ref: number, exposed: Labels, family: Family | undefined): void {
    if (family === undefined || !isOfFamily(labelValue(exposed, '__name__'), family)) return
    this.#familyOf.set(ref, family.name)
    this.#said.set(family.name, { ...family })
    this.#say(ref, family)
  }

  /** After a body: families that changed are said again of their series. @param refs series of the body */
  changed(metadata: MetadataTable, refs: readonly Float64Array[]): void {
    const changed = new Map<string, Family>()
    for (const [name, said] of this.#said) {
      const now = metadata.get(name)
      if (now === undefined || (now.type === said.type && now.help === said.help && now.unit === said.unit)) continue
      changed.set(name, { ...now })
      this.#said.set(name, { ...now })
    }
    if (changed.size > 0) {
      for (const [ref, name] of this.#familyOf) {
        const family = changed.get(name)
        if (family !== undefined) this.#say(ref, family)
      }
    }
    let live = 0
    for (const column of refs) live += column.length
    if (this.#familyOf.size <= 2 * live + SPARE_SERIES) return
    const kept = new Set<number>()
    for (const column of refs) for (const ref of column) kept.add(ref)
    for (const ref of this.#familyOf.keys()) if (!kept.has(ref)) this.#familyOf.delete(ref)
  }

  #say(ref: number, { type, unit, help }: Family): void {
    this.#appender.appendMetadata(ref, { type, unit, help })
  }
}

/** Whether a series is one that the family's lines are about. @see Prometheus scrape/scrape.go `isSeriesPartOfFamily` */
function isOfFamily(name: string, { name: family, type }: Family): boolean {
  if (name === family) return type !== 'info'
  if (type === 'gaugehistogram') return name === `${family}_bucket` || name === `${family}_gcount` || name === `${family}_gsum`
  return type === 'info' ? name === `${family}_info` : isCounterOf(name, type, family)
}
