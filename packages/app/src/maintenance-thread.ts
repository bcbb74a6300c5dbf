// Entry of the maintenance thread: writes, merges and deletes blocks, and writes checkpoints of the log.

import { parentPort, workerData } from 'node:worker_threads'
import { serveMaintenance } from '@haechi/tsdb'
import type { MaintenanceThreadData } from '@haechi/tsdb'

if (parentPort === null) throw new Error('BUG: the maintenance thread was started as a program')
serveMaintenance(parentPort, workerData as MaintenanceThreadData)
