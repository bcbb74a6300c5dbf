import { formatFloat } from '@haechi/exposition'

/** Types of metric families that the collectors have. `untyped` is what node_exporter calls values whose nature the kernel does not tell. */
export type FamilyType = 'counter' | 'gauge' | 'untyped'

interface BufferedFamily {
  readonly type: FamilyType
  readonly help: string
  readonly lines: string[]
}

/** Collects samples family by family and writes them as text 0.0.4, sorted by name. */
export class MetricBuffer {
  readonly #families = new Map<string, BufferedFamily>()

  /** Adds a sample of a counter. `labels`: names and values alternating, sorted by name. */
  counter(name: string, help: string, value: number, ...labels: readonly string[]): void {
    this.#add(name, 'counter', help, value, labels)
  }

  /** Adds a sample of a gauge. `labels`: names and values alternating, sorted by name. */
  gauge(name: string, help: string, value: number, ...labels: readonly string[]): void {
    this.#add(name, 'gauge', help, value, labels)
  }

  /** Adds a sample without a type. */
  untyped(name: string, help: string, value: number): void {
    this.#add(name, 'untyped', help, value, [])
  }

  /** Takes over the samples of another buffer; of a family that both have, this one's help stays. */
  addAll(other: MetricBuffer): void {
    for (const [name, family] of other.#families) {
      const mine = this.#families.get(name)
      if (mine === undefined) this.#families.set(name, { ...family, lines: [...family.lines] })
      else for (const line of family.lines) mine.lines.push(line)
    }
  }

  /** The body, text 0.0.4. */
  text(): string {
    let out = ''
    for (const name of [...this.#families.keys()].sort()) {
      const { type, help, lines } = this.#families.get(name)!
      out += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
      for (const line of lines) out += line
    }
    return out
  }

  #add(name: string, type: FamilyType, help: string, value: number, labels: readonly string[]): void {
    let family = this.#families.get(name)
    if (family === undefined) {
      family = { type, help, lines: [] }
      this.#families.set(name, family)
    }
    let inside = ''
    for (let i = 0; i < labels.length; i += 2) inside += `${i === 0 ? '' : ','}${labels[i]}="${escaped(labels[i + 1]!)}"`
    family.lines.push(`${name}${inside === '' ? '' : `{${inside}}`} ${formatFloat(value)}\n`)
  }
}

function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`)) : text
}
