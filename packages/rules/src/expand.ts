import { GoMap, GoStruct, TemplateExecError, TemplateInterrupt, TemplateSet, prometheusFunctions } from '@haechi/template'
import type { QueriedSample } from '@haechi/template'
import type { Labels } from '@haechi/model'

/** The variables that Prometheus sets before each text. They stand on the text's first line, so that positions in errors are the same. */
const PRELUDE = '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

/** Most queries that one text may ask. */
const MAX_QUERIES = 50

/** What the texts of one rule are expanded with. */
export interface ExpandContext {
  readonly externalUrl: string
  /** Answers the template function `query` at the evaluation time. */
  readonly query: (expr: string, tMs: number) => Promise<readonly QueriedSample[]>
}

/** Thrown inside a template when an answer is needed that is not there yet. */
class QueryNeeded extends TemplateInterrupt {
  readonly expr: string
  constructor(expr: string) {
    super('a query must be answered first')
    this.expr = expr
  }
}

/** Label or annotation texts of one alerting rule, parsed once. */
export class TextTemplate {
  readonly #text: string
  readonly #name: string
  readonly #context: ExpandContext
  readonly #set: TemplateSet | undefined
  /** Answers for the evaluation under way. */
  #answers = new Map<string, readonly QueriedSample[] | Error>()
  #tMs = 0

  /** @throws TemplateSyntaxError */
  constructor(alertName: string, text: string, context: ExpandContext) {
    this.#text = text
    this.#name = `__alert_${alertName}`
    this.#context = context
    if (!text.includes('{{')) return
    this.#set = new TemplateSet(prometheusFunctions({
      externalUrl: context.externalUrl,
      nowMs: () => this.#tMs,
      query: expr => {
        const answer = this.#answers.get(expr)
        if (answer === undefined) throw new QueryNeeded(expr)
        if (answer instanceof Error) throw answer
        return answer
      },
    }))
    this.#set.parse(this.#name, PRELUDE + text)
  }

  /** Whether it has something to expand. */
  get expands(): boolean {
    return this.#set !== undefined
  }

  /** Forgets the answers of the evaluation before. Call once per evaluation. */
  begin(tMs: number): void {
    this.#tMs = tMs
    if (this.#answers.size > 0) this.#answers = new Map()
  }

  /**
   * The text for one sample. A failure never fails the rule: it becomes `<error expanding template: …>`, told to `onError`.
   * The template language runs without waiting, so a text that asks a query is run again once the answer is there; only then is the result a promise.
   * @param data  see {@link alertData}; shared by all texts of a sample, undefined if none of them has something to expand
   */
  expand(data: GoStruct | undefined, onError: (err: Error) => void): string | Promise<string> {
    if (this.#set === undefined || data === undefined) return this.#text
    try {
      return this.#set.execute(this.#name, data)
    } catch (err) {
      return err instanceof QueryNeeded ? this.#expandWithQueries(this.#set, data, err, onError) : this.#failed(err, onError)
    }
  }

  async #expandWithQueries(set: TemplateSet, data: GoStruct, first: QueryNeeded, onError: (err: Error) => void): Promise<string> {
    let needed = first
    for (let asked = 0; asked < MAX_QUERIES; asked++) {
      this.#answers.set(needed.expr, await this.#context.query(needed.expr, this.#tMs).catch((e: unknown) => (e instanceof Error ? e : new Error(String(e)))))
      try {
        return set.execute(this.#name, data)
      } catch (err) {
        if (!(err instanceof QueryNeeded)) return this.#failed(err, onError)
        needed = err
      }
    }
    return this.#failed(new Error(`template asks more than ${MAX_QUERIES} queries`), onError)
  }

  #failed(err: unknown, onError: (err: Error) => void): string {
    if (!(err instanceof Error)) throw err
    onError(err)
    return `<error expanding template: ${err instanceof TemplateExecError ? `error executing template ${this.#name}: ${err.message}` : err.message}>`
  }
}

/** What the texts of one alert are expanded with. @param value  of a native histogram its text */
export function alertData(labels: Labels, value: number | string, externalUrl: string, externalLabels: GoMap): GoStruct {
  return new GoStruct('struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }', {
    Labels: labelMap(labels), ExternalLabels: externalLabels, ExternalURL: externalUrl, Value: value,
  })
}

/** A label set as a template's map. */
export function labelMap(labels: Labels): GoMap {
  const map = new Map<string, string>()
  for (let i = 0; i < labels.length; i += 2) map.set(labels[i]!, labels[i + 1]!)
  return new GoMap(map, 'string')
}

/** Checks a label or annotation text of an alert. @throws TemplateSyntaxError with Prometheus' text */
export function checkTemplate(alertName: string, text: string): void {
  void new TextTemplate(alertName, text, { externalUrl: '', query: () => Promise.resolve([]) })
}
