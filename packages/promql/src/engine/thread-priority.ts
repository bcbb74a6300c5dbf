import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Sets the niceness (0 to 19) of the calling thread alone, so that others of the process come first when there are fewer cores than work.
 * @returns whether it was set: Linux alone has priorities of threads, and a sandbox may refuse
 */
export function setThreadNiceness(niceness: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    // "<process>/task/<thread>"; for the kernel's setpriority a thread's number is as good as a process's.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (!Number.isInteger(thread) || thread <= 0) return false
    setPriority(thread, niceness)
    return true
  } catch {
    return false
  }
}
