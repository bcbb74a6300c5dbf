import type { Labels } from '@haechi/model'
import { formatFloat } from './go-text.ts'
import type { MetricType } from './metadata.ts'

/** The Content-Type of what {@link ExpositionWriter} makes. */
export const CONTENT_TYPE_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/

const escapeValue = (text: string): string => (/[\\"\n]/.test(text) ? text.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`)) : text)

/** Writes a body in text 0.0.4: per family first {@link family}, then its samples. Names outside `[a-zA-Z0-9_:]` are quoted, as Prometheus 3 reads them. */
export class ExpositionWriter {
  #text = ''

  /** Begins a metric family. Types that text 0.0.4 does not know are written as `untyped` or as what they are made of. */
  family(name: string, type: MetricType, help: string): void {
    const shown = LEGACY_METRIC.test(name) ? name : `"${escapeValue(name)}"`
    if (help !== '') this.#text += `# HELP ${shown} ${help.replace(/[\\\n]/g, c => (c === '\n' ? '\\n' : '\\\\'))}\n`
    const word = type === 'unknown' ? 'untyped' : type === 'info' || type === 'stateset' ? 'gauge' : type === 'gaugehistogram' ? 'histogram' : type
    this.#text += `# TYPE ${shown} ${word}\n`
  }

  /** Writes one sample. `labels` may hold the metric name, which is skipped. `timeMs` is Unix ms. */
  sample(name: string, labels: Labels, value: number, timeMs?: number): void {
    const legacy = LEGACY_METRIC.test(name)
    let inner = legacy ? '' : `,"${escapeValue(name)}"`
    for (let i = 0; i < labels.length; i += 2) {
      const label = labels[i]!
      if (label === '__name__') continue
      inner += `,${LEGACY_LABEL.test(label) ? label : `"${escapeValue(label)}"`}="${escapeValue(labels[i + 1]!)}"`
    }
    this.#text += `${legacy ? name : ''}${inner === '' ? '' : `{${inner.slice(1)}}`} ${formatFloat(value)}${timeMs === undefined ? '' : ` ${timeMs}`}\n`
  }

  /** The body so far. */
  text(): string {
    return this.#text
  }

  /** The body so far as UTF-8. */
  bytes(): Uint8Array {
    return Buffer.from(this.#text)
  }
}
