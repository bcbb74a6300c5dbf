import { firstAtOrAfter } from '@haechi/model'
import type { SampleColumns } from '@haechi/storage'
import { RecentMap } from './recent-map.ts'

/** Samples that share a base: short enough that a counter's rise within them fits a narrow width, long enough that the bases cost little. */
const STRETCH_SHIFT = 8
const STRETCH = 1 << STRETCH_SHIFT
/** What an object, its typed arrays and its place in a map take, roughly. */
const COLUMN_BYTES = 400

/**
 * Samples of one series in little memory and quick to read: whole numbers as offsets of one, two or four bytes from the least of each stretch
 * of 256, decimals with up to three places as whole thousandths, anything else as its bits. Times are shared by the series of a target.
 */
export class KeptColumn {
  /** All samples of the series with `fromMs <= t <= toMs` are here. */
  readonly fromMs: number
  toMs: number
  readonly times: Float64Array
  /** Samples from this index on don't hold any more. */
  end: number
  readonly bytes: number
  /** Number of the query that used it last. */
  used = 0
  /** How far before the newest sample queries have begun to read, ms. */
  reachMs = 0
  /** No sample is NaN. */
  readonly numbers: boolean
  /** 1, or 1000 for thousandths. */
  private readonly scale: number
  private readonly bases: Float64Array
  private readonly offsets: Uint8Array | Uint16Array | Uint32Array | undefined
  private readonly bits: Uint32Array | undefined

  /**
   * @param times      of the samples in `into`, which are floats
   * @param ownsTimes  nobody had these times before
   */
  constructor(fromMs: number, toMs: number, times: Float64Array, ownsTimes: boolean, into: SampleColumns) {
    const n = times.length
    this.fromMs = fromMs
    this.toMs = toMs
    this.times = times
    this.end = n
    const scale = commonScale(into.vs, n)
    this.scale = scale
    const stretches = (n + STRETCH - 1) >>> STRETCH_SHIFT
    this.bases = new Float64Array(scale === 0 ? 0 : stretches)
    let widest = 0
    if (scale !== 0) {
      for (let s = 0; s < stretches; s++) {
        const end = Math.min(n, (s + 1) << STRETCH_SHIFT)
        let least = Infinity
        let most = -Infinity
        for (let i = s << STRETCH_SHIFT; i < end; i++) {
          const v = into.vs[i]!
          if (v < least) least = v
          if (v > most) most = v
        }
        this.bases[s] = scaled(least, scale)
        widest = Math.max(widest, scaled(most, scale) - this.bases[s]!)
      }
    }
    if (scale === 0 || widest > 0xffffffff) {
      this.scale = 0
      this.bits = into.bits.slice(0, 2 * n)
      this.offsets = undefined
      this.numbers = allNumbers(into.vs, n)
    } else {
      this.bits = undefined
      this.numbers = true
      this.offsets = widest === 0 ? undefined : widest <= 0xff ? new Uint8Array(n) : widest <= 0xffff ? new Uint16Array(n) : new Uint32Array(n)
      const { offsets, bases } = this
      if (offsets !== undefined) for (let i = 0; i < n; i++) offsets[i] = scaled(into.vs[i]!, scale) - bases[i >>> STRETCH_SHIFT]!
    }
    this.bytes = COLUMN_BYTES + (ownsTimes ? times.byteLength : 0) + this.bases.byteLength + (this.offsets?.byteLength ?? 0) + (this.bits?.byteLength ?? 0)
  }

  /** Position of the first time that is not before `tMs`, at most `end`. */
  firstFrom(tMs: number): number {
    return firstAtOrAfter(this.times, 0, this.end, tMs)
  }

  /** Forgets what is behind `toMs`. */
  cut(toMs: number): void {
    if (toMs >= this.toMs) return
    this.toMs = toMs
    this.end = this.firstFrom(toMs + 1)
  }

  /** Writes values `[lo, hi)` to `into` from index 0. */
  values(lo: number, hi: number, into: SampleColumns): void {
    const { bits, offsets, bases, scale } = this
    const { vs } = into
    if (bits !== undefined) {
      into.bits.set(bits.subarray(2 * lo, 2 * hi))
      return
    }
    for (let from = lo; from < hi; ) {
      const stretch = from >>> STRETCH_SHIFT
      const to = Math.min(hi, (stretch + 1) << STRETCH_SHIFT)
      const base = bases[stretch]!
      if (offsets === undefined) vs.fill(scale === 1 ? base : base / scale, from - lo, to - lo)
      else if (scale !== 1) expandScaled(offsets, from, to, base, scale, vs, lo)
      else if (offsets instanceof Uint8Array) expandBytes(offsets, from, to, base, vs, lo)
      else if (offsets instanceof Uint16Array) expandShorts(offsets, from, to, base, vs, lo)
      else expandWords(offsets, from, to, base, vs, lo)
      from = to
    }
  }
}

// One loop per width: a loop that sees several kinds of arrays is three times as slow (kept-columns.bench.ts).

function expandBytes(offsets: Uint8Array, from: number, to: number, base: number, vs: Float64Array, lo: number): void {
  for (let i = from; i < to; i++) vs[i - lo] = base + offsets[i]!
}

