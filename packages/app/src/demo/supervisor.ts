import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DemoReady } from './service.ts'

/** A demo service that runs. */
export interface DemoService {
  readonly name: string
  /** `127.0.0.1:port` */
  readonly address: string
}

/** The demo services of `haechi --demo`: child processes that end with this one. */
export interface Demo {
  readonly services: readonly DemoService[]
  stop(): void
}

const NAMES = ['orders', 'checkout'] as const

/** Starts them and waits until each listens. @throws Error when one ends before it listens */
export async function startDemo(): Promise<Demo> {
  const children = NAMES.map(name => fork(fileURLToPath(new URL('./demo-service.js', import.meta.url)), [name], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--max-semi-space-size=2'] }))
  const stop = (): void => {
    for (const child of children) child.kill('SIGTERM')
  }
  process.once('exit', stop)
  try {
    const ready = await Promise.all(children.map(listening))
    return { services: ready.map(r => ({ name: r.name, address: `127.0.0.1:${r.port}` })), stop }
  } catch (err) {
    stop()
    throw err
  }
}

function listening(child: ChildProcess): Promise<DemoReady> {
  return new Promise((resolve, reject) => {
    child.once('message', message => resolve(message as DemoReady))
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`a demo service ended with exit code ${code} before it listened`)))
  })
}
