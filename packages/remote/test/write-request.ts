import { snappyCompress } from 'hysnappy'

/** One series of a request, as a test writes it. */
export interface TestSeries {
  readonly labels: readonly (readonly [string, string])[]
  readonly samples: readonly (readonly [tMs: number, value: number])[]
  /** Puts the samples in front of the labels. */
  readonly samplesFirst?: boolean
  /** Extra fields as raw bytes. */
  readonly extra?: readonly number[]
}

const varint = (v: bigint): number[] => {
  const out: number[] = []
  let x = BigInt.asUintN(64, v)
  while (x >= 128n) {
    out.push(Number(x & 127n) | 128)
    x >>= 7n
  }
  out.push(Number(x))
  return out
}
const lengthed = (key: number, bytes: readonly number[]): number[] => [key, ...varint(BigInt(bytes.length)), ...bytes]
const text = (key: number, s: string): number[] => lengthed(key, [...Buffer.from(s)])

/** A `prometheus.WriteRequest` before compression. */
export function writeRequest(series: readonly TestSeries[]): Uint8Array {
  const out: number[] = []
  for (const s of series) {
    const labels = s.labels.flatMap(([n, v]) => lengthed(10, [...text(10, n), ...text(18, v)]))
    const samples = s.samples.flatMap(([t, v]) => {
      const b = Buffer.alloc(8)
      b.writeDoubleLE(v)
      return lengthed(18, [9, ...b, 16, ...varint(BigInt(t))])
    })
    out.push(...lengthed(10, [...(s.samplesFirst ? [...samples, ...labels] : [...labels, ...samples]), ...(s.extra ?? [])]))
  }
  return Uint8Array.from(out)
}

/** The same as a request body. */
export function body(series: readonly TestSeries[]): Uint8Array {
  return snappyCompress(writeRequest(series))
}
