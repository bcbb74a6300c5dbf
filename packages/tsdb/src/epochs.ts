import { CTL_ACTIVE, CTL_EPOCH, CTL_READERS, READER_SLOTS } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'

/**
 * The reader's half of memory reclamation: one slot per thread holds the epoch of its oldest open querier.
 * What was reachable in that epoch stays untouched until the slot moves on.
 */
export class ReaderSlot {
  private readonly m: HeadMemory
  private readonly at: number
  private readonly open: number[] = []

  /** Takes a free slot. @param owner anything but 0; see `Head.releaseReader` */
  constructor(m: HeadMemory, owner: number) {
    this.m = m
    for (let i = 0; i < READER_SLOTS; i++) {
      const at = CTL_READERS + 2 * i
      if (Atomics.compareExchange(m.ctl, at, 0, owner) === 0) {
        this.at = at
        return
      }
    }
    throw new Error(`the head has ${READER_SLOTS} readers already`)
  }

  /** Enters: what can be seen from now on stays until `leave`. @returns the epoch to give to `leave` */
  enter(): number {
    const ctl = this.m.ctl
    // First raise the flag, then look at the epoch: see the proof in SPEC.md [E2].
    Atomics.add(ctl, CTL_ACTIVE, 1)
    const epoch = Atomics.load(ctl, CTL_EPOCH) + 1
    this.open.push(epoch)
    if (this.open.length === 1) Atomics.store(ctl, this.at + 1, epoch)
    return epoch
  }

  leave(epoch: number): void {
    const open = this.open
    const i = open.indexOf(epoch)
    if (i < 0) throw new Error('BUG: querier closed twice')
    open.splice(i, 1)
    // Opened in order, so the first is the oldest.
    Atomics.store(this.m.ctl, this.at + 1, open.length === 0 ? 0 : open[0]!)
    Atomics.sub(this.m.ctl, CTL_ACTIVE, 1)
  }

  /** Gives the slot back. */
  release(): void {
    while (this.open.length > 0) this.leave(this.open[0]!)
    Atomics.store(this.m.ctl, this.at, 0)
  }
}

/** The writer's half: things that readers may still look at wait here. */
export class RetireQueue {
  private readonly m: HeadMemory
  /** Triples: epoch, kind, value; a ring would save the shifting, but the queue is empty nearly always. */
  private epochs: number[] = []
  private kinds: number[] = []
  private values: number[] = []
  private head = 0
  private readonly free: (kind: number, value: number) => void

  /** @param free gives a thing back to its allocator */
  constructor(m: HeadMemory, free: (kind: number, value: number) => void) {
    this.m = m
    this.free = free
  }

  /** Things that wait. */
  get size(): number {
    return this.epochs.length - this.head
  }

  /** Hands in a thing that nothing published points to any more. Freed at once when nobody reads. */
  retire(kind: number, value: number): void {
    const ctl = this.m.ctl
    // An add of nothing instead of a load: the store that unpublished the thing must be visible before we look for readers.
    if (Atomics.add(ctl, CTL_ACTIVE, 0) === 0 && this.size === 0) {
      this.free(kind, value)
      return
    }
    this.epochs.push(Atomics.load(ctl, CTL_EPOCH) + 1)
    this.kinds.push(kind)
    this.values.push(value)
  }

  /** Frees what no reader can see any more; called once per commit. */
  reclaim(): void {
    if (this.size === 0) return
    const ctl = this.m.ctl
    // Readers that enter from now on have a later epoch than all that is in the queue.
    Atomics.add(ctl, CTL_EPOCH, 1)
    let oldest = Infinity
    if (Atomics.load(ctl, CTL_ACTIVE) !== 0) {
      for (let i = 0; i < READER_SLOTS; i++) {
        const epoch = Atomics.load(ctl, CTL_READERS + 2 * i + 1)
        if (epoch !== 0 && epoch < oldest) oldest = epoch
      }
    }
    const epochs = this.epochs
    // What freeing hands in anew waits for the next call: readers may have entered since we looked.
    const end = epochs.length
    let i = this.head
    while (i < end && epochs[i]! < oldest) {
      this.free(this.kinds[i]!, this.values[i]!)
      i++
    }
    this.head = i
    if (i > 1024 && i * 2 > epochs.length) {
      this.epochs = epochs.slice(i)
      this.kinds = this.kinds.slice(i)
      this.values = this.values.slice(i)
      this.head = 0
    } else if (i === epochs.length) {
      epochs.length = this.kinds.length = this.values.length = 0
      this.head = 0
    }
  }

  /** Clears the slots of a thread that is gone. */
  static clearOwner(m: HeadMemory, owner: number): void {
    for (let i = 0; i < READER_SLOTS; i++) {
      const at = CTL_READERS + 2 * i
      if (Atomics.load(m.ctl, at) !== owner) continue
      Atomics.store(m.ctl, at + 1, 0)
      Atomics.store(m.ctl, at, 0)
    }
  }
}
