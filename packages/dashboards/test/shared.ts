import { existsSync, readFileSync } from 'node:fs'
import { REFERENCE_FOLDER } from '@haechi/testkit'

/** Whether the recorded answers of the real programs lie on this machine; says so once where they don't. */
export function haveShared(file: string): boolean {
  const there = existsSync(`${REFERENCE_FOLDER}/${file}`)
  if (!there) console.info(`skipped: ${file} is not on this machine`)
  return there
}

/** A recorded file as text. */
export function sharedText(file: string): string {
  return readFileSync(`${REFERENCE_FOLDER}/${file}`, 'utf8')
}

/** The bytes of a recorded file. */
export function sharedBytes(file: string): Buffer {
  return readFileSync(`${REFERENCE_FOLDER}/${file}`)
}

/** A tab-separated file without its heading. */
export function sharedRows(file: string): { head: string[]; rows: string[][] } {
  const [head, ...rows] = sharedText(file).replace(/\n$/, '').split('\n').map(l => l.split('\t'))
  return { head: head!, rows }
}

/** The folder's path of a recorded file or folder. */
export function sharedPath(file: string): string {
  return `${REFERENCE_FOLDER}/${file}`
}
