import { ExpositionError } from '@haechi/exposition'
import type { NativeSample } from '@haechi/exposition'
import { CUSTOM_BUCKETS_SCHEMA, labelsKey, reduceHistogram } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { Appender } from '@haechi/storage'

/** The coarsest schema of native histograms. */
const MIN_SCHEMA = -4

/** A series of native histograms of a target. */
interface Known {
  /** 0: not stored. */
  readonly ref: number
  /** Whether the newest body had it. */
  live: boolean
}

/** What one body's native histograms came to. */
export interface NativeOutcome {
  /** Histograms stored or refused by relabeling; of these, those not dropped; of these, new ones. */
  readonly samples: number
  readonly kept: number
  readonly added: number
  /** Samples handed to the appender, ends included. */
  readonly pushed: number
}

/** The native histograms of one target from body to body. They stand beside the text, so their series and ends are kept here. */
export class NativeSeries {
  private known = new Map<string, Known>()

  /**
   * Appends the native histograms of a body, and ends those that it lacks.
   * @param resolve the ref of exposed labels; 0 or less if they are not stored
   * @throws ExpositionError when one has too many buckets whatever its resolution
   */
  store(list: readonly NativeSample[], tMs: number, honorTimestamps: boolean, limits: { readonly bucketLimit: number; readonly maxSchema: number }, resolve: (labels: Labels) => number, appender: Appender): NativeOutcome {
    let kept = 0
    let added = 0
    let pushed = 0
    const before = this.known
    const now = new Map<string, Known>()
    for (const { labels, timeMs, histogram, exemplars } of list) {
      const key = labelsKey(labels)
      const old = before.get(key)
      if (now.has(key)) continue
      const known = old ?? { ref: resolve(labels), live: false }
      if (!known.live && known.ref > 0) added++
      known.live = true
      now.set(key, known)
      if (known.ref <= 0) continue
      kept++
      appender.appendHistogram(known.ref, honorTimestamps && timeMs !== undefined ? timeMs : tMs, limited(histogram, limits))
      pushed++
      for (const e of exemplars) appender.appendExemplar(known.ref, { labels: e.labels, value: e.value, tMs: e.timeMs ?? tMs })
    }
    for (const [key, old] of before) {
      if (now.has(key) || !old.live || old.ref <= 0) continue
      appender.appendStale(old.ref, tMs)
      pushed++
    }
    this.known = now
    return { samples: list.length, kept, added, pushed }
  }

  /** Refs of the newest body. */
  refs(): number[] {
    return Array.from(this.known.values(), known => known.ref)
  }

  /** The target gave no body that could be used: all series end. @returns their refs */
  gone(): number[] {
    const refs: number[] = []
    for (const known of this.known.values()) {
      if (known.live && known.ref > 0) refs.push(known.ref)
      known.live = false
    }
    return refs
  }

  /** Forgets the refs; nothing ends by that. */
  reset(): void {
    this.known.clear()
  }
}

/** The histogram in the finest resolution that the job allows. @see Prometheus scrape/target.go `bucketLimitAppender`, `maxSchemaAppender` */
function limited(h: Histogram, { bucketLimit, maxSchema }: { readonly bucketLimit: number; readonly maxSchema: number }): Histogram {
  let out = h.schema !== CUSTOM_BUCKETS_SCHEMA && h.schema > maxSchema ? reduceHistogram(h, maxSchema) : h
  while (bucketLimit > 0 && out.positiveCounts.length + out.negativeCounts.length > bucketLimit) {
    if (out.schema <= MIN_SCHEMA) throw new ExpositionError('histogram bucket limit exceeded')
    out = reduceHistogram(out, out.schema - 1)
  }
  return out.resetHint === h.resetHint ? out : { ...out, resetHint: h.resetHint }
}
