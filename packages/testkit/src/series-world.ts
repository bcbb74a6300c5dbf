import { matchesValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { regexSamples } from './regex-sample.ts'
import type { Demand, LabelSource } from './query-demands.ts'

/** A made-up series that a board asks for. */
export interface BoardSeries {
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>
  readonly kind: 'counter' | 'gauge' | 'info' | 'bucket' | 'time'
  /** Tells it from its neighbours. */
  readonly seed: number
  /** A fixed value, which some comparison wants; of times the age in seconds, of counters the growth per second. */
  readonly value?: number
}

const BOUNDS = ['0.005', '0.05', '0.5', '5', '+Inf']
/** Things of each kind: an instance, a pod, a queue with the same number belong together. */
const THINGS = 2

interface Made {
  readonly labels: Record<string, string>
  readonly thing: number
  readonly hints: number[]
}

/** What the queries of a board want, put together to series. */
export class SeriesWorld {
  readonly #demands = new Map<string, Demand>()
  readonly #shapes = new Map<string, RegExp>()
  /** Labels whose values have to be others than the usual ones, because a fixed filter stands beside that of a variable. */
  readonly #renamed = new Map<string, readonly string[]>()

  #changes = 0

  /** Grows while there are new wishes. */
  get size(): number {
    return this.#demands.size + 100_000 * this.#changes
  }

  add(demands: readonly Demand[]): void {
    for (const d of demands) {
      const key = JSON.stringify([d.name, d.matchers.map(m => [m.name, m.type, m.value]), [...d.labels].sort(), d.value, d.kind, d.isExtra, d.isMany, d.sources, d.kin])
      if (this.#demands.has(key)) continue
      this.#demands.set(key, d)
      // Where a filter describes values (not names them), all metrics have such values.
      for (const m of d.matchers) if (m.type === '=~' && /\[|\\[dw]|\.[*+]/.test(m.value) && valuesOf(m).every(v => thingOf(v) === undefined) && !matchesValue(m, this.#usual(m.name, 0))) this.#rename(m.name, d.matchers.filter(x => x.name === m.name))
    }
  }

  /** Values of a label have to match the expression by which a variable filters them. */
  shape(label: string, regex: string): void {
    const slashed = /^\/(.*)\/([a-z]*)$/s.exec(regex.trim())
    try {
      this.#shapes.set(label, slashed === null ? new RegExp(`^(?:${regex.trim()})$`) : new RegExp(slashed[1]!))
    } catch {
      // An expression that is none filters nothing.
    }
  }

  /** The series that fulfil all wishes: first those of the narrowest filters, which often serve the wider ones, too. */
  series(): BoardSeries[] {
    const demands = [...this.#demands.values()].flatMap(d => namesOf(d).map(name => ({ ...d, name, matchers: d.matchers.filter(m => m.name !== '__name__') })))
    // The parts of a histogram have the same series.
    const parts = new Set(demands.map(d => d.name).filter(n => /_(?:bucket|count|sum)$/.test(n)))
    for (const d of demands.slice()) {
      const base = /^(.*)_(?:bucket|count|sum)$/.exec(d.name)?.[1]
      if (base === undefined || !parts.has(`${base}_bucket`)) continue
      const { value: _own, ...rest } = d
      for (const part of ['_bucket', '_count', '_sum']) if (part !== d.name.slice(base.length) && parts.has(base + part)) demands.push({ ...rest, name: base + part, kin: [...d.kin, d.name] })
    }
    const labels = new Map<string, Set<string>>()
    const bounds = new Map<string, Set<string>>()
    const counters = new Set<string>()
    const kin = new Families()
    const times = new Set<string>()
    for (const d of demands) {
      const own = labels.get(d.name) ?? new Set()
      labels.set(d.name, own)
      for (const l of [...d.labels, ...d.matchers.map(m => m.name)]) if (l !== '__name__' && l !== 'le' && l !== 'Time' && l !== 'Value') own.add(l)
      const les = bounds.get(d.name) ?? new Set(BOUNDS)
      bounds.set(d.name, les)
      for (const m of d.matchers) if (m.name === 'le') for (const v of m.type === '=' ? [m.value] : m.type === '=~' ? regexSamples(m.value, '1') : []) if (v !== '' && (v === '+Inf' || Number.isFinite(Number(v)))) les.add(v)
      for (const k of d.kin) kin.join(k, d.name)
      if (d.kind === 'counter') counters.add(d.name)
      if (d.kind === 'time') times.add(d.name)
    }
    const shared = new Map<string, Set<string>>()
    for (const [name, own] of labels) shared.set(kin.of(name), new Set([...shared.get(kin.of(name)) ?? [], ...own]))
    const made = new Map<string, Map<string, Made>>()
    for (const d of demands.toSorted((a, b) => narrowness(b) - narrowness(a))) {
      const own = made.get(d.name) ?? new Map<string, Made>()
      made.set(d.name, own)
      const matchers = d.matchers.filter(m => m.name !== 'le')
      for (const thing of this.#thingsOf(matchers, d)) {
        const there = [...own.values()].find(s => s.thing === thing && matchers.every(m => matchesValue(m, s.labels[m.name] ?? '')) && d.sources.every(x => s.labels[x.label] === this.#source(x, thing)))
        const one = there ?? this.#make(d.name, shared.get(kin.of(d.name))!, matchers, thing, d.sources)
        if (one === undefined) continue
        if (d.value !== undefined && !one.hints.includes(d.value)) one.hints.push(d.value)
        own.set(JSON.stringify(one.labels), own.get(JSON.stringify(one.labels)) ?? one)
      }
    }
    const out: BoardSeries[] = []
    for (const [name, list] of made) for (const s of list.values()) {
      const isBucket = name.endsWith('_bucket')
      const kind = isBucket ? 'bucket' : times.has(name) ? 'time' : /_info$|^up$|_build/.test(name) ? 'info' : counters.has(name) || /_total$|_count$|_sum$/.test(name) && s.hints.length === 0 ? 'counter' : /(?:time|timestamp)(?:_seconds)?$/.test(name) && s.hints.length === 0 ? 'time' : 'gauge'
      const value = s.hints.length === 0 || kind === 'bucket' ? {} : kind === 'counter' ? { value: Math.max(...s.hints) } : { value: s.hints[s.thing % s.hints.length]! }
      for (const le of isBucket ? [...bounds.get(name)!] : ['']) out.push({ labels: le === '' ? s.labels : { ...s.labels, le }, kind, seed: out.length, ...value })
    }
    return out
  }

  /** Which things a filter is about: those that a value of it belongs to, else all. */
  #thingsOf(matchers: readonly Matcher[], { isExtra, isMany }: Pick<Demand, 'isExtra' | 'isMany'>): number[] {
    let things = Array.from({ length: THINGS }, (_, k) => k)
    for (const m of matchers) {
      if (m.type !== '=' && m.type !== '=~') continue
      const named = things.filter(k => matchesValue(m, this.#usual(m.name, k)) || valuesOf(m).some(v => thingOf(v) === k))
      if (named.length > 0) things = named
    }
    return [...things, ...(isMany && !things.includes(0) ? [0] : []), ...(isExtra && !things.includes(THINGS) ? [THINGS] : [])]
  }

  #make(name: string, names: ReadonlySet<string>, matchers: readonly Matcher[], thing: number, sources: readonly LabelSource[]): Made | undefined {
    const labels: Record<string, string> = { __name__: name }
    for (const l of [...names].sort()) {
      const own = matchers.filter(m => m.name === l)
      const source = sources.find(s => s.label === l)
      const usual = source === undefined ? this.#usual(l, thing) : this.#source(source, thing)
      const samples = own.flatMap(valuesOf)
      const turned = samples.map((_, i) => samples[(i + thing) % samples.length]!)
      const same = samples.filter(v => thingOf(v) === thing)
      const value = [usual, ...same, ...turned, `${usual}x`, '200', '1', ''].find(c => own.every(m => matchesValue(m, c)))
      if (value === undefined) {
        this.#rename(l, own)
        return undefined
      }
      if (value !== '') labels[l] = value
    }
    if (Object.keys(labels).length === 1) labels['instance'] = this.#usual('instance', thing)
    return { labels, thing, hints: [] }
  }

  /** What label_replace cuts the usual value of another label out of. */
  #source({ as, pattern }: LabelSource, thing: number): string {
    return regexSamples(pattern, this.#usual(as, thing))[0]!
  }

  /** A variable chose a value that a fixed filter refuses: from now on the label has values that it takes. */
  #rename(label: string, matchers: readonly Matcher[]): void {
    const fixed = matchers.filter(m => !valuesOf(m).some(v => thingOf(v) !== undefined))
    const names = Array.from({ length: 3 }, (_, k) => fixed.flatMap(m => m.type === '=~' ? regexSamples(m.value, `${label}-${k}`) : m.type === '=' ? [m.value] : []).find(v => v !== '' && fixed.every(m => matchesValue(m, v))))
    if (this.#renamed.has(label) || !names.every(n => n !== undefined)) return
    this.#renamed.set(label, names)
    // What was chosen from the old values is asked for no more.
    this.#demands.clear()
    this.#changes++
  }

  /** What a label of a thing holds where nothing wants something else. */
  #usual(label: string, thing: number): string {
    if (label === 'quantile') return ['0.5', '0.99', '0.9'][thing]!
    if (/^(?:code|status|status_code|http_status_code|response_code)$/.test(label)) return ['200', '500', '404'][thing]!
    const plain = this.#renamed.get(label)?.[thing] ?? `${label}-${thing}`
    const shape = this.#shapes.get(label)
    if (shape === undefined || shape.test(plain)) return plain
    return regexSamples(shape.source, plain).map((_, i, all) => all[(i + thing) % all.length]!).find(v => shape.test(v)) ?? plain
  }
}

/** The metric name that a wish is about: its own, or the first that its expression matches, as alternatives are seldom there together. */
function namesOf(d: Demand): string[] {
  if (d.name !== '') return [d.name]
  const own = d.matchers.filter(m => m.name === '__name__')
  if (own.length === 0) return ['up']
  return own.flatMap(valuesOf).filter(n => /^[a-zA-Z_:][\w:]*$/.test(n) && own.every(m => matchesValue(m, n))).slice(0, 1)
}

/** Some values that a filter lets pass. */
function valuesOf(m: Matcher): string[] {
  if (m.type === '=') return [m.value]
  if (m.type !== '=~') return []
  return regexSamples(m.value, 'word').filter(v => matchesValue(m, v))
}

/** The number at the end of a made-up value, before a port or what else follows. */
function thingOf(value: string): number | undefined {
  const found = /^[a-zA-Z_]\w*-(\d)(?!\d)/.exec(value)
  return found === null ? undefined : Number(found[1])
}

/** Which metrics have the same labels. */
class Families {
  readonly #parent = new Map<string, string>()
  of(name: string): string {
    let at = name
    for (let up = this.#parent.get(at); up !== undefined; up = this.#parent.get(at)) at = up
    return at
  }
  join(a: string, b: string): void {
    const [x, y] = [this.of(a), this.of(b)]
    if (x !== y) this.#parent.set(y, x)
  }
}

/** Filters by one value before those by many. */
function narrowness(d: Pick<Demand, 'matchers' | 'sources'>): number {
  return d.matchers.reduce((n, m) => n + (m.type === '=' ? 100 : m.type === '=~' ? 10 : 1), d.sources.length * 5)
}

/** The value of a made-up series at a moment, Unix ms: smooth, positive, rising where it counts. */
export function boardValue(s: BoardSeries, tMs: number): number {
  const tS = tMs / 1000 - 1_699_000_000
  if (s.kind === 'time') return tMs / 1000 - (s.value ?? 3600 * (1 + s.seed % 50))
  if (s.kind === 'counter') return Math.max(0, tS) * (s.value === undefined ? (0.5 + s.seed % 9) * 0.2 : Math.max(0, s.value)) + 100
  if (s.value !== undefined) return s.value
  if (s.kind === 'info') return 1
  if (s.kind === 'bucket') {
    const le = s.labels['le'] === '+Inf' ? Infinity : Number(s.labels['le'])
    // Half of all lie below 0.1, nearly all below 10.
    return Math.floor(Math.max(0, tS) * 2 * (le === Infinity ? 1 : le <= 0 ? 0 : le / (le + 0.1)))
  }
  return 10 ** (s.seed % 4) * (1 + s.seed % 7) * (1.5 + Math.sin(tS / 600 + s.seed))
}
