import { TemplateExecError, TemplateInterrupt, TemplateSet, TemplateSyntaxError, GoStruct, prometheusFunctions, stringMap } from '@haechi/template'
import type { QueriedSample } from '@haechi/template'
import { labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'

/** The variables that Prometheus sets before each text. They stand on the text's first line, so that positions in errors are the same. */
const PRELUDE = '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

/** Most queries that one text may ask. */
const MAX_QUERIES = 50

/** What the texts of one rule are expanded with. */
export interface ExpandContext {
  readonly externalUrl: string
  readonly externalLabels: Labels
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

  /** Forgets the answers of the evaluation before. Call once per evaluation. */
  begin(tMs: number): void {
    this.#tMs = tMs
    this.#answers = new Map()
  }

  /**
   * The text for one sample. A failure never fails the rule: it becomes `<error expanding template: …>`, told to `onError`.
   * The template language runs without waiting, so a text that asks a query is run again once the answer is there.
   */
  async expand(labels: Labels, value: number, onError: (err: Error) => void): Promise<string> {
    if (this.#set === undefined) return this.#text
    const data = new GoStruct('struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }', {
      Labels: stringMap(Object.entries(labelsToObject(labels))), ExternalLabels: stringMap(Object.entries(labelsToObject(this.#context.externalLabels))),
      ExternalURL: this.#context.externalUrl, Value: value,
    })
    for (let asked = 0; ; asked++) {
      try {
        return this.#set.execute(this.#name, data)
      } catch (err) {
        if (err instanceof QueryNeeded && asked < MAX_QUERIES) {
          this.#answers.set(err.expr, await this.#context.query(err.expr, this.#tMs).catch((e: unknown) => (e instanceof Error ? e : new Error(String(e)))))
          continue
        }
        const reason = err instanceof QueryNeeded ? new Error(`template asks more than ${MAX_QUERIES} queries`) : err
        if (!(reason instanceof Error)) throw err
        onError(reason)
        const message = reason instanceof TemplateExecError || reason instanceof TemplateSyntaxError ? `error executing template ${this.#name}: ${reason.message}` : reason.message
        return `<error expanding template: ${message}>`
      }
    }
  }
}

/** Checks a label or annotation text of an alert. @throws TemplateSyntaxError with Prometheus' text */
export function checkTemplate(alertName: string, text: string): void {
  void new TextTemplate(alertName, text, { externalUrl: '', externalLabels: [], query: () => Promise.resolve([]) })
}
