import { METRIC_NAME, histogramText, labelsKey, labelsWith, withoutMetricName } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { parseExpr, printExpr } from '@haechi/promql'
import type { BatchAnswer, QueryEngine, QueryValue } from '@haechi/storage'
import { escapeQuery } from '@haechi/template'
import type { GoMap } from '@haechi/template'
import { AlertStates } from './alert-state.ts'
import type { AlertInstance, AlertSample } from './alert-state.ts'
import { TextTemplate, alertData, labelMap } from './expand.ts'
import { readsOf } from './reads.ts'
import type { Reads } from './reads.ts'
import { exprThreshold } from './threshold.ts'
import type { AlertingRule, RecordingRule, Rule, RuleAlert, RuleHealth, RuleLog, RuleView, Threshold } from './views.ts'

/** One output sample of a rule; written at the evaluation time minus the query offset. */
export interface OutputSample {
  readonly labels: Labels
  /** Of the labels. */
  readonly key: string
  readonly value: number
  /** Present when the sample is a native histogram; `value` then means nothing. */
  readonly histogram?: Histogram
}

type AnswerSample = Omit<OutputSample, 'key'>

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

/** The answer to a rule's own expression. @throws Error of the query */
async function askRule(context: EvaluationContext, expr: string, m: EvaluationMoment): Promise<readonly AnswerSample[]> {
  if (m.answer === undefined) return askVector(context, expr, m.tMs - m.queryOffsetMs, m.signal)
  if ('error' in m.answer) throw m.answer.error
  return samplesOf(m.answer.value)
}

async function askVector(context: EvaluationContext, expr: string, tMs: number, signal?: AbortSignal): Promise<readonly AnswerSample[]> {
  const { value } = await context.query.instant({ expr, tMs, priority: 'rule', ...(signal === undefined ? {} : { signal }) })
  return samplesOf(value)
}

function samplesOf(value: QueryValue): readonly AnswerSample[] {
  if (value.type === 'vector') return value.samples
  if (value.type === 'scalar') return [{ labels: [], value: value.value }]
  throw new Error('rule result is not a vector or scalar')
}

/** What all evaluated rules have. */
abstract class EvaluatedRule {
  health: RuleHealth = 'unknown'
  lastError = ''
  evaluationMs = 0
  lastEvaluationMs = 0
  /** Series that the last successful evaluation wrote, by key. */
  written: Map<string, Labels> = new Map()
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

/** The series that a sample of an answer is written to. */
interface MadeSeries { readonly of: Labels; readonly labels: Labels; readonly key: string }

function sameLabels(a: Labels, b: Labels): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A recording rule under evaluation. */
export class RecordingEvaluation extends EvaluatedRule {
  readonly #rule: RecordingRule
  readonly #context: EvaluationContext
  /** By their place in the last answer: mostly it has the same series in the same order as the one before. */
  readonly #made: MadeSeries[] = []

  constructor(rule: RecordingRule, context: EvaluationContext) {
    super(rule)
    this.#rule = rule
    this.#context = context
  }

