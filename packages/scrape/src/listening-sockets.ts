import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** A TCP port of this machine that accepts connections from this machine. */
export interface ListeningSocket {
  readonly port: number
  /** Names the socket: another one on the same port has another inode. */
  readonly inode: string
}

/** What is known about the process behind a socket. */
export interface SocketProcess {
  /** Its command, e.g. `python3`. */
  readonly command: string
  /** Its arguments. */
  readonly args: readonly string[]
  /** Its working directory; '' if it can't be read. */
  readonly directory: string
}

/** State LISTEN in /proc/net/tcp. */
const LISTEN = '0A'

/**
 * Ports that processes listen on, on loopback or on all addresses, in no order.
 * @param proc  where the proc file system is
 * @returns undefined where there is none (not Linux)
 */
export function listeningSockets(proc: string): ListeningSocket[] | undefined {
  const found = new Map<number, ListeningSocket>()
  let readable = false
  for (const name of ['tcp', 'tcp6']) {
    let text: string
    try {
      text = readFileSync(path.join(proc, 'net', name), 'utf8')
    } catch {
      continue
    }
    readable = true
    for (const line of text.split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      if (state !== LISTEN || local === undefined || inode === undefined) continue
      const [address, port] = local.split(':') as [string, string]
      if (isLocal(address)) found.set(Number.parseInt(port, 16), { port: Number.parseInt(port, 16), inode })
    }
  }
  return readable ? [...found.values()] : undefined
}

/** Addresses are in the machine's byte order: 127.0.0.1 is 0100007F, ::1 ends in 01000000. */
function isLocal(hex: string): boolean {
  if (hex.length === 8) return hex === '00000000' || hex.endsWith('7F')
  if (/^0+$/.test(hex) || hex === '00000000000000000000000001000000') return true
  return hex.startsWith('0000000000000000FFFF0000') && (hex.endsWith('7F') || hex.endsWith('00000000'))
}

/** The process that owns a socket; undefined if it can't be seen (another user's). */
export function processOf(proc: string, inode: string): SocketProcess | undefined {
  const wanted = `socket:[${inode}]`
  let pids: string[]
  try {
    pids = readdirSync(proc).filter(name => /^\d+$/.test(name))
  } catch {
    return undefined
  }
  for (const pid of pids) {
    const directory = path.join(proc, pid)
    let descriptors: string[]
    try {
      descriptors = readdirSync(path.join(directory, 'fd'))
    } catch {
      continue
    }
    if (!descriptors.some(fd => link(path.join(directory, 'fd', fd)) === wanted)) continue
    const args = text(path.join(directory, 'cmdline')).split('\0').filter(a => a !== '')
    return { command: path.basename(args[0] ?? text(path.join(directory, 'comm')).trim()), args, directory: link(path.join(directory, 'cwd')) }
  }
  return undefined
}

function link(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
