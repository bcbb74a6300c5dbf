import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { matrix, seriesName, vector } from './support/api.ts'
import { launchHaechi, newFolder, runHaechi, sleep, startHaechi, waitFor } from './support/haechi.ts'
import type { RunningHaechi } from './support/haechi.ts'
import { MixedLoad, ROUNDS_PER_EPOCH, samplesOf, totals } from './support/mixed-load.ts'
import { NO_PEERS, peerPorts, runPeer, startPeers } from './support/peers.ts'
import { exporter } from './support/targets.ts'

/** How often Haechi is killed; HAECHI_CRASH_ROUNDS=50 is the long run of `node scripts/crash.mjs`. */
const ROUNDS = Number(process.env['HAECHI_CRASH_ROUNDS'] ?? 5)
const SEED = Number(process.env['HAECHI_CRASH_SEED'] ?? Date.now() % 1_000_000)
const SERIES = 100
/** Blocks so short that writing them, merging them and their checkpoints go on nearly all the time. */
const BLOCK = process.env['HAECHI_CRASH_BLOCK'] ?? '4s'
/** Late samples reach back over a dozen of them. */
const LATE_MS = 60_000

/** Marsaglia's xorshift: the moments of the kills can be had again by their seed. */
function random(seed: number): () => number {
  let x = seed || 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

type Samples = ReadonlyMap<string, readonly (readonly [number, string])[]>

/** Every sample of the exporter that the API shows for some time before `time`, Unix seconds. */
async function visible(haechi: RunningHaechi, time: number, window = '3m'): Promise<Samples> {
  return new Map((await samplesOf(haechi.url, `crash_total[${window}]`, time)).map(s => [seriesName(s.metric), s.values]))
}

/** A copy of a data directory that a process left which is gone. */
function copyOf(cwd: string): string {
  const to = newFolder()
  cpSync(join(cwd, 'data'), join(to, 'data'), { recursive: true, filter: path => !path.endsWith('/lock') && !path.endsWith('/snapshots') })
  return to
}

/** Starts a real Prometheus on a data directory, which it may change. */
async function prometheusOn(cwd: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { ports, runDir } = await peerPorts(['prometheus'])
  cpSync(join(cwd, 'data'), join(runDir, 'prometheus'), { recursive: true })
  // It adds no samples of its own.
  writeFileSync(join(cwd, 'empty.yml'), 'scrape_configs: []\n')
  const peers = await startPeers(['prometheus'], { ports, runDir }, { PROM_CONFIG: join(cwd, 'empty.yml') })
  return { url: `http://${peers.address['prometheus']}`, stop: () => peers.stop() }
}

/** Takes a snapshot of all data. @returns its folder */
async function snapshotOf(haechi: RunningHaechi): Promise<string> {
  const response = await fetch(`${haechi.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' })
  const { data } = await response.json() as { readonly data: { readonly name: string } }
  const folder = join(haechi.cwd, 'data', 'snapshots', data.name)
  // promtool wants one.
  mkdirSync(join(folder, 'wal'))
  return folder
}

test(`[K1] ${ROUNDS} times kill -9 at a random moment of scrapes, remote write (late samples and native histograms too), rules, deletions, snapshots, cleaning, writing and merging of blocks: what was acknowledged is there after the restart, and nothing else (seed ${SEED})`, { timeout: 60_000 + ROUNDS * 20_000 }, async () => {
  let served = 0
  const target = await exporter(() => {
    served++
    let body = '# TYPE crash_total counter\n'
    for (let i = 0; i < SERIES; i++) body += `crash_total{i="${i}"} ${served}\n`
    return body
  })
  const cwd = newFolder()
  const config = {
    global: { scrape_interval: '100ms', scrape_timeout: '100ms', evaluation_interval: '200ms' },
    rule_files: ['rules.yml'],
    storage: { tsdb: { out_of_order_time_window: '3h' } },
    scrape_configs: [{ job_name: 'crash', static_configs: [{ targets: [target.address] }] }],
  }
  writeFileSync(join(cwd, 'prometheus.yml'), JSON.stringify(config))
  writeFileSync(join(cwd, 'rules.yml'), JSON.stringify({ groups: [{ name: 'crash', rules: [{ record: 'crash:count', expr: 'count(crash_total)' }] }] }))
  const args = ['--web.enable-remote-write-receiver', '--web.enable-admin-api', `--storage.tsdb.min-block-duration=${BLOCK}`]
  const rnd = random(SEED)
  const load = new MixedLoad(rnd, LATE_MS)
  let before: Samples = new Map()
  let time = Date.now() / 1000
  let samples = 0
  let judged = 0
  // What the kills have met: counted in the log of the server and in what it left.
  const met = { blocks: 0, lateBlocks: 0, merges: 0, checkpoints: 0, halfBlocks: 0, halfCheckpoints: 0, halfDeletions: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    // Some are killed while they still read what the one before left.
    if (rnd() < 0.3) {
      const early = launchHaechi({ cwd, args })
      await sleep(rnd() * 900)
      await early.kill()
    }
    const haechi = await startHaechi({ cwd, args })
    checkKept(before, await visible(haechi, time), round)
    const epoch = Math.floor(round / ROUNDS_PER_EPOCH)
    if (round > 0) await load.check(haechi.url, Math.floor((round - 1) / ROUNDS_PER_EPOCH), `after kill ${round}`)
    let over = false
    const loading = load.run(haechi.url, round, () => over)
    const grown = served + 3
    await waitFor('more scrapes', 15_000, () => served > grown)
    await sleep(rnd() * 1200)
    time = Date.now() / 1000
    before = await visible(haechi, time)
    await haechi.kill()
    over = true
    await loading
    expect(haechi.said()).not.toMatch(/level=ERROR/)
    const said = haechi.said()
    met.blocks += said.split('"Wrote a block"').length - 1
    met.lateBlocks += said.split('"Wrote blocks of out-of-order samples"').length - 1
    met.merges += said.split('"Merged blocks"').length - 1
    met.checkpoints += said.split('checkpoint').length - 1
    for (const name of readdirSync(join(cwd, 'data'))) {
      if (name.endsWith('.tmp-for-creation')) met.halfBlocks++
      if (name.endsWith('.tmp-for-deletion')) met.halfDeletions++
    }
    for (const name of readdirSync(join(cwd, 'data', 'wal'))) if (name.endsWith('.tmp')) met.halfCheckpoints++
    expect(before.size).toBe(SERIES)
    // Nobody else's data is touched by a snapshot; they would fill the disk.
    rmSync(join(cwd, 'data', 'snapshots'), { recursive: true, force: true })
    if (NO_PEERS === undefined && (round === ROUNDS - 1 || round % 40 === 39)) {
      const prometheus = await prometheusOn(copyOf(cwd))
      await load.check(prometheus.url, epoch, `Prometheus after kill ${round + 1}`)
      await prometheus.stop()
      judged++
    }
    if (round % 20 === 19) process.stderr.write(`crash: ${round + 1} rounds, ${JSON.stringify(load.counts)} ${JSON.stringify(met)}\n`)
  }

  const last = await startHaechi({ cwd, args })
  checkKept(before, await visible(last, time), ROUNDS)
  for (let epoch = 0; epoch <= Math.floor((ROUNDS - 1) / ROUNDS_PER_EPOCH); epoch++) await load.check(last.url, epoch, `at the end, rounds from ${epoch * ROUNDS_PER_EPOCH}`)
  if (NO_PEERS === undefined) {
    // promtool passes over what the log has before the newest block's end, also where only late samples are in that block; in a snapshot all is in blocks.
    load.checkDump(await runPeer(['promtool', 'tsdb', 'dump', '--match={e=~".+"}', '.'], await snapshotOf(last)), Math.floor((ROUNDS - 1) / ROUNDS_PER_EPOCH), 'promtool on a snapshot at the end')
  }
  const kept = await visible(last, Date.now() / 1000, '2h')
  for (const values of kept.values()) {
    samples += values.length
    // The exporter counts what it serves: nothing is there twice, nothing out of order, nothing that was never served.
    const numbers = values.map(([, v]) => Number(v))
    expect(numbers.every((v, i) => i === 0 || v > numbers[i - 1]!), `values ascend: ${numbers.join(' ')}`).toBe(true)
    expect(numbers.at(-1)).toBeLessThanOrEqual(served)
  }
  expect(Number((await vector(last.url, 'count(last_over_time(crash:count[1h]))'))[0]?.value[1])).toBe(1)
  expect(last.said()).not.toMatch(/level=ERROR/)
  await last.kill()
  process.stderr.write(`crash: ${ROUNDS} rounds, ${served} scrapes served, ${samples} samples of ${kept.size} series are there; pushed ${JSON.stringify(load.counts)}; the kills met ${JSON.stringify(met)}; Prometheus judged ${judged} times; seed ${SEED}\n`)
  crashed = cwd
})

function checkKept(before: Samples, after: Samples, round: number): void {
  for (const [name, values] of before) {
    const now = after.get(name)
    expect(now, `round ${round}: series ${name}`).toBeDefined()
    // Samples are only added, so what was there is the beginning of what is there.
    expect(now!.slice(0, values.length), `round ${round}: samples of ${name}`).toEqual(values)
  }
}

/** The folder that K1 left. */
let crashed: string | undefined

test.skipIf(NO_PEERS !== undefined)('[K2] Haechi, promtool and a real Prometheus read copies of the killed data directory alike', { timeout: 60_000 }, async context => {
  if (crashed === undefined) return context.skip('there is no directory: K1 failed')
  const cwd = crashed
  const forPrometheus = copyOf(cwd)
  // Neither may add samples of its own.
  writeFileSync(join(cwd, 'prometheus.yml'), 'scrape_configs: []\n')
  const haechi = await startHaechi({ cwd, args: ['--web.enable-admin-api'] })
  const { url: prometheus, stop } = await prometheusOn(forPrometheus)
  const time = Date.now() / 1000
  for (const query of ['count_over_time(crash_total[2h])', 'count_over_time(up[2h])', 'last_over_time({__name__=~".+"}[2h])', 'count_over_time(crash:count[2h])', 'count_over_time(scrape_duration_seconds[2h])', 'sum_over_time(scrape_samples_scraped[2h])', 'sum_over_time(crash_total[2h])', 'timestamp(last_over_time(crash_total[2h]))', 'crash_total[2h]', 'changes(crash_total[2h])']) {
    const [ours, theirs] = await Promise.all([haechi.url, prometheus].map(async url => new Map((await matrix(url, query, time)).map(s => [seriesName(s.metric), 'values' in s ? s.values : (s as { value: unknown }).value]))))
    expect(ours!.size).toBeGreaterThan(0)
    expect(ours, query).toEqual(theirs)
  }
  const ours = await totals(haechi.url, time)
  expect(ours.size).toBeGreaterThan(5)
  expect(ours).toEqual(await totals(prometheus, time))
  const dump = (await runPeer(['promtool', 'tsdb', 'dump', '--match={__name__="crash_total"}', '.'], await snapshotOf(haechi))).split('\n')
    // Staleness markers of scrapes that failed are shown by the tool and not by queries.
    .filter(line => line !== '' && !/ NaN \d+$/.test(line))
  const counted = await vector(haechi.url, 'sum(count_over_time(crash_total[2h]))', time)
  expect(dump.length).toBe(Number(counted[0]!.value[1]))
  // Blocks of a recording rule over the past are the same whichever of the two is asked.
  const rules = join(newFolder(), 'past.yml')
  writeFileSync(rules, JSON.stringify({ groups: [{ name: 'past', interval: '5s', rules: [{ record: 'crash:rate', expr: 'sum by (i) (rate(crash_total[1m]))', labels: { team: 'x' } }] }] }))
  const made = await Promise.all([haechi.url, prometheus].map(async url => {
    const folder = newFolder()
    const run = await runHaechi(['tsdb', 'create-blocks-from', 'rules', rules, `--url=${url}`, `--start=${Math.floor(time) - 120}`, `--end=${Math.floor(time)}`, `--output-dir=${folder}`])
    expect(run.code, run.err).toBe(0)
    mkdirSync(join(folder, 'wal'))
    return (await runPeer(['promtool', 'tsdb', 'dump', '.'], folder)).split('\n').sort()
  }))
  expect(made[0]!.length).toBeGreaterThan(SERIES)
  expect(made[0]).toEqual(made[1])
  await haechi.stop()
  await stop()
})
