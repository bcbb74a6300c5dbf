import { createHash } from 'node:crypto'
import { goQuote, labelsToObject, matchesLabels } from '@haechi/model'
import type { AlertView, RuleGroupView, RuleView } from '@haechi/rules'
import type { ServerDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { goExponent, goTime, parseGoBool, parseGoInt } from '../go-values.ts'
import type { RequestParams } from '../request-params.ts'
import { checkSelectors } from './series.ts'
import type { ApiHandler, ApiRoute } from './endpoint.ts'

/** `rules` and `alerts`. */
export function ruleRoutes(deps: Pick<ServerDeps, 'rules'>): ApiRoute[] {
  const rules: ApiHandler = ({ params }) => {
    params.requireReadable()
    const names = new Set(params.all('rule_name[]'))
    const groups = new Set(params.all('rule_group[]'))
    const files = new Set(params.all('file[]'))
    const selectors = checkSelectors(params.all('match[]'), '')
    const type = lowered(params, 'type')
    if (type !== '' && type !== 'alert' && type !== 'record') throw invalidParameter('type', `not supported value ${goQuote(type)}`)
    const withAlerts = !excludeAlerts(params)
    const { limit, token } = paging(params)

    const wanted = (r: RuleView): boolean => {
      if (type !== '' && (type === 'alert') !== (r.type === 'alerting')) return false
      if (names.size > 0 && !names.has(r.name)) return false
      return selectors.length === 0 || selectors.some(m => matchesLabels(m, r.labels))
    }
    const out: unknown[] = []
    let nextToken: string | undefined
    let started = token === ''
    for (const g of deps.rules.groups()) {
      if ((groups.size > 0 && !groups.has(g.name)) || (files.size > 0 && !files.has(g.file))) continue
      if (!started) {
        if (groupToken(g) !== token) continue
        started = true
      }
      const list = g.rules.filter(wanted)
      // A group is left out when a filter emptied it, not when it has no rules.
      if (list.length === 0 && g.rules.length > 0) continue
      if (limit > 0 && out.length === limit) {
        nextToken = groupToken(g)
        break
      }
      out.push({
        name: g.name,
        file: g.file,
        rules: list.map(r => ruleJson(r, withAlerts)),
        interval: g.intervalMs / 1000,
        limit: g.limit,
        evaluationTime: g.evaluationMs / 1000,
        lastEvaluation: goTime(g.lastEvaluationMs),
      })
    }
    if (!started) throw invalidParameter('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`)
    return { data: { groups: out, groupNextToken: nextToken } }
  }
  return [
    { methods: ['GET'], path: '/rules', handler: rules },
    { methods: ['GET'], path: '/alerts', handler: () => ({ data: { alerts: deps.rules.alerts().map(alertJson) } }) },
  ]
}

/** Bytes that are no UTF-8 become the replacement character on the way. */
function lowered(params: RequestParams, name: string): string {
  return params.get(name).replaceAll('\u0130', 'i').toLowerCase().replace(/\p{Surrogate}/gu, '\ufffd')
}

function excludeAlerts(params: RequestParams): boolean {
  const text = lowered(params, 'exclude_alerts')
  if (text === '') return false
  const value = parseGoBool(text)
  if (value === undefined) throw invalidParameter('exclude_alerts', `error converting exclude_alerts: strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`)
  return value
}

function paging(params: RequestParams): { limit: number; token: string } {
  const limitText = params.get('group_limit')
  const token = params.get('group_next_token')
  if (limitText === '') {
    if (token !== '') throw invalidParameter('group_next_token', 'group_limit needs to be present in order to paginate over the groups')
    return { limit: 0, token }
  }
  const limit = parseGoInt(limitText, 'ParseInt', 32)
  if (typeof limit === 'object') throw invalidParameter('group_limit', `group_limit needs to be a valid number: ${limit.error}`)
  if (limit <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0')
  return { limit, token }
}

/** @see web/api/v1 `getRuleGroupNextToken` (3.5: SHA-1) */
function groupToken(g: RuleGroupView): string {
  return createHash('sha1').update(`${g.file};${g.name}`).digest('hex')
}

function ruleJson(r: RuleView, withAlerts: boolean): Readonly<Record<string, unknown>> {
  const end = {
    health: r.health === 'unknown' ? 'unknown' : r.health,
    lastError: r.lastError === '' ? undefined : r.lastError,
    evaluationTime: r.evaluationMs / 1000,
    lastEvaluation: goTime(r.lastEvaluationMs),
    type: r.type,
  }
  if (r.type === 'recording') return { name: r.name, query: r.query, labels: r.labels.length === 0 ? undefined : labelsToObject(r.labels), ...end }
  return {
    state: r.state,
    name: r.name,
    query: r.query,
    duration: r.forMs / 1000,
    keepFiringFor: r.keepFiringForMs / 1000,
    labels: labelsToObject(r.labels),
    annotations: labelsToObject(r.annotations),
    alerts: withAlerts ? r.alerts.map(alertJson) : null,
    ...end,
  }
}

function alertJson(a: AlertView): Readonly<Record<string, unknown>> {
  return {
    labels: labelsToObject(a.labels),
    annotations: labelsToObject(a.annotations),
    state: a.state,
    activeAt: goTime(a.activeAtMs),
    keepFiringSince: a.keepFiringSinceMs === undefined ? undefined : goTime(a.keepFiringSinceMs),
    value: goExponent(a.value),
  }
}

