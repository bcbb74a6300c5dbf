import { speaksKorean } from '@haechi/app'
import { inKorean } from '@haechi/model/korean'
import type { Terminal } from '@haechi/app'

/** What every command takes. */
export type Io = Terminal

/** Picks the language of the terminal: Korean where the locale says so. */
export function say(io: Pick<Io, 'env'>, en: string, ko: string): string {
  return speaksKorean(io.env) ? ko : en
}

/** A message that was made where no reader is known, in the language of the terminal. */
export function inWords(io: Pick<Io, 'env'>, message: string): string {
  return speaksKorean(io.env) ? inKorean(message) : message
}
