// A thread that gives way: tells what its niceness was and is.

import { readlinkSync } from 'node:fs'
import { getPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { lowerThreadPriority } from '../src/index.ts'

const tid = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
const before = getPriority(tid)
const said = lowerThreadPriority(workerData as number)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort!.postMessage({ before, said, after: getPriority(tid), again: lowerThreadPriority(0) })
