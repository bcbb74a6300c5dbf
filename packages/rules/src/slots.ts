import type { Clock } from './views.ts'

/** One timer for all groups that run at the same moment, so that they begin in the same turn. Belongs to a manager. */
export class SlotTimers {
  readonly #clock: Clock
  readonly #slots = new Map<number, { readonly runs: Set<() => void>; readonly cancel: () => void }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs something at `slotMs`, at once if that has passed. @returns cancels it */
  at(slotMs: number, run: () => void): () => void {
    let slot = this.#slots.get(slotMs)
    if (slot === undefined) {
      const runs = new Set<() => void>()
      const cancel = this.#clock.after(Math.max(0, slotMs - this.#clock.nowMs()), () => {
        this.#slots.delete(slotMs)
        for (const r of runs) r()
      })
      slot = { runs, cancel }
      this.#slots.set(slotMs, slot)
    }
    const { runs, cancel } = slot
    runs.add(run)
    return () => {
      if (!runs.delete(run) || runs.size > 0 || this.#slots.get(slotMs)?.runs !== runs) return
      this.#slots.delete(slotMs)
      cancel()
    }
  }
}
