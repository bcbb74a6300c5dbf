import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = process.env.HAECHI_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))

/** Whether the recorded answers of the real programs lie on this machine; says so once where they don't. */
export function haveShared(file: string): boolean {
  const there = existsSync(`${FOLDER}/${file}`)
  if (!there) console.info(`skipped: ${file} is not on this machine`)
  return there
}

/** A recorded file as text. */
export function sharedText(file: string): string {
  return readFileSync(`${FOLDER}/${file}`, 'utf8')
}

/** The bytes of a recorded file. */
export function sharedBytes(file: string): Buffer {
  return readFileSync(`${FOLDER}/${file}`)
}

/** A tab-separated file without its heading. */
export function sharedRows(file: string): { head: string[]; rows: string[][] } {
  const [head, ...rows] = sharedText(file).replace(/\n$/, '').split('\n').map(l => l.split('\t'))
  return { head: head!, rows }
}

/** The folder's path of a recorded file or folder. */
export function sharedPath(file: string): string {
  return `${FOLDER}/${file}`
}
