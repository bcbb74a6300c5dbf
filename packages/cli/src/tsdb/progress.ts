import type { Io } from '../io.ts'

/** A line that shows how far something is, on a terminal only; where output is piped nothing is written. */
export interface Progress {
  /** @param part between 0 and 1; undefined where the end is not known */
  show(part: number | undefined, text: string): void
  /** Takes the line away. */
  end(): void
}

const WIDTH = 30
const EVERY_MS = 100

/** A progress line on standard error. */
export function progressOn(io: Pick<Io, 'terminal' | 'err'>): Progress {
  let drawnMs = -Infinity
  let drawn = 0
  return {
    show(part, text) {
      if (!io.terminal) return
      const now = performance.now()
      if (now - drawnMs < EVERY_MS && part !== 1) return
      drawnMs = now
      const filled = Math.round(Math.min(1, Math.max(0, part ?? 0)) * WIDTH)
      const line = part === undefined ? text : `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${text}`
      io.err(`\r${line}${' '.repeat(Math.max(0, drawn - line.length))}`)
      drawn = line.length
    },
    end() {
      if (drawn > 0) io.err(`\r${' '.repeat(drawn)}\r`)
      drawn = 0
    },
  }
}
