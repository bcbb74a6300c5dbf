/** The types that a metric family can have; text 0.0.4 knows the first four and `unknown` (`untyped`). */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'gaugehistogram' | 'info' | 'stateset' | 'unknown'

/** What a body says about one metric family. */
export interface Family {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly unit: string
}

interface MutableFamily { readonly name: string; type: MetricType; help: string; unit: string }

/** The metric families of a body, in order of appearance. An index names a family as long as the table is not cleared. */
export class MetadataTable {
  readonly #families: MutableFamily[] = []
  readonly #byName = new Map<string, number>()

  get size(): number {
    return this.#families.length
  }

  /** The index of a family, made with type `unknown` if it is new. */
  index(name: string): number {
    let i = this.#byName.get(name)
    if (i === undefined) {
      i = this.#families.push({ name, type: 'unknown', help: '', unit: '' }) - 1
      this.#byName.set(name, i)
    }
    return i
  }

  /** The family with this index. Valid until the next change. */
  at(index: number): Family {
    return this.#families[index]!
  }

  get(name: string): Family | undefined {
    const i = this.#byName.get(name)
    return i === undefined ? undefined : this.#families[i]
  }

  setType(index: number, type: MetricType): void {
    this.#families[index]!.type = type
  }

  setHelp(index: number, help: string): void {
    this.#families[index]!.help = help
  }

  setUnit(index: number, unit: string): void {
    this.#families[index]!.unit = unit
  }

  clear(): void {
    this.#families.length = 0
    this.#byName.clear()
  }

  /** Copies of all families. */
  list(): Family[] {
    return this.#families.map(f => ({ ...f }))
  }
}
