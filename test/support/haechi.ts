import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, vi } from 'vitest'

/** The program under test: the built one of this checkout. */
export const PROGRAM: string = process.env['HAECHI_BIN'] ?? fileURLToPath(new URL('../../bin/haechi', import.meta.url))

if (!existsSync(fileURLToPath(new URL('../dist/haechi.js', new URL(PROGRAM, 'file://'))))) throw new Error(`${PROGRAM} is not built; run npm run build`)

/** How a Haechi is started. */
export interface StartOptions {
  /** Flags besides the listen address and the data directory. */
  readonly args?: readonly string[]
  /** Default: a new folder. */
  readonly cwd?: string
  /** Relative to `cwd`; default `data`. */
  readonly data?: string
  /** Default `127.0.0.1:0`. */
  readonly listen?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A Haechi that runs. */
export interface RunningHaechi {
  readonly url: string
  readonly pid: number
  readonly cwd: string
  /** Everything it wrote so far, standard output and error. */
  said(): string
  /** SIGTERM. Resolves to the exit code and the time it took. */
  stop(): Promise<{ readonly code: number | null; readonly ms: number }>
  /** SIGKILL, then waits until it is gone. */
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Resolves to the exit code when it ends by itself or was stopped. */
  readonly ended: Promise<number | null>
}

/** What a finished command left. */
export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
}

// A start takes half a second on a quiet machine and ten times as long on a busy one.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const folders: string[] = []
const children = new Set<ChildProcess>()
const logs: { readonly name: string; readonly text: () => string }[] = []
let everything = ''

/** A new folder that is removed when the test file is done. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-e2e-'))
  folders.push(folder)
  return folder
}

/** Everything that any Haechi of this test file wrote so far, and what was noted by {@link note}. */
export function everythingSaid(): string {
  return everything
}

/** Adds an answer of the API to what is searched for secrets. */
export function note(text: string): void {
  everything += text
}

afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const { name, text } of logs) process.stderr.write(`--- ${name} of "${task.name}"\n${text().slice(-6000)}\n`)
})

afterAll(async () => {
  for (const child of children) {
    child.kill('SIGKILL')
    await new Promise(resolve => child.once('close', resolve))
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** Runs `haechi …` to its end; `seconds` is the longest it may take. */
export function runHaechi(args: readonly string[], options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly seconds?: number } = {}): Promise<Finished> {
  const { child, out, err } = launch(args, options.cwd ?? newFolder(), options.env ?? {})
  const t0 = performance.now()
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`haechi ${args.join(' ')} did not end within ${options.seconds ?? 60} s: ${out()}${err()}`))
    }, (options.seconds ?? 60) * 1000)
    child.once('close', code => {
      clearTimeout(late)
      resolve({ code, out: out(), err: err(), ms: performance.now() - t0 })
    })
  })
}

/** Starts a server and waits until it is ready. @throws Error with its last words when it ends before that */
export async function startHaechi(options: StartOptions = {}): Promise<RunningHaechi> {
  const haechi = launchHaechi(options)
  const url = await haechi.listening
  await waitFor('haechi to be ready', 60_000, async () => [200, 401].includes((await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/-/ready`).catch(() => undefined))?.status ?? 0))
  return { ...haechi, url }
}

/** Starts a server; nothing is waited for. */
export function launchHaechi(options: StartOptions = {}): Omit<RunningHaechi, 'url'> & { readonly listening: Promise<string> } {
  const cwd = options.cwd ?? newFolder()
  const args = [`--web.listen-address=${options.listen ?? '127.0.0.1:0'}`, `--storage.tsdb.path=${options.data ?? 'data'}`, ...(options.args ?? [])]
  const { child, out, err } = launch(args, cwd, options.env ?? {})
  const said = (): string => out() + err()
  logs.push({ name: 'log of Haechi', text: said })
  const ended = new Promise<number | null>(resolve => { child.once('close', resolve) })
  const listening = new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /Haechi \S+ {3}(https?:\/\/\S+)/.exec(out())
      if (found === null) return
      child.stdout!.off('data', look)
      resolve(found[1]!)
    }
    child.stdout!.on('data', look)
    child.once('close', code => reject(new Error(`haechi ended with exit code ${code} before it listened: ${said()}`)))
  })
  listening.catch(() => undefined)
  return {
    pid: child.pid!, cwd, said, ended, listening,
    signal: name => void child.kill(name),
    async stop() {
      const t0 = performance.now()
      child.kill('SIGTERM')
      const code = await ended
      return { code, ms: performance.now() - t0 }
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function launch(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly out: () => string; readonly err: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...env } })
  children.add(child)
  child.once('close', () => children.delete(child))
  let out = ''
  let err = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text
    everything += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text
    everything += text
  })
  return { child, out: () => out, err: () => err }
}

/** Starts `haechi relay` on a free port. */
export async function startRelayProcess(cwd: string): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
  const { child, out, err } = launch(['relay', '--listen-address', '127.0.0.1:0'], cwd, {})
  const ended = new Promise<number | null>(resolve => { child.once('close', resolve) })
  const address = (): string | undefined => /(http:\/\/\S+)\/grafana/.exec(out())?.[1]
  await waitFor('the relay to listen', 15_000, () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${err()}`)
    return address() !== undefined
  })
  return {
    url: address()!,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Asks until the answer is true. @throws Error naming what was waited for, with the last error */
export async function waitFor(what: string, withinMs: number, ask: () => Promise<boolean> | boolean, everyMs = 50): Promise<void> {
  // What it takes on a free machine; one that others use as well gets three times as long.
  const until = performance.now() + 3 * withinMs
  let last: unknown
  for (;;) {
    try {
      if (await ask()) return
      last = undefined
    } catch (err) {
      last = err
    }
    if (performance.now() > until) throw new Error(`waited ${withinMs / 1000} s for ${what}${last === undefined ? '' : `; the last error was: ${String(last)}`}`)
    await sleep(everyMs)
  }
}

/** Real time passes. */
export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}
