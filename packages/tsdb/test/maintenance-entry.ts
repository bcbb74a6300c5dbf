import { parentPort, workerData } from 'node:worker_threads'
import { serveMaintenance } from '../src/index.ts'
import type { MaintenanceThreadData } from '../src/index.ts'

serveMaintenance(parentPort!, workerData as MaintenanceThreadData)
