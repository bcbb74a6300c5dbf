import { EMPTY_LABELS, METRIC_NAME, histogramText, labelsEqual, labelsKey, labelsWith, withoutMetricName } from '@haechi/model'
import type { Histogram, Labels, Threshold } from '@haechi/model'
import { parseExpr, printExpr } from '@haechi/promql'
import type { BatchAnswer, KnownLabels, QueryEngine, QueryValue } from '@haechi/storage'
import { escapeQuery } from '@haechi/template'
import type { GoMap } from '@haechi/template'
import { AlertStates } from './alert-state.ts'
import type { AlertInstance, AlertSample } from './alert-state.ts'
import { TextTemplate, alertData, labelMap } from './expand.ts'
import { readsOf } from './reads.ts'
import type { Reads } from './reads.ts'
import { NO_OUTPUT, NO_RULE_SERIES, ruleSeries } from './rule-output.ts'
import type { RuleOutput, RuleSeries } from './rule-output.ts'
import { exprThreshold } from './threshold.ts'
import type { AlertingRule, RecordingRule, Rule, RuleAlert, RuleHealth, RuleLog, RuleView } from './views.ts'

/** A vector that a rule's expression came to: in columns, with the label sets of the answer before when they are the same. */
interface Vector {
  readonly labels: KnownLabels
  readonly values: ArrayLike<number>
  readonly histograms?: readonly (Histogram | null)[]
}

/** What evaluating needs from outside. */
export interface EvaluationContext {
  readonly query: QueryEngine
  readonly externalUrl: string
  readonly externalLabels: Labels
  readonly log: RuleLog
}

/** Time and bounds of one evaluation. */
export interface EvaluationMoment {
  readonly tMs: number
  readonly queryOffsetMs: number
  readonly limit: number
  readonly signal: AbortSignal
  /** The answer to the rule's expression, where it has been asked already. */
  readonly answer?: BatchAnswer
}

/** @throws Error of the query */
async function askVector(context: EvaluationContext, expr: string, tMs: number, signal?: AbortSignal): Promise<Vector> {
  const { value } = await context.query.instant({ expr, tMs, priority: 'rule', ...(signal === undefined ? {} : { signal }) })
  return vectorOf(value)
}

/** @throws Error of the query */
function answeredVector(answer: BatchAnswer): Vector {
  if ('vector' in answer) return answer.vector
  if ('error' in answer) throw answer.error
  return vectorOf(answer.value)
}

/** Label sets that nobody can know yet. */
const NEW_LABELS = -1
const SCALAR_LABELS: KnownLabels = { version: NEW_LABELS, sets: [EMPTY_LABELS] }

function vectorOf(value: QueryValue): Vector {
  if (value.type === 'scalar') return { labels: SCALAR_LABELS, values: [value.value] }
  if (value.type !== 'vector') throw new Error('rule result is not a vector or scalar')
  const { samples } = value
  const labels = { version: NEW_LABELS, sets: samples.map(s => s.labels) }
  const values = samples.map(s => s.value)
  return samples.some(s => s.histogram !== undefined) ? { labels, values, histograms: samples.map(s => s.histogram ?? null) } : { labels, values }
}

/** What all evaluated rules have. */
abstract class EvaluatedRule {
  health: RuleHealth = 'unknown'
  lastError = ''
  evaluationMs = 0
  lastEvaluationMs = 0
  /** Series that the last successful evaluation wrote. */
  written: readonly RuleSeries[] = NO_RULE_SERIES
  /** Label sets of the last answer. */
  answered: KnownLabels | undefined
  readonly rule: Rule
  /** Normalised PromQL. */
  readonly query: string
  /** Metrics that the expression reads. */
  readonly reads: Reads

  constructor(rule: Rule) {
    this.rule = rule
    const expr = parseExpr(rule.expr)
    this.query = printExpr(expr)
    this.reads = readsOf(expr)
  }

  /** Identity across reloads: kind, name and untemplated labels. */
  get identity(): string {
    return `${this.rule.kind}\xfe${this.rule.name}\xfe${labelsKey(this.rule.labels)}`
  }

  protected get common(): { name: string; query: string; labels: Labels; health: RuleHealth; lastError: string; evaluationMs: number; lastEvaluationMs: number } {
    const { health, lastError, evaluationMs, lastEvaluationMs, query } = this
    return { name: this.rule.name, query, labels: this.rule.labels, health, lastError, evaluationMs, lastEvaluationMs }
  }

