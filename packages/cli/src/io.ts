import { speaksKorean } from '@haechi/app'
import type { Terminal } from '@haechi/app'

/** What every command takes. */
export type Io = Terminal

/** Picks the language of the terminal: Korean where the locale says so. */
export function say(io: Pick<Io, 'env'>, en: string, ko: string): string {
  return speaksKorean(io.env) ? ko : en
}
