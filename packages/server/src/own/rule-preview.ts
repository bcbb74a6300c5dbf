import { ConfigError, labelsToObject, parseFields } from '@haechi/model'
import { ExpressionError, nodesNow, replayRule, ruleFields } from '@haechi/rules'
import type { GrafanaRule } from '@haechi/rules'
import { QueryError } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'
import { z } from 'zod'
import type { RulePreviewView } from '../api-types.ts'
import { ApiError } from '../errors.ts'
import { metricValue } from '../go-values.ts'

/** What POST /grafana-rules/preview takes. `scrapeIntervalMs`: for `$__rate_interval`. */
export interface RulePreviewRequest {
  readonly rule: Readonly<Record<string, unknown>>
  readonly startMs: number
  readonly endMs: number
  readonly intervalMs: number
  readonly scrapeIntervalMs?: number | undefined
}
export const RULE_PREVIEW: z.ZodType<RulePreviewRequest> = z.strictObject({
  rule: z.record(z.string().max(100), z.json()),
  startMs: z.number(),
  endMs: z.number(),
  intervalMs: z.number().int().min(1000).max(7 * 86_400_000),
  scrapeIntervalMs: z.number().int().min(1).max(86_400_000).optional(),
})

/** Longest range that is played. */
const MAX_RANGE_MS = 31 * 86_400_000
/** Most label sets of one step, and lines of the picture, that are answered. */
const SHOWN = 20
const SHOWN_SERIES = 100
const TIMEOUT_MS = 20_000
const USUAL_SCRAPE_MS = 15_000

/** Plays a rule that need not exist over a range, and tells what each of its steps gives at the end of it. @throws ApiError for what is wrong with the rule or the range */
export async function rulePreview(engine: QueryEngine, body: RulePreviewRequest, signal: AbortSignal): Promise<RulePreviewView> {
  const { startMs, endMs, intervalMs, scrapeIntervalMs = USUAL_SCRAPE_MS } = body
  if (!(startMs < endMs) || endMs - startMs > MAX_RANGE_MS) throw new ApiError('bad_parameter', 'startMs must be before endMs, by 31 days at most')
  const rule = readRule(body.rule)
  const common = { engine, rule, scrapeIntervalMs, timeoutMs: TIMEOUT_MS, signal }
  try {
    const [now, played] = await Promise.all([nodesNow(common, endMs), replayRule({ ...common, intervalMs, startMs, endMs, priority: 'range' }).catch((err: unknown) => failed(err))])
    return {
      nodes: now.map(n => ({
        refId: n.refId, ...(n.error === undefined ? {} : { error: n.error }), count: n.results.length,
        results: n.results.slice(0, SHOWN).map(r => ({ labels: labelsToObject(r.labels), value: r.value === null ? null : metricValue(r.value), ...(r.points === undefined ? {} : { points: r.points }) })),
      })),
      ...('failure' in played ? { error: played.failure, startMs, stepMs: intervalMs, steps: 0, series: [], instances: [] } : {
        ...(played.error === undefined ? {} : { error: played.error }), startMs: played.ts[0] ?? startMs, stepMs: played.stepMs, steps: played.ts.length,
        series: played.values.slice(0, SHOWN_SERIES).map(v => ({ labels: labelsToObject(v.labels), values: Array.from(v.vs, x => (Number.isFinite(x) ? x : null)) })),
        instances: played.instances.map(i => ({ labels: labelsToObject(i.labels), spans: i.spans })),
        ...(played.threshold === undefined ? {} : { threshold: played.threshold }),
      }),
    }
  } catch (err) {
    throw err instanceof ExpressionError ? new ApiError('bad_expression', err.message) : err
  }
}

/** What a query is refused with belongs to the preview; its steps tell where. */
function failed(err: unknown): { readonly failure: string } {
  if (err instanceof QueryError || err instanceof ExpressionError) return { failure: err.message }
  throw err
}

function readRule(json: Readonly<Record<string, unknown>>): GrafanaRule {
  try {
    return ruleFields(parseFields(JSON.stringify({ ...json, uid: 'preview', title: 'preview' }), 'rule'), 'api', t => t, { group: 'preview', folderUid: 'preview' })
  } catch (err) {
    if (err instanceof ConfigError) throw new ApiError('bad_body', `${err.place.path === '' ? '' : `${err.place.path}: `}${err.reason}${err.hint === undefined ? '' : ` (${err.hint})`}`)
    throw err
  }
}
