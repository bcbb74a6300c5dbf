import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { newFolder } from './haechi.ts'
import { freePort } from './targets.ts'

const shared = process.env['HAECHI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const folder = `${shared}/peers`

/** Why the real peers can't be run here; undefined: they can. */
export const NO_PEERS: string | undefined = process.env['PEERS_DIR'] === undefined ? 'PEERS_DIR names no folder with the real peers' : !existsSync(`${folder}/start-peers.sh`) ? 'the scripts that start the real peers are not beside this repository' : undefined
if (NO_PEERS !== undefined) process.stderr.write(`tests with real peers are skipped: ${NO_PEERS}\n`)

/** A file of the peers' folder. */
export function peerFile(name: string): string {
  return `${folder}/${name}`
}

/** Peers that run. */
export interface Peers {
  /** Name to `127.0.0.1:port`. */
  readonly address: Readonly<Record<string, string>>
  readonly runDir: string
  stop(): Promise<void>
}

const PORT_VARIABLE: Readonly<Record<string, string>> = { fastapi: 'FASTAPI_PORT', django: 'DJANGO_PORT', node: 'NODE_PORT', prometheus: 'PROM_PORT', alertmanager: 'AM_PORT' }
const started = new Set<() => Promise<void>>()
afterAll(async () => {
  for (const stop of started) await stop()
})

/** Ports for peers, one each, and in `runDir` what they write. */
export async function peerPorts(names: readonly string[]): Promise<{ readonly ports: Readonly<Record<string, number>>; readonly runDir: string }> {
  const ports: Record<string, number> = {}
  for (const name of names) ports[name] = await freePort()
  return { ports, runDir: newFolder() }
}

/** Starts real peers on loopback; stopped when the test file is done. @throws Error with what the script said */
export async function startPeers(names: readonly string[], given: Awaited<ReturnType<typeof peerPorts>>, env: Readonly<Record<string, string>> = {}): Promise<Peers> {
  const variables: Record<string, string> = { ...env, RUN_DIR: given.runDir }
  for (const [name, port] of Object.entries(given.ports)) variables[PORT_VARIABLE[name]!] = String(port)
  const stop = async (): Promise<void> => {
    started.delete(stop)
    await script('stop-peers.sh', names, variables)
  }
  started.add(stop)
  await script('start-peers.sh', names, variables)
  return { address: Object.fromEntries(names.map(name => [name, `127.0.0.1:${given.ports[name]}`])), runDir: given.runDir, stop }
}

/** Runs one program of the peers to its end. @returns its standard output @throws Error with what it said when it fails */
export function runPeer(args: readonly string[], cwd: string): Promise<string> {
  return run('peer-run.sh', args, {}, cwd)
}

function script(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return run(name, args, env)
}

function run(name: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(peerFile(name), [...args], { ...(cwd === undefined ? {} : { cwd }), stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const out: Buffer[] = []
    let err = ''
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
    child.once('error', reject)
    child.once('close', code => {
      const text = Buffer.concat(out).toString('utf8')
      if (code === 0) resolve(text)
      else reject(new Error(`${name} ${args.join(' ')} ended with ${code}: ${text.slice(-1000)}${err.slice(-2000)}`))
    })
  })
}
