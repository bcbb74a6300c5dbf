/** Runs a job when it is its turn. */
export type Enqueue = <T>(job: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * Lets at most `limit` jobs run at once, first come first served. A browser opens six connections to one server;
 * a page of fifty charts must leave one free for what the user presses.
 * A job whose signal is aborted while it waits never starts and rejects with the signal's reason.
 */
export function requestQueue(limit: number): Enqueue {
  let running = 0
  const waiting: (() => void)[] = []
  const startNext = (): void => {
    if (running < limit) waiting.shift()?.()
  }
  return async function enqueue<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', giveUp)
        running++
        resolve()
      }
      const giveUp = (): void => {
        const at = waiting.indexOf(start)
        if (at >= 0) waiting.splice(at, 1)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(start)
      startNext()
    })
    try {
      return await job()
    } finally {
      running--
      startNext()
    }
  }
}
