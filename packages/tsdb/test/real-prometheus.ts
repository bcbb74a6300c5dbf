import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { labelsFromObject, labelsKey } from '@haechi/model'
import { peerRun } from '@haechi/testkit'
import { tempDir } from './temp-dir.ts'

const run = peerRun()

/** Why a test with the real programs is skipped; printed in its name. */
export const PEERS_REASON = 'needs PEERS_DIR and the peers folder'
export const peersMissing: boolean = run === undefined

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A real Prometheus that runs. */
export interface Peer {
  readonly url: string
  readonly log: () => string
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
}

/** Starts a real Prometheus on a data directory and waits until it is ready. `settings` go into its configuration file. */
export async function prometheus(dir: string, scrapeOwn: boolean, flags: readonly string[] = [], settings: object = {}): Promise<Peer> {
  const port = await freePort()
  const config = path.join(tempDir(), 'prometheus.yml')
  writeFileSync(config, JSON.stringify({ ...settings, global: { scrape_interval: '1s' }, scrape_configs: scrapeOwn ? [{ job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }] : [] }))
  const child = spawn(run!, ['prometheus', `--config.file=${config}`, `--storage.tsdb.path=${dir}`, `--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.retention.time=100y', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (s: string) => {
    log += s
  })
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    if (await fetch(`${url}/-/ready`).then(r => r.ok, () => false)) break
    if (i > 150 || child.exitCode !== null) throw new Error(`prometheus did not start: ${log}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return {
    url,
    log: () => log,
    async stop(signal) {
      child.kill(signal)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

interface Matrix { readonly data: { readonly result: readonly { readonly metric: Record<string, string>; readonly values?: readonly (readonly [number, string])[] }[] } }

/** Raw samples of a selector over a window that ends at `atMs` (default now), as the real server has them. */
export async function raw(peer: Peer, selector: string, window = '10h', atMs?: number): Promise<Map<string, (readonly [number, number])[]>> {
  const at = atMs === undefined ? '' : `&time=${atMs / 1000}`
  const body = await (await fetch(`${peer.url}/api/v1/query?query=${encodeURIComponent(`${selector}[${window}]`)}${at}`)).json() as Matrix
  return new Map(body.data.result.map(s => [labelsKey(labelsFromObject(s.metric)), (s.values ?? []).map(([t, v]) => [Math.round(t * 1000), Number(v)] as const)]))
}

/** Runs promtool. @returns its output; throws when it fails */
export function promtool(...args: string[]): string {
  const done = spawnSync(run!, ['promtool', ...args], { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 })
  if (done.status !== 0) throw new Error(`promtool ${args.join(' ')}: ${done.stderr}${done.stdout}`)
  return done.stdout
}

/** Samples by their bits as times and numbers, staleness markers left out. */
export const numbers = (samples: readonly { readonly t: number; readonly lo: number; readonly hi: number }[]): [number, number][] =>
  samples.filter(s => !(s.hi === 0x7ff00000 && s.lo === 2)).map(s => [s.t, new Float64Array(Uint32Array.of(s.lo, s.hi).buffer)[0]!])
