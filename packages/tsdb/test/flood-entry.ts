// Entry of a process that makes as many series as it can: run under a limit of memory.

import { defaultHeadMemory, openDatabase } from '../src/index.ts'

const T0 = 1_780_000_000_000
const MOST = 600_000

const db = await openDatabase({ dataDir: process.argv[2]!, retentionMs: Infinity, maintenanceMs: 0, maxMemoryBytes: defaultHeadMemory(), now: () => T0 })
const appender = db.appender()
let made = 0
let appended = 0
for (let i = 0; i < MOST; i += 20_000) {
  for (let k = i; k < i + 20_000; k++) {
    const ref = appender.series(['__name__', 'flood', 'id', String(k), 'path', `/users/${k}/${'x'.repeat(1000)}`])
    if (ref === 0) continue
    made++
    appender.append(ref, T0, k)
  }
  appended += appender.commit().appended
}
process.stdout.write(JSON.stringify({ made, refused: db.stats().seriesRefused, appended, bytes: db.stats().memoryBytes }))
await db.close()
