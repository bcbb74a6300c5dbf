/** Work of this many ms is followed by a pause. */
const WORK_MS = 20
const PAUSE_MS = 4

/** Gives way to others every so often during long work. */
export class Pace {
  private since = performance.now()

  /** Pauses if it is time. Cheap enough to call per series. */
  turn(): Promise<void> | undefined {
    const now = performance.now()
    if (now - this.since < WORK_MS) return undefined
    return new Promise(resolve => {
      setTimeout(() => {
        this.since = performance.now()
        resolve()
      }, PAUSE_MS)
    })
  }
}
