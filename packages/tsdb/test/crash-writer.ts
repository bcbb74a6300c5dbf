import { openHead } from '../src/index.ts'
import { say } from './say.ts'

// Appends without end to the directory given and prints, after each commit, how many rounds are safe. Killed by the test.
// Round k gives series i the sample (start + 1000 k, k * 1000 + i), so that a reader can tell what must be there.
const [dir, startText, seriesText] = process.argv.slice(2)
const start = Number(startText)
const count = Number(seriesText)
const head = await openHead({ dataDir: dir!, retentionMs: Infinity, walSegmentBytes: 4 * 1024 * 1024 })
const appender = head.appender()
const refs = new Float64Array(count)
const values = new Float64Array(count)
let round = Math.round(((head.stats().maxTime ?? start - 1000) - start) / 1000) + 1
for (;;) {
  for (let i = 0; i < count; i++) {
    // Some series are born late, so that series records stand among samples.
    if (refs[i] === 0 && (i < 100 || round > i - 100)) refs[i] = appender.series(['__name__', 'crash', 'i', String(i)])
    values[i] = round * 1000 + i
  }
  appender.appendColumn(refs, start + 1000 * round, values, count)
  appender.commit()
  say(`${round}`)
  round++
  if (round % 50 === 0) await new Promise(resolve => setImmediate(resolve))
}
