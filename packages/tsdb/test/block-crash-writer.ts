import { openDatabase } from '../src/index.ts'
import { say } from './say.ts'

// Like crash-writer.ts, a minute of sample time per round, with blocks: a maintenance thread writes and merges them all the while.
const [dir, startText, seriesText, maintenanceFile] = process.argv.slice(2)
const start = Number(startText)
const count = Number(seriesText)
const db = await openDatabase({ dataDir: dir!, retentionMs: 1e13, maintenanceMs: 0, walSegmentBytes: 1 << 20, maintenanceFile: maintenanceFile! })
const appender = db.appender()
const refs = new Float64Array(count)
const values = new Float64Array(count)
const newest = Math.max(db.stats().maxTime ?? start - 60_000, ...db.blocks().map(b => b.maxTime - 60_000))
let round = Math.round((newest - start) / 60_000) + 1
let busy = false
let since = round
let merged = 0
for (;;) {
  for (let i = 0; i < count; i++) {
    refs[i] = appender.series(['__name__', 'crash', 'i', String(i)])
    values[i] = round * 1000 + i
  }
  appender.appendColumn(refs, start + 60_000 * round, values, count)
  const { appended } = appender.commit()
  if (appended !== count) throw new Error(`round ${round}: ${appended} of ${count} taken`)
  say(`${round} ${merged}`)
  round++
  if (!busy) {
    busy = true
    since = round
    // Not awaited: samples come in while blocks are written.
    void db.maintain().then(report => {
      busy = false
      merged += report.compaction?.merged.length ?? 0
    })
  }
  // A machine whose thread can't keep up would never come to merging.
  while (busy && round - since > 900) await new Promise(resolve => setTimeout(resolve, 1))
  if (round % 5 === 0) await new Promise(resolve => setTimeout(resolve, 1))
}
