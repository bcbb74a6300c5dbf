import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as zlib from 'node:zlib'

/** What is used of the global of this name; the type definitions of Node leave it to those of browsers. */
interface WasmMemory { readonly buffer: ArrayBuffer; grow(pages: number): number }
declare const WebAssembly: {
  readonly Module: new (b: Uint8Array) => object
  readonly Instance: new (module: object, imports: Readonly<Record<string, Readonly<Record<string, (...args: number[]) => unknown>>>>) => { readonly exports: unknown }
  readonly RuntimeError: new (message: string) => Error
}

/** Bytes that are not a zstd frame, or would become longer than allowed. */
export class ZstdError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ZstdError'
  }
}

/** A module that has grown beyond this is given up. */
const KEPT_BYTES = 64 << 20

interface Codec {
  compress(b: Uint8Array): Uint8Array
  /** @throws any error for bytes that are no frame */
  decompress(b: Uint8Array, maxBytes: number): Uint8Array
}

/** Newer Nodes have zstd built in. */
interface ZlibWithZstd {
  readonly zstdCompressSync?: (b: Uint8Array) => Uint8Array
  readonly zstdDecompressSync?: (b: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array
}

/** As the zstd tool and Prometheus. */
const LEVEL = 3
/** What a frame that does not tell its length is tried with first; four times as much until it fits. */
const FIRST_GUESS_BYTES = 1 << 20

/**
 * What is used of the module's exports. Its build shortened the names; they belong to the file of exactly the version that package.json pins,
 * and a round trip in the tests says whether they still mean the same.
 * @see @bokuweb/zstd-wasm dist/common/zstd.js
 */
interface ZstdModule {
  /** memory */
  readonly f: WasmMemory
  /** constructors */
  readonly g: () => void
  /** ZSTD_isError */
  readonly h: (code: number) => number
  /** ZSTD_compressBound */
  readonly i: (size: number) => number
  /** ZSTD_compress: target, its size, source, its size, level */
  readonly m: (dst: number, dstBytes: number, src: number, srcBytes: number, level: number) => number
  /** ZSTD_decompress: target, its size, source, its size */
  readonly r: (dst: number, dstBytes: number, src: number, srcBytes: number) => number
  readonly s: (bytes: number) => number
  readonly t: (pointer: number) => void
}

let codec: Codec | undefined

/** Compresses a block into one zstd frame. The codec is loaded by the first call. @returns a copy of the caller's own */
export function zstdCompress(b: Uint8Array): Uint8Array {
  codec ??= loadCodec()
  return codec.compress(b)
}

/**
 * Uncompresses zstd frames; the result is a copy of the caller's own.
 * @param maxBytes what the frame claims, and what comes out, is checked against this
 * @throws ZstdError
 */
export function zstdDecompress(b: Uint8Array, maxBytes: number): Uint8Array {
  if (!isFrame(b)) throw new ZstdError('zstd: corrupt input')
  const claimed = frameContentBytes(b)
  if (claimed > maxBytes) throw new ZstdError('zstd: decoded block is too large')
  codec ??= loadCodec()
  try {
    return codec.decompress(b, maxBytes)
  } catch (err) {
    // After a trap the instance is in an unknown state.
    if (err instanceof WebAssembly.RuntimeError) codec = undefined
    throw err instanceof ZstdError ? err : new ZstdError('zstd: corrupt input')
  }
}

/** The codec of this Node, else the WebAssembly one. */
function loadCodec(): Codec {
  const { zstdCompressSync, zstdDecompressSync } = zlib as ZlibWithZstd
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return wasmCodec()
  return { compress: b => zstdCompressSync(b), decompress: (b, maxOutputLength) => zstdDecompressSync(b, { maxOutputLength }) }
}

/** The codec that needs nothing of Node; compiled when it is made (some 10 ms). */
export function wasmCodec(): Codec {
  const memory: { current?: WasmMemory } = {}
  const stop = (): never => {
    throw new WebAssembly.RuntimeError('zstd: aborted')
  }
  // What the module asks of its surroundings: exit, keep-alive, abort, timer, more memory.
  const imports = {
    a: {
      a: stop, b: () => undefined, c: stop, d: () => 0,
      e: (bytes: number): number => {
        const have = memory.current!.buffer.byteLength
        try {
          memory.current!.grow(Math.max(0, Math.ceil(((bytes >>> 0) - have) / 65536)))
          return 1
        } catch {
          return 0
        }
      },
    },
  }
  const z = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasmFile())), imports).exports as ZstdModule
  memory.current = z.f
  z.g()
  const run = (b: Uint8Array, outBytes: number, call: (dst: number, src: number) => number): Uint8Array | undefined => {
    const src = z.s(Math.max(1, b.length))
    const dst = z.s(Math.max(1, outBytes))
    try {
      if (src === 0 || dst === 0) throw new ZstdError('zstd: out of memory')
      new Uint8Array(z.f.buffer, src, b.length).set(b)
      const n = call(dst, src)
      return z.h(n) !== 0 ? undefined : new Uint8Array(z.f.buffer, dst, n).slice()
    } finally {
      z.t(dst)
      z.t(src)
      // Its memory never shrinks: after a huge record it is better made anew.
      if (z.f.buffer.byteLength > KEPT_BYTES) codec = undefined
    }
  }
  return {
    compress(b) {
      const bound = z.i(b.length)
      const out = run(b, bound, (dst, src) => z.m(dst, bound, src, b.length, LEVEL))
      if (out === undefined) throw new ZstdError('zstd: compression failed')
      return out
    },
    decompress(b, maxBytes) {
      const claimed = frameContentBytes(b)
      for (let size = claimed >= 0 ? claimed : Math.min(maxBytes, FIRST_GUESS_BYTES); ; size = Math.min(maxBytes, 4 * size)) {
        const out = run(b, size, (dst, src) => z.r(dst, size, src, b.length))
        if (out !== undefined) return out
        if (claimed >= 0 || size >= maxBytes) throw new ZstdError('zstd: corrupt input')
      }
    },
  }
}

/** Beside the bundle, else in the package. */
function wasmFile(): string {
  const beside = fileURLToPath(new URL('./zstd.wasm', import.meta.url))
  return existsSync(beside) ? beside : path.join(path.dirname(createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm')), 'zstd.wasm')
}

const isFrame = (b: Uint8Array): boolean => b.length >= 6 && b[0] === 0x28 && b[1] === 0xb5 && b[2] === 0x2f && b[3] === 0xfd

/** The length that the header of a frame tells, -1 if it tells none. @see RFC 8878, section 3.1.1.1 */
function frameContentBytes(b: Uint8Array): number {
  const descriptor = b[4]!
  const single = (descriptor & 0x20) !== 0
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!
  if (sizeBytes === 0) return -1
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  if (at + sizeBytes > b.length) return -1
  let size = 0
  for (let i = sizeBytes - 1; i >= 0; i--) size = size * 256 + b[at + i]!
  return sizeBytes === 2 ? size + 256 : size
}
