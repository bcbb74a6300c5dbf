import { writeSync } from 'node:fs'

/**
 * Writes a line to standard output before it returns, also when whoever reads the pipe is slow: a pipe that does not block answers EAGAIN while it is full.
 */
export function say(line: string): void {
  let rest = Buffer.from(`${line}\n`, 'latin1')
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EAGAIN') throw e
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