  /** @throws Error of the query, of duplicate series or of the limit */
  async evaluate(m: EvaluationMoment): Promise<OutputSample[]> {
    const samples = await askRule(this.#context, this.#rule.expr, m)
    const out: OutputSample[] = []
    const seen = new Set<string>()
    const made = this.#made
    if (made.length > samples.length) made.length = samples.length
    for (const [i, s] of samples.entries()) {
      let series = made[i]
      if (series === undefined || !sameLabels(series.of, s.labels)) made[i] = series = this.#seriesOf(s.labels)
      const { labels, key } = series
      if (seen.has(key)) throw new Error('vector contains metrics with the same labelset after applying rule labels')
      seen.add(key)
      out.push(s.histogram === undefined ? { labels, key, value: s.value } : { labels, key, value: 0, histogram: s.histogram })
    }
    if (m.limit > 0 && out.length > m.limit) throw new Error(`exceeded limit of ${m.limit} with ${out.length} series`)
    return out
  }

  #seriesOf(of: Labels): MadeSeries {
    let labels = labelsWith(of, METRIC_NAME, this.#rule.name)
    for (let i = 0; i < this.#rule.labels.length; i += 2) labels = labelsWith(labels, this.#rule.labels[i]!, this.#rule.labels[i + 1]!)
    return { of, labels, key: labelsKey(labels) }
  }

  /** Takes over what another version of the rule did before. */
  adopt(from: RecordingEvaluation): void {
    this.takeHistory(from)
  }

  view(): RuleView {
    return { type: 'recording', ...this.common }
  }
}

interface KeyedLabels { readonly labels: Labels; readonly key: string }
interface InstanceSeries { readonly pending: KeyedLabels; readonly firing: KeyedLabels; readonly forState: KeyedLabels }

function keyed(labels: Labels): KeyedLabels {
  return { labels, key: labelsKey(labels) }
}

/** Alerts expanded before others get a turn: some milliseconds, because scrapes and pages share this thread. */
const SAMPLES_AT_ONCE = 100

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

  constructor(rule: AlertingRule, context: EvaluationContext, restored: boolean) {
    super(rule)
    this.alerting = rule
    this.restored = restored
    this.#context = context
    this.threshold = rule.threshold ?? exprThreshold(rule.expr)
    const expand = {
      externalUrl: context.externalUrl,
      query: async (expr: string, tMs: number) => (await askVector(context, expr, tMs)).map(s => ({ labels: pairs(s.labels), value: s.value })),
    }
    const texts = (labels: Labels): { name: string; text: TextTemplate }[] => {
      const out: { name: string; text: TextTemplate }[] = []
      for (let i = 0; i < labels.length; i += 2) out.push({ name: labels[i]!, text: new TextTemplate(rule.name, labels[i + 1]!, expand) })
      return out
    }
    this.#labels = texts(rule.labels)
    this.#annotations = texts(rule.annotations)
    this.#externalLabels = { of: context.externalLabels, map: labelMap(context.externalLabels) }
    this.#generatorUrl = `${context.externalUrl}/graph?g0.expr=${escapeQuery(this.query)}&g0.tab=1`
  }

  /** @throws Error of the query, of duplicate alerts or of the limit */
  async evaluate(m: EvaluationMoment): Promise<OutputSample[]> {
    const samples = await askRule(this.#context, this.alerting.expr, m)
    for (const l of this.#labels) l.text.begin(m.tMs)
    for (const a of this.#annotations) a.text.begin(m.tMs)
    const onError = (err: Error): void => this.#context.log.warn({ rule: this.alerting.name, err: err.message }, 'Expanding alert template failed')
    // A reload may have changed them.
    const external = this.#context.externalLabels
    if (this.#externalLabels.of !== external) this.#externalLabels = { of: external, map: labelMap(external) }
    const expanded: AlertSample[] = []
    for (const [i, s] of samples.entries()) {
      if (i % SAMPLES_AT_ONCE === SAMPLES_AT_ONCE - 1) await othersFirst()
      const data = alertData(s.labels, s.histogram === undefined ? s.value : histogramText(s.histogram), this.#context.externalUrl, this.#externalLabels.map)
      let labels = withoutMetricName(s.labels)
      for (const l of this.#labels) {
        const text = l.text.expand(data, onError)
        labels = labelsWith(labels, l.name, typeof text === 'string' ? text : await text)
      }
      labels = labelsWith(labels, 'alertname', this.alerting.name)
      let annotations: Labels = []
      for (const a of this.#annotations) {
        const text = a.text.expand(data, onError)
        annotations = labelsWith(annotations, a.name, typeof text === 'string' ? text : await text)
      }
      // As in Prometheus: the value of an alert is a float, 0 for a histogram.
      expanded.push({ labels, annotations, value: s.histogram === undefined ? s.value : 0 })
    }
    const { forMs, keepFiringForMs } = this.alerting
    const active = this.states.update(m.tMs, expanded, { forMs, keepFiringForMs, limit: m.limit, threshold: this.threshold })
    if (!this.restored) return []
    const out: OutputSample[] = []
    for (const a of active) {
      const series = this.#seriesOf(a)
      const alerts = a.state === 'firing' ? series.firing : series.pending
      out.push({ labels: alerts.labels, key: alerts.key, value: 1 })
      out.push({ labels: series.forState.labels, key: series.forState.key, value: Math.floor(a.activeAtMs / 1000) })
    }
    return out
  }

  /** The labels of an instance's synthetic series, made once. */
  #seriesOf(a: AlertInstance): InstanceSeries {
    let series = this.#series.get(a)
    if (series === undefined) {
      const named = labelsWith(a.labels, 'alertname', this.alerting.name)
      const alerts = labelsWith(named, METRIC_NAME, 'ALERTS')
      series = { pending: keyed(labelsWith(alerts, 'alertstate', 'pending')), firing: keyed(labelsWith(alerts, 'alertstate', 'firing')), forState: keyed(labelsWith(named, METRIC_NAME, 'ALERTS_FOR_STATE')) }
      this.#series.set(a, series)
    }
    return series
  }

  /** The alerts to tell after an evaluation at `tMs`, marked as told. */
  takeAlerts(tMs: number, resendDelayMs: number, intervalMs: number): { instances: AlertInstance[]; alerts: RuleAlert[] } {
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
