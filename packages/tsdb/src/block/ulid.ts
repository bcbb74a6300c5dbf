import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Whether a folder's name is that of a block. */
export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
}

/** A new name for a block: 48 bits of time (Unix ms) and 80 random bits. @see https://github.com/ulid/spec */
export function newUlid(nowMs: number): string {
  let time = ''
  let left = Math.max(0, Math.floor(nowMs))
  for (let i = 0; i < 10; i++) {
    time = ALPHABET[left % 32]! + time
    left = Math.floor(left / 32)
  }
  const random = randomBytes(16)
  let rest = ''
  for (let i = 0; i < 16; i++) rest += ALPHABET[random[i]! & 31]!
  return time + rest
}
