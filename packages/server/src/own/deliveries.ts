import type { DeliveryQuery } from '@haechi/alerting'
import { ApiError } from '../errors.ts'
import type { RequestParams } from '../request-params.ts'

const STATUSES = ['firing', 'resolved', 'test'] as const

/** What `GET /deliveries` is asked for. @throws ApiError naming the parameter */
export function deliveryQuery(params: RequestParams): DeliveryQuery {
  const whole = (name: string, least: number, most: number): number | undefined => {
    const text = params.get(name)
    if (text === '') return undefined
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most) throw new ApiError('bad_parameter', `${name} must be a whole number from ${least} to ${most}`)
    return value
  }
  const chosen = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const text = params.get(name)
    if (text === '') return undefined
    const value = allowed.find(a => a === text)
    if (value === undefined) throw new ApiError('bad_parameter', `${name} must be one of ${allowed.join(', ')}`)
    return value
  }
  const text = (name: string): string | undefined => params.get(name) || undefined
  const ok = chosen('ok', ['true', 'false'])
  return Object.fromEntries(Object.entries({
    limit: whole('limit', 1, 1000) ?? 100, beforeId: whole('before', 1, Number.MAX_SAFE_INTEGER), contactPoint: text('contactPoint'), alertName: text('rule'), status: chosen('status', STATUSES),
    ok: ok === undefined ? undefined : ok === 'true', fromMs: whole('fromMs', 0, Number.MAX_SAFE_INTEGER), toMs: whole('toMs', 0, Number.MAX_SAFE_INTEGER),
  }).filter(([, value]) => value !== undefined)) as unknown as DeliveryQuery
}
