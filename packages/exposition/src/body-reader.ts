import { labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { BodyColumns, FLAG } from './body-columns.ts'
import { asBuffer, floatFromBytes, floatFromDigits } from './float-bytes.ts'
import { MetadataTable } from './metadata.ts'
import { equalBytes, mismatch } from './mismatch.ts'
import { SampleParser } from './sample-parser.ts'
import type { Exemplar } from './sample-parser.ts'
import { SeriesTable, hashBytes } from './series-table.ts'

/** {@link SeriesResolver.resolve}: relabeling dropped the series. */
export const SERIES_DROPPED = 0
/** {@link SeriesResolver.resolve}: the series counts, but can't be stored. */
export const SERIES_REFUSED = -1

/** Decides about series that a reader has not seen in the previous body. */
export interface SeriesResolver {
  /**
   * @param labels  as exposed, metric name included
   * @param row     the row that the sample will have
   * @param family  index into {@link BodyReader.metadata} of the last TYPE line, -1 for none
   * @returns a series ref > 0, or SERIES_DROPPED, or SERIES_REFUSED
   * @throws whatever makes the whole body unusable
   */
  resolve(labels: Labels, row: number, family: number): number
  /** Takes the exemplar of a stored series, each time its line is new or has changed. */
  exemplar?(ref: number, exemplar: Exemplar): void
}

/** How a reader treats times in bodies. */
export interface BodyReaderOptions {
  /** Reads OpenMetrics instead of text 0.0.4. */
  readonly openMetrics: boolean
  /** Whether the text was made of a protobuf body: 0.0.4 with UNIT lines and all types. */
  readonly ofProtobuf?: boolean
  /** Whether times written in the body count. */
  readonly honorTimestamps: boolean
  /** Whether samples with a time of their own take part in the search for ended series. */
  readonly trackTimestamps: boolean
}

/** At most so many falls of counters are remembered per body. */
const MAX_FALLS = 64
/** Metadata is thrown away with everything else when it has outgrown what the body says. */
const SPARE_FAMILIES = 1000

/**
 * Reads the successive bodies of one target into columns.
 *
 * The previous body stays in memory. A new one is run against it eight bytes at a time: as long as the bytes are equal nothing else happens, and a
 * difference inside a value costs reading that value. Only where the text of a series differs is a line parsed and looked up; after that the
 * rows are rebuilt, each old row at most compared once more. So a body costs time in proportion to its length, whatever changed.
 *
 * Ownership: `refs`, `values`, `flags`, `timesMs` belong to the reader and hold until the next call.
 */
export class BodyReader {
  readonly metadata: MetadataTable = new MetadataTable()
  /** Rows of the last good body. */
  columns: BodyColumns = new BodyColumns(0)
  /** Samples in the last body; after an error, those before it. */
  samples = 0
  /** Of these, samples that relabeling did not drop. */
  kept = 0
  /** Series stored that the previous body did not have. */
  seriesAdded = 0
  /** Samples that repeat a series. */
  duplicates = 0
  /** Rows with a time of their own. */
  timed = 0
  /** Refs of series that the previous body had and this one has not. */
  stale: number[] = []
  /** Counter rows whose value went down, at most 64. */
  readonly fallRow: Int32Array = new Int32Array(MAX_FALLS)
  readonly fallFrom: Float64Array = new Float64Array(MAX_FALLS)
  falls = 0
  readonly #options: BodyReaderOptions
  readonly #parser: SampleParser
  #previous: Uint8Array = new Uint8Array(0)
  #previousView: DataView = new DataView(this.#previous.buffer)
  #previousLength = 0
  /** Whether the rows were in the last body that was read; false after a scrape without one. */
  #live = false
  #dropped = 0
  /** A float comparison takes bytes 00…00 and 80 00…00 for equal; a body with NUL bytes is compared by rows. */
  #hasNul = false

  constructor(options: BodyReaderOptions) {
    this.#options = options
    this.#parser = new SampleParser(options.openMetrics, options.ofProtobuf)
  }

  /**
   * Reads `body[0, length)`. The reader keeps the body until the next call returns.
   * @returns the buffer of the previous body, which the caller may use again
   * @throws ExpositionError, or what the resolver throws; then `samples` and `kept` say how far it came, `stale` holds every series of the previous body,
   * and the next body is read from scratch
   */
  read(body: Uint8Array, length: number, resolver: SeriesResolver): Uint8Array {
    const spare = this.#previous
    this.stale = []
    this.seriesAdded = 0
    this.falls = 0
    try {
      this.#scan(body, new DataView(body.buffer, body.byteOffset, body.length), length, resolver)
    } catch (err) {
      if (this.kept < 0) {
        this.kept = 0
        for (let i = 0; i < this.samples; i++) if ((this.columns.flags[i]! & FLAG.dropped) === 0) this.kept++
      }
      this.stale = this.#live ? this.#tracked() : []
      this.#forget()
      throw err
    }
    this.#previous = body
    this.#previousView = new DataView(body.buffer, body.byteOffset, body.length)
    this.#previousLength = length
    this.#live = true
    this.samples = this.columns.count
    this.kept = this.samples - this.#dropped
    return spare
  }

  /** The target gave no body: all its series end. @returns their refs; the rows stay known for the next body */
  gone(): number[] {
    const refs = this.#live ? this.#tracked() : []
    this.#live = false
    this.samples = 0
    this.kept = 0
    this.seriesAdded = 0
    this.duplicates = 0
    this.falls = 0
    return refs
  }

  /** Whether the previous scrape gave a body. */
  get live(): boolean {
    return this.#live
  }

  /** Forgets the series, e.g. because the refs are no longer good; the next body is read from scratch, without series ending. */
  reset(): void {
    this.#forget()
  }

  /** The text of a row's series, as written in the body. */
  seriesText(row: number): string {
    const c = this.columns
    let at = 0
    for (let i = 0; i < row; i++) at += c.length[i]!
    at += c.seriesAt[row]!
    return asBuffer(this.#previous).toString('utf8', at, at + c.seriesLength[row]!)
  }

  /** Bytes held, the previous body included. */
  get sizeBytes(): number {
    return this.columns.sizeBytes + this.#previous.length
  }

  #forget(): void {
    this.columns = new BodyColumns(0)
    this.#previousLength = 0
    this.#live = false
    this.#dropped = 0
    this.duplicates = 0
    this.timed = 0
    this.#hasNul = false
    this.metadata.clear()
  }

  #isTracked(c: BodyColumns, row: number): boolean {
    const flags = c.flags[row]!
    return c.refs[row]! > 0 && (flags & (FLAG.duplicate | FLAG.repeated)) === 0 && ((flags & FLAG.timed) === 0 || this.#options.trackTimestamps)
  }

  #tracked(): number[] {
    const out = new Set<number>()
    const c = this.columns
    for (let i = 0; i < c.count; i++) if (this.#isTracked(c, i)) out.add(c.refs[i]!)
    return [...out]
  }

  /** Hands over the exemplar of the line that was just read, if it has one and the series is stored. */
  #giveExemplar(ref: number, resolver: SeriesResolver): void {
    if (ref <= 0 || resolver.exemplar === undefined) return
    const exemplar = this.#parser.exemplar()
    if (exemplar !== undefined) resolver.exemplar(ref, exemplar)
  }

  #noteFall(row: number, from: number): void {
    if (this.falls === MAX_FALLS) return
    this.fallRow[this.falls] = row
    this.fallFrom[this.falls++] = from
  }

  /** The fast path. Rows are updated in place; where the structure differs, the rest is left to {@link #rebuild}. */
  #scan(body: Uint8Array, view: DataView, length: number, resolver: SeriesResolver): void {
    const c = this.columns
    const previous = this.#previous
    const previousView = this.#previousView
    const previousLength = this.#previousLength
    const { count, values, flags, length: lengths, valueAt } = c
    const text = asBuffer(body)
    this.samples = 0
    this.kept = 0
    if (count === 0 || this.#hasNul) return this.#rebuild(body, view, length, 0, 0, 0, resolver)
    let row = 0
    // Start of the row's record in the previous body, and how much further it starts in this one.
    let record = 0
    let shift = 0
    let q = 0
    for (;;) {
      q = mismatch(previous, previousView, body, view, q, Math.min(previousLength, length - shift), shift)
      while (row < count && record + lengths[row]! <= q) record += lengths[row++]!
      if (row === count) {
        // Only the text behind the last sample is left.
        if (q === previousLength && q + shift === length) return
        return this.#rebuild(body, view, length, row, record + shift, record, resolver)
      }
      const valueStart = record + valueAt[row]! + shift
      if (q + shift < valueStart) return this.#rebuild(body, view, length, row, record + shift, record, resolver)
      // The series is the same, the value or what follows it is not.
      let e = valueStart
      while (e < length && body[e]! > 32) e++
      const before = values[row]!
      let value: number
      if (body[e] === 10 && e < length && (flags[row]! & FLAG.rest) === 0 && 
          ((value = floatFromBytes(body, valueStart, e)) === value || (value = floatFromDigits(text, valueStart, e)) === value)) {
        e++
      } else {
        const start = record + c.seriesAt[row]! + shift
        this.samples = row
        this.kept = -1
        this.#parser.open(body, length, this.metadata, start, c.family[row]!)
        this.#parser.readRest(start, start + c.seriesLength[row]!)
        const timed = this.#parser.hasTime && this.#options.honorTimestamps
        if (timed !== ((flags[row]! & FLAG.timed) !== 0)) return this.#rebuild(body, view, length, row, record + shift, record, resolver)
        if (timed) c.times()[row] = this.#parser.timeMs
        flags[row] = this.#parser.hasRest ? flags[row]! | FLAG.rest : flags[row]! & ~FLAG.rest
        value = this.#parser.value
        e = this.#parser.end
        if ((flags[row]! & FLAG.rest) !== 0) this.#giveExemplar(c.refs[row]!, resolver)
      }
      values[row] = value
      if (value < before && (flags[row]! & FLAG.counter) !== 0) this.#noteFall(row, before)
      q = record + lengths[row]!
      lengths[row] = e - shift - record
      record = q
      shift = e - q
      row++
    }
  }

  /**
   * The general path: rows [0, row) are right already; from there on the rows are made anew, from the old ones where possible.
   * @param at      position of the row's record in this body
   * @param record  position of the old row's record in the previous body
   */
  #rebuild(body: Uint8Array, view: DataView, length: number, row: number, at: number, record: number, resolver: SeriesResolver): void {
    const old = this.columns
    const previous = this.#previous
    const parser = this.#parser
    /** Made when a series is looked for that does not stand where it stood: kept between bodies it would cost more memory than it saves time. */
    let oldTable: SeriesTable | undefined
    const next = new BodyColumns(old.count + 64)
    next.copyFrom(old, row)
    const table = new SeriesTable(old.count + 16)
    // Absolute positions of rows: of [0, row) in this body, of the others in the previous one.
    const starts = new Int32Array(old.count)
    for (let i = 0, p = 0; i < row; i++) {
      starts[i] = p
      p += next.length[i]!
      if ((next.flags[i]! & (FLAG.duplicate | FLAG.repeated)) === 0) table.add(i, next.hash)
    }
    for (let i = row, p = record; i < old.count; i++) {
      starts[i] = p
      p += old.length[i]!
    }
    /** Positions of the new rows' series texts. */
    let texts = new Int32Array(next.capacity)
    for (let i = 0; i < row; i++) texts[i] = starts[i]! + next.seriesAt[i]!
    const taken = new Uint8Array(old.count)
    const ended: number[] = []
    let expected = row
    let p = at
    let parserAt = -1
    let dropped = 0
    let duplicates = 0
    let timedRows = 0
    for (let i = 0; i < row; i++) {
      const flags = next.flags[i]!
      if ((flags & FLAG.dropped) !== 0) dropped++
      if ((flags & FLAG.duplicate) !== 0) duplicates++
      if ((flags & FLAG.timed) !== 0) timedRows++
    }
    for (;;) {
      this.samples = next.count
      this.kept = next.count - dropped
      let source = -1
      let seriesStart: number
      let seriesEnd: number
      let valueStart: number
      let hash: number
      let family: number
      if (expected < old.count && taken[expected] === 0 && (old.flags[expected]! & (FLAG.duplicate | FLAG.repeated)) === 0 &&
          p + old.valueAt[expected]! <= length && this.#sameHead(body, view, starts[expected]!, p, old.valueAt[expected]!)) {
        source = expected
        family = old.family[source]!
        hash = old.hash[source]!
        seriesStart = p + old.seriesAt[source]!
        seriesEnd = seriesStart + old.seriesLength[source]!
        valueStart = p + old.valueAt[source]!
        if (!parser.takeValue(body, length, valueStart)) {
          parser.open(body, length, this.metadata, seriesStart, family)
          parser.readRest(seriesStart, seriesEnd)
          parserAt = parser.end
          valueStart = parser.valueStart
        }
      } else {
        if (parserAt !== p) parser.open(body, length, this.metadata, p, next.count === 0 ? -1 : next.family[next.count - 1]!)
        if (!parser.next()) break
        parserAt = parser.end
        family = parser.family
        seriesStart = parser.start
        seriesEnd = parser.seriesEnd
        valueStart = parser.valueStart
        hash = hashBytes(body, seriesStart, seriesEnd)
      }
      const n = seriesEnd - seriesStart
      const timed = parser.hasTime && this.#options.honorTimestamps
      let flags = parser.hasRest ? FLAG.rest : 0
      if (timed) flags |= FLAG.timed
      let ref: number
      // Does the series stand earlier in this body?
      let slot = table.first(hash)
      let twin = table.row(slot)
      while (twin >= 0 && !(next.hash[twin] === hash && next.seriesLength[twin] === n && equalBytes(body, texts[twin]!, body, seriesStart, n))) {
        slot = table.after(slot)
        twin = table.row(slot)
      }
      if (twin >= 0) {
        flags |= next.flags[twin]! & FLAG.dropped
        if (timed) flags |= FLAG.repeated
        else if ((flags & FLAG.dropped) === 0) {
          flags |= FLAG.duplicate
          duplicates++
        }
        ref = timed ? next.refs[twin]! : 0
      } else {
        if (source < 0) {
          oldTable ??= tableOf(old)
          for (let s = oldTable.first(hash), r = oldTable.row(s); r >= 0; s = oldTable.after(s), r = oldTable.row(s)) {
            if (r >= row && taken[r] === 0 && old.hash[r] === hash && old.seriesLength[r] === n && equalBytes(previous, starts[r]! + old.seriesAt[r]!, body, seriesStart, n)) {
              source = r
              break
            }
          }
        }
        if (source >= 0) {
          taken[source] = 1
          expected = source + 1
          ref = old.refs[source]!
          flags |= old.flags[source]! & (FLAG.dropped | FLAG.counter)
          if (this.#live && this.#isTracked(old, source) && timed && !this.#options.trackTimestamps) ended.push(ref)
          if ((flags & FLAG.counter) !== 0 && parser.value < old.values[source]!) this.#noteFall(next.count, old.values[source]!)
        } else {
          this.samples = next.count + 1
          this.kept = this.samples - dropped
          const labels = parser.labels()
          ref = resolver.resolve(labels, next.count, family)
          if (ref === SERIES_DROPPED) flags |= FLAG.dropped
          else if (ref < 0) ref = 0
          else this.seriesAdded++
          if (this.#isCounter(labels, family)) flags |= FLAG.counter
        }
      }
      if ((flags & FLAG.dropped) !== 0) dropped++
      if (timed) timedRows++
      next.reserve()
      if (texts.length < next.capacity) {
        const longer = new Int32Array(next.capacity)
        longer.set(texts)
        texts = longer
      }
      const i = next.count++
      texts[i] = seriesStart
      next.refs[i] = ref
      next.values[i] = parser.value
      next.flags[i] = flags
      next.length[i] = parser.end - p
      next.seriesAt[i] = seriesStart - p
      next.seriesLength[i] = n
      next.valueAt[i] = valueStart - p
      next.hash[i] = hash
      next.family[i] = family
      if (timed) next.times()[i] = parser.timeMs
      if ((flags & FLAG.rest) !== 0 && (flags & FLAG.duplicate) === 0) this.#giveExemplar(ref, resolver)
      if (twin < 0) table.put(slot, i, next.hash)
      p = parser.end
    }
    if (!this.#hasNul) {
      const nul = asBuffer(body).indexOf(0, at)
      this.#hasNul = nul >= 0 && nul < length
    }
    this.#findEnded(old, row, taken, ended, next)
    next.trim()
    this.columns = next
    this.#dropped = dropped
    this.duplicates = duplicates
    this.timed = timedRows
    if (this.metadata.size > next.count * 2 + SPARE_FAMILIES) this.#tidyMetadata()
  }

  #sameHead(body: Uint8Array, view: DataView, at: number, p: number, n: number): boolean {
    if (this.#hasNul) return equalBytes(this.#previous, at, body, p, n)
    return mismatch(this.#previous, this.#previousView, body, view, at, at + n, p - at) === at + n
  }

  #findEnded(old: BodyColumns, row: number, taken: Uint8Array, ended: number[], next: BodyColumns): void {
    if (!this.#live) return
    const gone = new Set(ended)
    for (let i = row; i < old.count; i++) if (taken[i] === 0 && this.#isTracked(old, i)) gone.add(old.refs[i]!)
    // The same series may stand in the body with its labels in another order.
    if (gone.size > 0) for (let i = 0; i < next.count; i++) if (this.#isTracked(next, i)) gone.delete(next.refs[i]!)
    this.stale = [...gone]
  }

  /** Whether a series counts: `…_total` or plain name of a counter, the count, sum and buckets of a histogram or summary. */
  #isCounter(labels: Labels, family: number): boolean {
    if (family < 0) return false
    const { type, name } = this.metadata.at(family)
    return isCounterOf(labelValue(labels, '__name__'), type, name)
  }

  #tidyMetadata(): void {
    const used = new Set(this.columns.family.subarray(0, this.columns.count))
    if (this.metadata.size > used.size * 2 + SPARE_FAMILIES) {
      const families = this.metadata.list()
      const moved = new Map<number, number>()
      this.metadata.clear()
      for (const index of used) {
        if (index < 0) continue
        const f = families[index]!
        const to = this.metadata.index(f.name)
        this.metadata.setType(to, f.type)
        this.metadata.setHelp(to, f.help)
        this.metadata.setUnit(to, f.unit)
        moved.set(index, to)
      }
      const column = this.columns.family
      for (let i = 0; i < this.columns.count; i++) column[i] = moved.get(column[i]!) ?? -1
    }
  }
}

/** Finds the rows by the text of their series; rows that repeat a series are left out. */
function tableOf(c: BodyColumns): SeriesTable {
  const table = new SeriesTable(c.count)
  for (let i = 0; i < c.count; i++) if ((c.flags[i]! & (FLAG.duplicate | FLAG.repeated)) === 0) table.add(i, c.hash)
  return table
}

/** Whether the series `name` is one of the family's that only go up. */
export function isCounterOf(name: string, type: string, family: string): boolean {
  if (!name.startsWith(family)) return false
  const suffix = name.slice(family.length)
  switch (type) {
    case 'counter': return suffix === '' || suffix === '_total'
    case 'histogram': return suffix === '_bucket' || suffix === '_count' || suffix === '_sum'
    case 'summary': return suffix === '_count' || suffix === '_sum'
    default: return false
  }
}
