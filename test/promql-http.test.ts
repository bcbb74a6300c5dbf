import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { PROGRAM, newFolder } from './support/haechi.ts'
import { freePort } from './support/targets.ts'

const shared = process.env['HAECHI_SHARED'] ?? fileURLToPath(new URL('../../shared', import.meta.url))
const modules = fileURLToPath(new URL('../node_modules', import.meta.url))
const standing = join(shared, 'promqltest')
/** The black-box runners with their packages: a folder with both, or a copy that finds this repository's packages. */
const runners = process.env['PROMQLTEST_DIR'] ?? (existsSync(join(standing, 'node_modules')) || !existsSync(join(standing, 'run.mjs')) ? standing : withOurPackages())
const scripts = join(shared, 'fixtures/promqltest')
const NO_RUNNERS = !existsSync(join(runners, 'node_modules')) ? `no promqltest runners with their packages in ${runners} (PROMQLTEST_DIR names another folder)` : !existsSync(scripts) ? `no scripts in ${scripts}` : undefined
const NO_REFERENCE = NO_RUNNERS ?? (process.env['PEERS_DIR'] === undefined ? 'PEERS_DIR names no folder with a real Prometheus' : undefined)
for (const reason of new Set([NO_RUNNERS, NO_REFERENCE])) if (reason !== undefined) process.stderr.write(`PromQL over HTTP is partly untested: ${reason}\n`)

const FEATURES = 'promql-experimental-functions,promql-extended-range-selectors,promql-binop-fill-modifiers,promql-delayed-name-removal,use-start-timestamps,st-storage,native-histograms'
const server = `'${process.execPath}' '${PROGRAM}' --config.file={config} --storage.tsdb.path={datadir} --web.listen-address=127.0.0.1:{port} --web.enable-remote-write-receiver --storage.tsdb.retention.time=100y --log.level=warn`

/** Copies the runners to where our packages are found; for the one that we don't have, ours for the same format stands in. */
function withOurPackages(): string {
  mkdirSync(join(modules, '.haechi'), { recursive: true })
  const copy = mkdtempSync(join(modules, '.haechi', 'promqltest-'))
  cpSync(standing, copy, { recursive: true })
  const snappy = join(copy, 'node_modules', 'snappyjs')
  mkdirSync(snappy, { recursive: true })
  writeFileSync(join(snappy, 'package.json'), JSON.stringify({ name: 'snappyjs', type: 'module', exports: './index.js' }))
  writeFileSync(join(snappy, 'index.js'), "import { snappyCompress } from 'hysnappy'\nexport const compress = bytes => Uint8Array.from(snappyCompress(bytes))\nexport default { compress }\n")
  afterAll(() => rmSync(copy, { recursive: true, force: true }))
  return copy
}

/** Runs one of the runners to its end. @returns its code and everything it said */
function run(name: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [join(runners, name), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve, reject) => child.on('error', reject).on('close', code => resolve({ code, said })))
}

test.skipIf(NO_RUNNERS !== undefined)('Prometheus\' own scripts over HTTP: samples and histograms by remote write, answers as the scripts ask (HAECHI_PROMQLTEST=all for every script)', async () => {
  const folder = newFolder()
  const port = await freePort()
  const few = process.env['HAECHI_PROMQLTEST'] === 'all' ? [] : ['--files', 'limit.test', '--no-variants']
  const { said } = await run('run.mjs', [scripts, ...few, '--features', FEATURES, '--ports', `${port}-${port + 20}`, '--jobs', '1', '--workdir', folder, '--json', join(folder, 'report.json'), '--failures', join(folder, 'failures.txt'),
    '--server-cmd', `${server} --query.lookback-delta={lookback} --enable-feature={features}`])
  const failures = existsSync(join(folder, 'failures.txt')) ? readFileSync(join(folder, 'failures.txt'), 'utf8') : said
  expect(said, failures.slice(0, 4000)).toMatch(/passed (\d+)\/\1 /)
}, 900_000)

test.skipIf(NO_REFERENCE !== undefined)('random queries are answered as by a real Prometheus (HAECHI_RANDOM_QUERIES: how many, HAECHI_SEED: which)', async () => {
  const folder = newFolder()
  const port = await freePort()
  // The same data and queries each time, unless told otherwise.
  const seed = process.env['HAECHI_SEED'] ?? '1'
  process.stderr.write(`random queries: HAECHI_SEED=${seed}\n`)
  const reference = `'${join(shared, 'peers/peer-run.sh')}' prometheus --config.file={config} --storage.tsdb.path={datadir} --web.listen-address=127.0.0.1:{port} --web.enable-remote-write-receiver --storage.tsdb.retention.time=100y --log.level=error`
  const { code, said } = await run('diff.mjs', ['--ref-cmd', reference, '--test-cmd', server, '--ports', `${port}-${port + 20}`, '--workdir', folder, '--load', '--hours', '0.5', '--end', '1795291200', '--random', process.env['HAECHI_RANDOM_QUERIES'] ?? '40', '--seed', seed,
    '--mismatches', join(folder, 'mismatches.txt'), '--fail-under', '100'])
  expect(code, `HAECHI_SEED=${seed}\n${said.slice(-3000)}`).toBe(0)
}, 900_000)