  protected takeHistory(from: EvaluatedRule): void {
    this.written = from.written
    this.health = from.health
    this.lastError = from.lastError
    this.evaluationMs = from.evaluationMs
    this.lastEvaluationMs = from.lastEvaluationMs
  }
}

/** A recording rule under evaluation. */
export class RecordingEvaluation extends EvaluatedRule {
  readonly #rule: RecordingRule
  readonly #context: EvaluationContext
  /** What the label sets of the last answer are written to. */
  #series: readonly RuleSeries[] = NO_RULE_SERIES
  #of: readonly Labels[] = []

  constructor(rule: RecordingRule, context: EvaluationContext) {
    super(rule)
    this.#rule = rule
    this.#context = context
  }

  /** A promise only where the expression has not been asked yet. @throws Error of the query, of duplicate series or of the limit */
  evaluate(m: EvaluationMoment): RuleOutput | Promise<RuleOutput> {
    if (m.answer !== undefined) return this.#output(answeredVector(m.answer), m.limit)
    return askVector(this.#context, this.#rule.expr, m.tMs - m.queryOffsetMs, m.signal).then(v => this.#output(v, m.limit))
  }

  #output({ labels, values, histograms }: Vector, limit: number): RuleOutput {
    const { sets } = labels
    if (sets !== this.#of) this.#series = this.#seriesOf(sets)
    this.#of = sets
    if (labels.version !== NEW_LABELS) this.answered = labels
    if (limit > 0 && sets.length > limit) throw new Error(`exceeded limit of ${limit} with ${sets.length} series`)
    return histograms === undefined ? { series: this.#series, values } : { series: this.#series, values, histograms }
  }

  /** The series of an answer, those of the one before again as far as its label sets are at the same places. @throws Error of two that are the same */
  #seriesOf(sets: readonly Labels[]): readonly RuleSeries[] {
    const before = this.#series
    let same = sets.length === before.length
    const out: RuleSeries[] = []
    const seen = new Set<string>()
    for (const [i, of] of sets.entries()) {
      const known = i < before.length && labelsEqual(this.#of[i]!, of)
      const series = known ? before[i]! : ruleSeries(this.#labelsOf(of))
      if (!known) same = false
      if (seen.has(series.key)) throw new Error('vector contains metrics with the same labelset after applying rule labels')
      seen.add(series.key)
      out.push(series)
    }
    return same ? before : out
  }

  #labelsOf(of: Labels): Labels {
    let labels = labelsWith(of, METRIC_NAME, this.#rule.name)
    for (let i = 0; i < this.#rule.labels.length; i += 2) labels = labelsWith(labels, this.#rule.labels[i]!, this.#rule.labels[i + 1]!)
    return labels
  }

  /** Takes over what another version of the rule did before. */
  adopt(from: RecordingEvaluation): void {
    this.takeHistory(from)
  }

  view(): RuleView {
    return { type: 'recording', ...this.common }
  }
}

interface InstanceSeries { readonly pending: RuleSeries; readonly firing: RuleSeries; readonly forState: RuleSeries }

/** Label sets of an answer as those of its alerts, where they are the same each time. */
interface AlertNames { readonly of: readonly Labels[]; readonly labels: readonly Labels[]; readonly keys: readonly string[] }

/** Alerts expanded before others get a turn: some milliseconds, because scrapes and pages share this thread. */
const SAMPLES_AT_ONCE = 100

const NO_ALERTS = { instances: [], alerts: [] }

function othersFirst(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** An alerting rule under evaluation. */
export class AlertingEvaluation extends EvaluatedRule {
  readonly states: AlertStates = new AlertStates()
  readonly alerting: AlertingRule
  readonly threshold: Threshold | undefined
  /** False until the `for` state of before the restart was looked up; nothing is written before. */
  restored: boolean
  readonly #context: EvaluationContext
  readonly #labels: readonly { readonly name: string; readonly text: TextTemplate }[]
  readonly #annotations: readonly { readonly name: string; readonly text: TextTemplate }[]
  readonly #generatorUrl: string
  #externalLabels: { readonly of: Labels; readonly map: GoMap }
  readonly #series = new WeakMap<AlertInstance, InstanceSeries>()
  /** Whether any text has something to expand. */
  readonly #expands: boolean
  #names: AlertNames = { of: [], labels: [], keys: [] }

  constructor(rule: AlertingRule, context: EvaluationContext, restored: boolean) {
    super(rule)
    this.alerting = rule
    this.restored = restored
    this.#context = context
    this.threshold = rule.threshold ?? exprThreshold(rule.expr)
    const expand = {
      externalUrl: context.externalUrl,
      query: async (expr: string, tMs: number) => {
        const { labels, values } = await askVector(context, expr, tMs)
        return labels.sets.map((own, i) => ({ labels: pairs(own), value: values[i]! }))
      },
    }
    const texts = (labels: Labels): { name: string; text: TextTemplate }[] => {
      const out: { name: string; text: TextTemplate }[] = []
      for (let i = 0; i < labels.length; i += 2) out.push({ name: labels[i]!, text: new TextTemplate(rule.name, labels[i + 1]!, expand) })
      return out
    }
    this.#labels = texts(rule.labels)
    this.#annotations = texts(rule.annotations)
    this.#expands = [...this.#labels, ...this.#annotations].some(t => t.text.expands)
    this.#externalLabels = { of: context.externalLabels, map: labelMap(context.externalLabels) }
    this.#generatorUrl = `${context.externalUrl}/graph?g0.expr=${escapeQuery(this.query)}&g0.tab=1`
  }

  /** A promise where the expression has not been asked yet, or there are texts to expand. @throws Error of the query, of duplicate alerts or of the limit */
  evaluate(m: EvaluationMoment): RuleOutput | Promise<RuleOutput> {
    if (m.answer === undefined) return askVector(this.#context, this.alerting.expr, m.tMs - m.queryOffsetMs, m.signal).then(v => this.#evaluated(v, m))
    return this.#evaluated(answeredVector(m.answer), m)
  }

  #evaluated(vector: Vector, m: EvaluationMoment): RuleOutput | Promise<RuleOutput> {
    if (vector.labels.version !== NEW_LABELS) this.answered = vector.labels
    return vector.labels.sets.length === 0 ? this.#update([], m) : this.#expanded(vector, m).then(samples => this.#update(samples, m))
  }

  async #expanded({ labels: { sets }, values, histograms }: Vector, m: EvaluationMoment): Promise<AlertSample[]> {
    for (const l of this.#labels) l.text.begin(m.tMs)
    for (const a of this.#annotations) a.text.begin(m.tMs)
    const onError = (err: Error): void => this.#context.log.warn({ rule: this.alerting.name, err: err.message }, 'Expanding alert template failed')
    // A reload may have changed them.
    const external = this.#context.externalLabels
    if (this.#externalLabels.of !== external) this.#externalLabels = { of: external, map: labelMap(external) }
    const fixed = this.#namesOf(sets)
    const expanded: AlertSample[] = []
    for (let i = 0; i < sets.length; i++) {
      if (i % SAMPLES_AT_ONCE === SAMPLES_AT_ONCE - 1) await othersFirst()
      const own = sets[i]!
      const histogram = histograms?.[i] ?? null
      const data = this.#expands ? alertData(own, histogram === null ? values[i]! : histogramText(histogram), this.#context.externalUrl, this.#externalLabels.map) : undefined
      let labels = fixed?.labels[i]
      if (labels === undefined) {
        labels = withoutMetricName(own)
        for (const l of this.#labels) {
          const text = l.text.expand(data, onError)
          labels = labelsWith(labels, l.name, typeof text === 'string' ? text : await text)
        }
        labels = labelsWith(labels, 'alertname', this.alerting.name)
      }
      let annotations: Labels = EMPTY_LABELS
      for (const a of this.#annotations) {
        const text = a.text.expand(data, onError)
        annotations = labelsWith(annotations, a.name, typeof text === 'string' ? text : await text)
      }
      // As in Prometheus: the value of an alert is a float, 0 for a histogram.
      expanded.push({ labels, key: fixed?.keys[i] ?? labelsKey(labels), annotations, value: histogram === null ? values[i]! : 0 })
    }
    return expanded
  }

  /** What the alerts of an answer are called, unless a text decides. */
  #namesOf(sets: readonly Labels[]): AlertNames | undefined {
    if (this.#labels.some(l => l.text.expands)) return undefined
    if (this.#names.of === sets) return this.#names
    const labels = sets.map(own => {
      let out = withoutMetricName(own)
      for (let i = 0; i < this.alerting.labels.length; i += 2) out = labelsWith(out, this.alerting.labels[i]!, this.alerting.labels[i + 1]!)
      return labelsWith(out, 'alertname', this.alerting.name)
    })
    return this.#names = { of: sets, labels, keys: labels.map(labelsKey) }
  }

  #update(samples: readonly AlertSample[], m: EvaluationMoment): RuleOutput {
    const { forMs, keepFiringForMs } = this.alerting
    const active = this.states.update(m.tMs, samples, { forMs, keepFiringForMs, limit: m.limit, threshold: this.threshold })
    if (!this.restored || active.length === 0) return NO_OUTPUT
    const before = this.written
    const series: RuleSeries[] = []
    const values: number[] = []
    let same = before.length === 2 * active.length
    for (const a of active) {
      const { pending, firing, forState } = this.#seriesOf(a)
      const state = a.state === 'firing' ? firing : pending
      if (same && (before[series.length] !== state || before[series.length + 1] !== forState)) same = false
      series.push(state, forState)
      values.push(1, Math.floor(a.activeAtMs / 1000))
    }
    return { series: same ? before : series, values }
  }

  /** The labels of an instance's synthetic series, made once. */
  #seriesOf(a: AlertInstance): InstanceSeries {
    let series = this.#series.get(a)
    if (series === undefined) {
      const named = labelsWith(a.labels, 'alertname', this.alerting.name)
      const alerts = labelsWith(named, METRIC_NAME, 'ALERTS')
      series = { pending: ruleSeries(labelsWith(alerts, 'alertstate', 'pending')), firing: ruleSeries(labelsWith(alerts, 'alertstate', 'firing')), forState: ruleSeries(labelsWith(named, METRIC_NAME, 'ALERTS_FOR_STATE')) }
      this.#series.set(a, series)
    }
    return series
  }

  /** The alerts to tell after an evaluation at `tMs`, marked as told. */
  takeAlerts(tMs: number, resendDelayMs: number, intervalMs: number): { readonly instances: readonly AlertInstance[]; readonly alerts: readonly RuleAlert[] } {
    if (this.states.byKey.size === 0) return NO_ALERTS
    const instances = this.states.takeToSend(tMs, resendDelayMs)
    const validMs = 4 * Math.max(intervalMs, resendDelayMs)
    const alerts = instances.map((a): RuleAlert => ({
      labels: a.labels, annotations: a.annotations, startsAtMs: a.firedAtMs, endsAtMs: Number.isNaN(a.resolvedAtMs) ? tMs + validMs : a.resolvedAtMs,
      resolved: !Number.isNaN(a.resolvedAtMs), tMs, generatorUrl: this.#generatorUrl, value: a.value, peak: a.peak,
      ...(this.threshold === undefined ? {} : { threshold: this.threshold }), ...(this.alerting.uid === undefined ? {} : { ruleUid: this.alerting.uid }),
    }))
    return { instances, alerts }
  }

  /** Takes over what another version of the rule did before, alerts included. */
  adopt(from: AlertingEvaluation): void {
    this.takeHistory(from)
    this.restored = from.restored
    for (const [key, a] of from.states.byKey) this.states.byKey.set(key, a)
  }

  view(): RuleView {
    const { alerting: r } = this
    return {
      type: 'alerting', ...this.common, state: this.states.state(), forMs: r.forMs, keepFiringForMs: r.keepFiringForMs, annotations: r.annotations, alerts: this.states.views(),
      ...(r.uid === undefined ? {} : { uid: r.uid }), ...(this.threshold === undefined ? {} : { threshold: this.threshold }),
    }
  }
}

function pairs(labels: Labels): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) out.push([labels[i]!, labels[i + 1]!])
  return out
}

/** A rule under evaluation. */
export type Evaluation = RecordingEvaluation | AlertingEvaluation

/** Makes a rule ready to be evaluated. @throws PromqlParseError, TemplateSyntaxError */
export function newEvaluation(rule: Rule, context: EvaluationContext, restored: boolean): Evaluation {
  return rule.kind === 'recording' ? new RecordingEvaluation(rule, context) : new AlertingEvaluation(rule, context, restored)
}
