import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ExpositionError, MetadataTable, SampleParser, invalidNames, labelsText } from '@haechi/exposition'
import { compareText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Backfill } from './backfill.ts'
import { ToolError } from './blocks.ts'

/** Bytes of the input that are looked at at once; a longer line makes it more. */
const PIECE_BYTES = 4 << 20
const EOF = Buffer.from('# EOF\n')

/**
 * Reads an OpenMetrics file piece by piece into a backfill. Every sample needs a time.
 * @param extra labels that every series gets; they replace those of the file
 * @param onProgress bytes read and bytes altogether
 * @throws ToolError that names file and line; Error of the file system
 */
export async function readOpenMetrics(file: string, into: Backfill, extra: ReadonlyMap<string, string>, onProgress: (bytes: number, of: number) => void): Promise<void> {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (err) {
    throw new ToolError(`cannot read ${file}: ${(err as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (err as Error).message}`, { cause: err })
  }
  try {
    const stat = fstatSync(fd)
    if (stat.isDirectory()) throw new ToolError(`cannot read ${file}: it is a directory`)
    await readPieces(fd, file, stat.size, new SampleReader(file, into, extra), onProgress)
  } finally {
    closeSync(fd)
  }
}

async function readPieces(fd: number, file: string, size: number, reader: SampleReader, onProgress: (bytes: number, of: number) => void): Promise<void> {
  let b = Buffer.alloc(PIECE_BYTES + EOF.length)
  let have = 0
  let read = 0
  for (;;) {
    const n = readSync(fd, b, have, b.length - EOF.length - have, null)
    have += n
    read += n
    if (n === 0) {
      reader.piece(b, have)
      onProgress(size, size)
      return
    }
    const end = b.lastIndexOf(10, have - 1) + 1
    if (end === 0) {
      if (have < b.length - EOF.length) continue
      if (b.length > 256 << 20) throw new ToolError(`${file}:${reader.line}: a line of more than 128 MiB`)
      b = Buffer.concat([b.subarray(0, have), Buffer.alloc(2 * b.length - have)])
      continue
    }
    // Nothing is known yet of what follows: a last line "# EOF" must stay with it.
    const keep = b.subarray(Math.max(0, end - EOF.length), end).equals(EOF) ? end - EOF.length : end
    if (keep > 0) {
      const rest = Buffer.from(b.subarray(keep, have))
      EOF.copy(b, keep)
      reader.piece(b, keep + EOF.length)
      b.set(rest)
      have = rest.length
    }
    onProgress(read, Math.max(size, read))
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Reads pieces of a file that each end with `# EOF`. */
class SampleReader {
  /** Of the file, at the start of the present piece; from 1. */
  line = 1
  private readonly file: string
  private readonly into: Backfill
  private readonly extra: ReadonlyMap<string, string>
  private readonly parser = new SampleParser(true)
  private readonly metadata = new MetadataTable()
  private family = -1
  /** Series by their text in the file. */
  private readonly known = new Map<string, number>()
  private readonly value = new Float64Array(1)
  private readonly bits = new Uint32Array(this.value.buffer)

  constructor(file: string, into: Backfill, extra: ReadonlyMap<string, string>) {
    this.file = file
    this.into = into
    this.extra = extra
  }

  piece(b: Buffer, length: number): void {
    const { parser, known, value, bits, into } = this
    parser.open(b, length, this.metadata, 0, this.family)
    // What a family's type does to its labels is part of their meaning.
    let familyText = `${this.family}`
    try {
      while (parser.next()) {
        if (!parser.hasTime) throw new ExpositionError(`expected timestamp for series ${labelsText(parser.labels())}, got none`)
        if (parser.family !== this.family) {
          this.family = parser.family
          familyText = `${this.family}`
        }
        const key = familyText + b.toString('latin1', parser.start, parser.seriesEnd)
        let series = known.get(key)
        if (series === undefined) {
          series = into.series(this.labels(parser.labels()))
          known.set(key, series)
        }
        value[0] = parser.value
        // The bits of a NaN are those that Prometheus gives an ordinary one.
        if (parser.value !== parser.value) into.add(series, parser.timeMs, 1, 0x7ff80000)
        else into.add(series, parser.timeMs, bits[0]!, bits[1]!)
      }
    } catch (err) {
      if (!(err instanceof ExpositionError)) throw err
      throw new ToolError(`${this.file}:${this.line + lines(b, parser.start)}: ${err.message}`, { cause: err })
    }
    this.family = parser.family
    this.line += lines(b, length - EOF.length)
  }

  private labels(labels: Labels): Labels {
    if (invalidNames(labels)) throw new ExpositionError(`invalid metric name or label names: ${labelsText(labels)}`)
    if (this.extra.size === 0) return labels
    const all = new Map(this.extra)
    for (let i = 0; i < labels.length; i += 2) if (!all.has(labels[i]!)) all.set(labels[i]!, labels[i + 1]!)
    return [...all].filter(([, v]) => v !== '').sort(([a], [b]) => compareText(a, b)).flat()
  }
}

function lines(b: Buffer, end: number): number {
  let n = 0
  for (let i = b.indexOf(10); i >= 0 && i < end; i = b.indexOf(10, i + 1)) n++
  return n
}
