import { createHash } from 'node:crypto'
import { labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { FLAG } from '@haechi/exposition'
import type { BodyReader, MetadataTable } from '@haechi/exposition'

/** A zero to be stored before the first value of a series. */
export interface Birth {
  readonly ref: number
  /** Unix ms, before the scrape. */
  readonly tMs: number
}

/** So many counter series of one target are remembered; a target that makes more gets no more zeros. */
const MAX_REMEMBERED = 200_000

interface Fresh { readonly row: number; readonly ref: number; readonly key: string }

/**
 * Gives counters that appear between two scrapes the zero that they started from, so that `rate()` sees their first increase.
 *
 * A series gets a zero when its target was scraped before, its name says counter, and it was never seen since the start of this process: a series that
 * comes back is not born. The zero stands at the creation time that the target tells (`_created`) if that lies between the two scrapes, else at the
 * previous scrape. A creation time before the previous scrape means that the counter existed and was not shown, e.g. by another worker process: no zero.
 */
export class CounterTruth {
  readonly #seen = new Set<string>()
  #fresh: Fresh[] = []
  #created: { readonly row: number; readonly key: string }[] = []

  /** Forgets what a body that could not be read had begun. */
  begin(): void {
    this.#fresh = []
    this.#created = []
  }

  /** Whether a series is the creation time of another: `x_created` beside counter `x_total` or histogram or summary `x`. Then its row is remembered. */
  takeCreated(exposed: Labels, row: number, metadata: MetadataTable): boolean {
    const name = labelValue(exposed, '__name__')
    if (!name.endsWith('_created')) return false
    const base = name.slice(0, -'_created'.length)
    const family = metadata.get(`${base}_total`) ?? metadata.get(base)
    if (family === undefined || (family.type !== 'counter' && family.type !== 'histogram' && family.type !== 'summary')) return false
    this.#created.push({ row, key: familyKey(base, exposed) })
    return true
  }

  /** A series that the target did not have in its previous body. */
  add(exposed: Labels, row: number, ref: number): void {
    this.#fresh.push({ row, ref, key: seriesKey(exposed) })
  }

  /**
   * The zeros for the body that was just read.
   * @param previousMs  the target's previous good scrape; 0 if this is the first
   */
  births(reader: BodyReader, previousMs: number, tMs: number): Birth[] {
    const out: Birth[] = []
    let created: Map<string, number> | undefined
    for (const { row, ref, key } of this.#fresh) {
      if ((reader.columns.flags[row]! & FLAG.counter) === 0 || this.#seen.has(key)) continue
      if (this.#seen.size >= MAX_REMEMBERED) break
      this.#seen.add(key)
      if (previousMs === 0) continue
      created ??= new Map(this.#created.map(c => [c.key, reader.columns.values[c.row]! * 1000]))
      const createdMs = created.size === 0 ? undefined : created.get(keyOfFamily(key))
      if (createdMs !== undefined && createdMs <= previousMs) continue
      out.push({ ref, tMs: createdMs !== undefined && createdMs < tMs ? Math.floor(createdMs) : previousMs })
    }
    this.begin()
    return out
  }
}

/** Family part, separator, digest of the whole label set: fixed size, whatever the labels are. */
function seriesKey(labels: Labels): string {
  const name = labelValue(labels, '__name__')
  const base = name.replace(/_(?:total|bucket|count|sum)$/, '')
  return `${familyKey(base, labels)}|${createHash('md5').update(labels.join('\xff')).digest('base64')}`
}

function keyOfFamily(key: string): string {
  return key.slice(0, key.indexOf('|'))
}

function familyKey(base: string, labels: Labels): string {
  const hash = createHash('md5').update(base)
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    if (name !== '__name__' && name !== 'le' && name !== 'quantile') hash.update(`\xff${name}\xff${labels[i + 1]!}`)
  }
  return hash.digest('base64')
}
