import type { Labels } from '@haechi/model'

const PRIME_HIGH = 0x100
const PRIME_LOW = 0x1b3

/** Alertmanager's name of an alert: FNV-1a 64 over `name 0xff value 0xff …` of the sorted labels, as 16 hex digits. */
export function fingerprint(labels: Labels): string {
  const bytes: Uint8Array[] = []
  const separator = Uint8Array.of(0xff)
  for (const text of labels) bytes.push(Buffer.from(text, 'utf8'), separator)
  // The 64-bit hash in two halves; the prime is 2^40 + 0x1b3.
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const part of bytes) {
    for (const b of part) {
      low = (low ^ b) >>> 0
      const product = low * PRIME_LOW
      const carry = Math.floor(product / 0x1_0000_0000)
      high = (Math.imul(high, PRIME_LOW) + Math.imul(low, PRIME_HIGH) + carry) >>> 0
      low = product >>> 0
    }
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}
