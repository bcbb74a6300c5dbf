import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CHANGES, changedSince } from './promql-fuzz/changed-since.ts'
import { difference } from './promql-fuzz/compare.ts'
import type { Dialect } from './promql-fuzz/grammar.ts'
import type { DataSet } from './promql-fuzz/data-set.ts'
import { contradicts, wantedOrder } from './promql-fuzz/order.ts'
import { recordedData } from './promql-fuzz/recorded-data.ts'
import { answered, ask, fill, fuzz } from './promql-fuzz/run.ts'
import { syntheticData } from './promql-fuzz/synthetic-data.ts'
import { newFolder, startHaechi, waitFor } from './support/haechi.ts'
import { NO_PEERS, peerFile } from './support/peers.ts'
import { freePort } from './support/targets.ts'

/** A command that starts another reference than the installed peer: `{port}`, `{datadir}` and `{features}` are filled in. */
const COMMAND = process.env['HAECHI_FUZZ_REFERENCE']
const NO_REFERENCE = COMMAND === undefined ? NO_PEERS : undefined
const SEED = process.env['HAECHI_SEED'] ?? '1'
const COUNT = Number(process.env['HAECHI_FUZZ_QUERIES'] ?? '300')
/** `synthetic`, `recorded` or both. */
const ONLY = process.env['HAECHI_FUZZ_DATA']
const EXPERIMENTAL = 'promql-experimental-functions'
const NEWER = 'promql-extended-range-selectors,promql-binop-fill-modifiers'

/** The reference's, whose differences from the newest release are known. */
const VERSION: readonly [number, number] = COMMAND !== undefined ? [99, 0] : [3, 5]

const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of stops) await stop()
})

/** Starts the reference on an empty folder. */
async function startReference(features: string): Promise<string> {
  const folder = newFolder()
  const port = await freePort()
  writeFileSync(join(folder, 'prometheus.yml'), '')
  const command = COMMAND?.replaceAll('{port}', String(port)).replaceAll('{datadir}', join(folder, 'data')).replaceAll('{features}', features)
    ?? `'${peerFile('peer-run.sh')}' prometheus --config.file='${join(folder, 'prometheus.yml')}' --storage.tsdb.path='${join(folder, 'data')}' --web.listen-address=127.0.0.1:${port} --web.enable-remote-write-receiver --storage.tsdb.retention.time=100y --log.level=error --enable-feature=${features}`
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  stops.push(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const base = `http://127.0.0.1:${port}`
  await waitFor('the reference to answer', 30_000, async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said.slice(-2000)}`)
    return (await fetch(`${base}/api/v1/query?query=1`)).ok
  }, 100)
  return base
}

test('[E1b] where the reference calls each of two series behind the other, its order is chance', () => {
  expect(['', 'x1'].map(text => contradicts(text, 'x01'))).toEqual([true, true])
  expect([['x1', 'x2'], ['a', 'b'], ['x1', 'x1']].map(([a, b]) => contradicts(a!, b!))).toEqual([false, false, false])
  expect(wantedOrder('(sort_by_label_desc(label_join(a, "x", "-", "b"), "le", "job"))')).toEqual({ by: 'labels', labels: ['le', 'job'], descending: true })
  expect(wantedOrder('sort(a) + sort(b)')).toBeUndefined()
})

const SETS = [
  { name: 'synthetic', of: syntheticData, dashboards: 0 },
  // Half of the queries about what programs expose are as people write them.
  { name: 'recorded', of: recordedData, dashboards: 0.5 },
].filter(set => ONLY === undefined || set.name === ONLY)

/** Haechi and the reference with the same samples. */
async function startBoth(data: DataSet): Promise<{ readonly haechi: string; readonly reference: string }> {
  const features = [EXPERIMENTAL, 'native-histograms', 'promql-duration-expr', ...(COMMAND === undefined ? [] : [NEWER]), ...(process.env['HAECHI_FUZZ_FEATURES'] === undefined ? [] : [process.env['HAECHI_FUZZ_FEATURES']])].join(',')
  const cwd = newFolder()
  // Nothing is scraped: the data is of the past.
  writeFileSync(join(cwd, 'prometheus.yml'), 'global: {}\n')
  const [{ url: haechi }, reference] = await Promise.all([
    startHaechi({ cwd, args: ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y', `--enable-feature=${features}`, '--log.level=warn'] }),
    startReference(features),
  ])
  await fill([haechi, reference], data)
  return { haechi, reference }
}

test.skipIf(NO_REFERENCE !== undefined).each(SETS)(`[E1a] random queries over $name data are answered as by the reference${NO_REFERENCE === undefined ? '' : `: ${NO_REFERENCE}`}`, async ({ name, of, dashboards }) => {
  const dialect: Dialect = { experimental: true, newer: COMMAND !== undefined }
  const data = of(SEED)
  const { haechi, reference } = await startBoth(data)
  const report = await fuzz(haechi, reference, { data, dashboards, seed: SEED, count: COUNT, dialect, version: VERSION })
  const changed = [...report.changed].map(([why, n]) => `  ${n} × ${why}`)
  process.stderr.write([`PromQL fuzz, HAECHI_SEED=${SEED} HAECHI_FUZZ_DATA=${name}: ${report.asked} queries, ${report.mismatches.length} mismatches; ${report.refused} refused, ${report.empty} empty (${(answered(report) * 100).toFixed(1)} % of the others carry data), ${report.ambiguous} ambiguous, ${report.otherError} failed for another reason`, ...changed].join('\n') + '\n')
  const list = report.mismatches.map(m => `${m.query}\n  ${m.params}\n  ${m.difference}`)
  if (process.env['HAECHI_FUZZ_OUT'] !== undefined) writeFileSync(process.env['HAECHI_FUZZ_OUT'], `${list.join('\n')}\n`)
  if (process.env['HAECHI_FUZZ_EMPTY'] !== undefined) writeFileSync(process.env['HAECHI_FUZZ_EMPTY'], `${report.empties.join('\n')}\n`)
  if (process.env['HAECHI_FUZZ_TALLY'] !== undefined) {
    const { asked, refused, empty, ambiguous, otherError, mismatches } = report
    writeFileSync(process.env['HAECHI_FUZZ_TALLY'], JSON.stringify({ asked, 'with data': asked - refused - empty, empty, refused, ambiguous, 'failed for another reason': otherError, mismatches: mismatches.length }))
  }
  expect(report.otherError, 'queries that fail for another reason than in the reference').toBeLessThanOrEqual(1 + COUNT / 500)
  expect(list.slice(0, 10).join('\n'), `HAECHI_SEED=${SEED} HAECHI_FUZZ_DATA=${name} repeats this`).toBe('')
  expect(answered(report), 'share of the answers without error that carry data').toBeGreaterThan(COUNT < 200 ? 0.6 : 0.75)
}, 3_600_000)

test.skipIf(NO_REFERENCE !== undefined)(`[E1a] each change since 3.5 is still one: it shows beside 3.5 and not beside the newest${NO_REFERENCE === undefined ? '' : `: ${NO_REFERENCE}`}`, async () => {
  const { haechi, reference } = await startBoth(syntheticData('changes'))
  for (const { what, example } of CHANGES) {
    const [ours, theirs] = await Promise.all([ask(haechi, example), ask(reference, example)])
    const found = difference(ours, theirs, undefined)
    if (COMMAND !== undefined) expect(found, what).toBeUndefined()
    else expect(changedSince(VERSION, example['query']!, found ?? '')?.what, `${what}: ${found}`).toBe(what)
  }
}, 300_000)