function expandShorts(offsets: Uint16Array, from: number, to: number, base: number, vs: Float64Array, lo: number): void {
  for (let i = from; i < to; i++) vs[i - lo] = base + offsets[i]!
}

function expandWords(offsets: Uint32Array, from: number, to: number, base: number, vs: Float64Array, lo: number): void {
  for (let i = from; i < to; i++) vs[i - lo] = base + offsets[i]!
}

function expandScaled(offsets: Uint8Array | Uint16Array | Uint32Array, from: number, to: number, base: number, scale: number, vs: Float64Array, lo: number): void {
  for (let i = from; i < to; i++) vs[i - lo] = (base + offsets[i]!) / scale
}

function allNumbers(vs: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) if (vs[i] !== vs[i]) return false
  return true
}

/** The whole number that stands for a value. */
function scaled(v: number, scale: number): number {
  return scale === 1 ? v : Math.round(v * scale)
}

/** 1 if all values are whole numbers, 1000 if they are thousandths, exactly; 0 if neither: also for NaN, -0 and what is too large to count with. */
function commonScale(vs: Float64Array, n: number): number {
  let i = 0
  for (; i < n; i++) {
    const v = vs[i]!
    if (v !== Math.trunc(v) || v > 2 ** 52 || v < -(2 ** 52) || (v === 0 && 1 / v < 0)) break
  }
  if (i === n) return 1
  for (i = 0; i < n; i++) {
    const v = vs[i]!
    // A quotient is the float nearest to that decimal: what comes back is the very same one.
    if (!(Math.abs(v) < 2 ** 40) || Math.round(v * 1000) / 1000 !== v || (v === 0 && 1 / v < 0)) return 0
  }
  return 1000
}

/** The samples of many series, up to a number of bytes. One thread's. */
export class KeptColumns {
  /** By number of series. */
  private readonly columns: (KeptColumn | undefined)[] = []
  private readonly maxBytes: number
  private bytes = 0
  private query = 0
  /** Where the next search for something to drop begins. */
  private hand = 0
  /** Nothing more can be dropped for this query. */
  private full = false
  private lastTimes: Float64Array = new Float64Array(0)
  private readonly timesByEnd = new RecentMap<string, Float64Array>(2048)

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.bytes
  }

  /** Begins a query. */
  begin(): void {
    this.query++
    this.full = false
  }

  get(series: number): KeptColumn | undefined {
    const column = this.columns[series]
    if (column !== undefined) column.used = this.query
    return column
  }

  /** Keeps samples of a series instead of what is kept of it, if there is room. @param fromMs all samples from here @param toMs up to here are in `into` */
  keep(series: number, fromMs: number, toMs: number, into: SampleColumns): void {
    if (this.full) return
    const times = this.sharedTimes(into)
    const column = new KeptColumn(fromMs, toMs, times, times !== this.lastTimes, into)
    this.lastTimes = times
    const before = this.columns[series]
    const more = column.bytes - (before?.bytes ?? 0)
    if (before !== undefined) {
      before.used = this.query
      column.reachMs = before.reachMs
    }
    if (this.bytes + more > this.maxBytes && !this.makeRoom(more)) {
      this.full = true
      return
    }
    column.used = this.query
    this.columns[series] = column
    this.bytes += more
  }

  /** Forgets all samples behind `toMs`. */
  cut(toMs: number): void {
    const { columns } = this
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]
      if (column === undefined || column.toMs <= toMs) continue
      if (column.fromMs <= toMs) column.cut(toMs)
      else {
        columns[i] = undefined
        this.bytes -= column.bytes
      }
    }
  }

  clear(): void {
    this.columns.length = 0
    this.bytes = 0
    this.hand = 0
    this.timesByEnd.clear()
    this.lastTimes = new Float64Array(0)
  }

  /** Drops what none of the last queries used: a query that reads more than fits must not push out what it read itself. */
  private makeRoom(bytes: number): boolean {
    const n = this.columns.length
    for (let looked = 0; looked < n; looked++) {
      if (this.hand >= n) this.hand = 0
      const column = this.columns[this.hand]
      if (column !== undefined && this.query - column.used > RECENT_QUERIES) {
        this.columns[this.hand] = undefined
        this.bytes -= column.bytes
        if (this.bytes + bytes <= this.maxBytes) return true
      }
      this.hand++
    }
    return false
  }

  /** The times of `into`, in memory that series with the same times have in common. */
  private sharedTimes(into: SampleColumns): Float64Array {
    const { ts, length } = into
    if (sameTimes(this.lastTimes, ts, length)) return this.lastTimes
    const key = `${length} ${ts[0] ?? 0} ${ts[length - 1] ?? 0}`
    const known = this.timesByEnd.get(key)
    if (known !== undefined && sameTimes(known, ts, length)) return known
    const times = ts.slice(0, length)
    this.timesByEnd.set(key, times)
    return times
  }
}

/** Columns that one of this many queries before the present one used are not dropped for it. */
const RECENT_QUERIES = 64

function sameTimes(kept: Float64Array, ts: Float64Array, n: number): boolean {
  if (kept.length !== n) return false
  for (let i = 0; i < n; i++) if (kept[i] !== ts[i]) return false
  return true
}
