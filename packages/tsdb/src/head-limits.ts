import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/** The part of a machine's memory that the head may have by default: as much again is needed for queries, page cache and everybody else. */
const DEFAULT_PART = 0.4

/**
 * The memory that this process can have, bytes: the least of the machine's, its control group's and its limit of address space (`ulimit -v`).
 */
export function availableMemory(): number {
  const group = process.constrainedMemory()
  return Math.min(totalmem(), group > 0 ? group : Infinity, addressSpace())
}

/** The default of the head's memory limit, bytes. */
export function defaultHeadMemory(): number {
  return Math.floor(availableMemory() * DEFAULT_PART)
}

/** The soft limit of this process' address space (`ulimit -v`), bytes; Infinity: none, or not known. */
export function addressSpace(): number {
  let text: string
  try {
    text = readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return Infinity
  }
  const soft = /^Max address space\s+(\d+)/m.exec(text)?.[1]
  return soft === undefined ? Infinity : Number(soft)
}
