import type { Labels } from '@haechi/model'

const MASK = 0xffffffffffffffffn
const P1 = 11400714785074694791n
const P2 = 14029467366897019727n
const P3 = 1609587929392839161n
const P4 = 9650029242287828579n
const P5 = 2870177450012600261n

/**
 * A number in [0, 1) that depends only on the labels: the 64-bit xxHash of the label set, as Prometheus hashes it, over 2^64.
 * For `limit_ratio`, which is rare; BigInt arithmetic is fast enough.
 * @see Prometheus model/labels/labels_stringlabels.go `Hash` (how releases are built), promql/engine.go `HashRatioSampler`
 */
export function seriesFraction(labels: Labels): number {
  const parts: Uint8Array[] = []
  const encoder = new TextEncoder()
  for (const text of labels) {
    const part = encoder.encode(text)
    // The length: one byte, or 255 and three more.
    const n = part.length
    parts.push(n < 255 ? Uint8Array.of(n) : Uint8Array.of(255, n & 255, (n >> 8) & 255, (n >> 16) & 255), part)
  }
  const size = parts.reduce((n, p) => n + p.length, 0)
  const bytes = new Uint8Array(size)
  let at = 0
  for (const p of parts) {
    bytes.set(p, at)
    at += p.length
  }
  return Number(xxHash64(bytes)) / 2 ** 64
}

function rotate(x: bigint, by: bigint): bigint {
  return ((x << by) | (x >> (64n - by))) & MASK
}

function round(acc: bigint, input: bigint): bigint {
  return (rotate((acc + input * P2) & MASK, 31n) * P1) & MASK
}

/** xxHash64 with seed 0. */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = bytes.length
  let at = 0
  let h: bigint
  if (n >= 32) {
    let a = (P1 + P2) & MASK
    let b = P2
    let c = 0n
    let d = (MASK + 1n - P1) & MASK
    for (; at + 32 <= n; at += 32) {
      a = round(a, view.getBigUint64(at, true))
      b = round(b, view.getBigUint64(at + 8, true))
      c = round(c, view.getBigUint64(at + 16, true))
      d = round(d, view.getBigUint64(at + 24, true))
    }
    h = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK
    for (const lane of [a, b, c, d]) h = ((h ^ round(0n, lane)) * P1 + P4) & MASK
  } else h = P5
  h = (h + BigInt(n)) & MASK
  for (; at + 8 <= n; at += 8) h = (rotate(h ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK
  for (; at + 4 <= n; at += 4) h = (rotate(h ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK
  for (; at < n; at++) h = (rotate(h ^ ((BigInt(bytes[at]!) * P5) & MASK), 11n) * P1) & MASK
  h = ((h ^ (h >> 33n)) * P2) & MASK
  h = ((h ^ (h >> 29n)) * P3) & MASK
  return h ^ (h >> 32n)
}
