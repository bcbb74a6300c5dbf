import { parentPort, workerData } from 'node:worker_threads'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { openDatabaseReader } from '../src/index.ts'
import type { DatabaseHandles } from '../src/index.ts'

// Answers each message with the number of samples that it finds, by series.
const { handles, keepBytes, owner } = workerData as { handles: DatabaseHandles; keepBytes: number; owner: number }
const reader = openDatabaseReader(handles, owner, keepBytes)
const into = new SampleColumns()
parentPort!.on('message', () => {
  void (async () => {
    const querier = reader.querier(-8e15, 8e15)
    const set = await querier.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
    const counts: Record<string, number> = {}
    for (let i = 0; i < set.size; i++) counts[set.labels(i).at(-1)!] = set.read(i, -8e15, 8e15, into)
    querier.close()
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage(counts)
  })()
})
