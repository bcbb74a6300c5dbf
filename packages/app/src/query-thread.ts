// Entry of a query thread: reads the head that the main thread writes, and the blocks, and answers.

import { parentPort, workerData } from 'node:worker_threads'
import { serveQueries } from '@haechi/promql'
import { openDatabaseReader } from '@haechi/tsdb'
import type { QueryThreadData } from './query-thread-data.ts'

if (parentPort === null) throw new Error('BUG: the query thread was started as a program')
const { handles, engine, keepBytes } = workerData as QueryThreadData
serveQueries(parentPort, openDatabaseReader(handles, 1, keepBytes), engine)
