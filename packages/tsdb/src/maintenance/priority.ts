import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/**
 * Makes the calling thread give way to the other threads of the process, where the system has priorities of threads: on Linux. Elsewhere, and where it is refused, nothing changes.
 * Threads that the calling one starts inherit it.
 *
 * @param nice 0 (usual) to 19 (what is left); a thread that gives way more already stays as it is
 * @returns the thread's niceness now, undefined where threads have none of their own
 * @see setpriority(2), "C library/kernel differences": the number of a thread stands for it alone
 */
export function lowerThreadPriority(nice: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    // `<pid>/task/<tid>`, as this thread sees it.
    const tid = Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1])
    if (!(tid > 0)) return undefined
    if (getPriority(tid) < nice) setPriority(tid, nice)
    return getPriority(tid)
  } catch {
    // No /proc, or a sandbox that forbids it: the work is done at the usual priority.
    return undefined
  }
}
