import { STALE_HIGH, STALE_LOW } from '@haechi/storage'

/** Whether the bits of a value are those of the staleness marker. */
export function isStaleBits(low: number, high: number): boolean {
  return (low >>> 0) === STALE_LOW && (high >>> 0) === STALE_HIGH
}
