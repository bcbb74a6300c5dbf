// Entry of the maintenance thread: writes, merges and deletes blocks, and writes checkpoints of the log.

import { parentPort, workerData } from 'node:worker_threads'
import { lowerThreadPriority, serveMaintenance } from '@haechi/tsdb'
import type { MaintenanceThreadData } from '@haechi/tsdb'

if (parentPort === null) throw new Error('BUG: the maintenance thread was started as a program')
// Where cores are short, questions come first.
lowerThreadPriority(10)
serveMaintenance(parentPort, workerData as MaintenanceThreadData)
