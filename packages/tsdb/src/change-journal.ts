import type { ChangeLog } from '@haechi/storage'
import { CTLF_JOURNAL, CTL_BLOCKS, CTL_COMMITS, CTL_CREATED, CTL_PAST, CTL_TOMBSTONES, JOURNAL_GROUPS, JOURNAL_GROUP_SHIFT } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'

// Readers that keep what they have read ask here what has changed since. All is noted after it can be seen: who reads the counters first and
// the samples then may take something new for old and read it again, never the reverse.

/** Notes a commit whose oldest sample is at `minT` (writer only). */
export function noteChange(m: HeadMemory, minT: number): void {
  const { ctl, ctlF } = m
  const commit = ctl[CTL_COMMITS]!
  const at = CTLF_JOURNAL + ((commit >>> JOURNAL_GROUP_SHIFT) & (JOURNAL_GROUPS - 1))
  const first = (commit & ((1 << JOURNAL_GROUP_SHIFT) - 1)) === 0
  if (first || minT < ctlF[at]!) ctlF[at] = minT
  Atomics.store(ctl, CTL_COMMITS, (commit + 1) | 0)
}

/** Notes that samples before the newest of their series changed: came out of order or were deleted (writer only). @param minT the oldest of them */
export function notePastChange(m: HeadMemory, minT: number): void {
  // Counted on both sides: whoever sees the same count as before either saw all of it then, or will see another count next time.
  Atomics.add(m.ctl, CTL_PAST, 1)
  noteChange(m, minT)
  Atomics.add(m.ctl, CTL_PAST, 1)
}

/** Notes that there are series that were not there before (writer only). */
export function noteCreated(m: HeadMemory): void {
  Atomics.add(m.ctl, CTL_CREATED, 1)
}

/** What changes in a database, for any thread that got its handles. */
export function openChangeLog(handles: { readonly head: { readonly control: SharedArrayBuffer } }): ChangeLog & { seriesVersion(): string } {
  return new ChangeJournal(handles.head.control)
}

/** What has changed in a database, for a thread that reads it. */
export class ChangeJournal implements ChangeLog {
  private readonly ctl: Int32Array
  private readonly ctlF: Float64Array

  /** @param control the control block of the head */
  constructor(control: SharedArrayBuffer) {
    this.ctl = new Int32Array(control)
    this.ctlF = new Float64Array(control)
  }

  /** Samples out of order and deletions in the head don't change it: `oldestSince` tells their times. */
  version(): number {
    return (Atomics.load(this.ctl, CTL_BLOCKS) & 0xffff) * 2 ** 16 + (Atomics.load(this.ctl, CTL_TOMBSTONES) & 0xffff)
  }

  /** Changes whenever something did in the head that was there before, while and after `oldestSince` begins to tell it. */
  past(): number {
    return Atomics.load(this.ctl, CTL_PAST)
  }

  /** Changes when series or blocks come or blocks go. */
  contents(): string {
    return `${Atomics.load(this.ctl, CTL_CREATED)} ${this.version()}`
  }

  mark(): number {
    return Atomics.load(this.ctl, CTL_COMMITS) >>> 0
  }

  oldestSince(mark: number): number {
    const now = this.mark()
    if (now === mark) return Infinity
    // The group of the mark may hold older commits too: that makes the answer older than it need be.
    const first = mark >>> JOURNAL_GROUP_SHIFT
    const groups = ((now - 1) >>> JOURNAL_GROUP_SHIFT) - first + 1
    if (groups <= 0 || groups >= JOURNAL_GROUPS - 1) return -Infinity
    let oldest = Infinity
    for (let i = 0; i < groups; i++) oldest = Math.min(oldest, this.ctlF[CTLF_JOURNAL + ((first + i) & (JOURNAL_GROUPS - 1))]!)
    return oldest
  }

  /** Changes when a selection of series may find others than before. */
  seriesVersion(): string {
    return `${this.contents()} ${this.past()}`
  }
}
