import { goQuote, labelsToObject, matchesValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { parseMetricSelector } from '@haechi/promql'
import { QueryError } from '@haechi/storage'
import type { SeriesQuery } from '@haechi/storage'
import type { ServerDeps } from '../deps.ts'
import { PrometheusError } from '../errors.ts'
import { MAX_TIME_MS, MIN_TIME_MS, limitParam, optionalTime } from '../request-params.ts'
import type { RequestParams } from '../request-params.ts'
import type { ApiHandler, ApiRoute } from './endpoint.ts'

/** `series`, `labels`, `label/<name>/values`. */
export function seriesRoutes(deps: Pick<ServerDeps, 'engine'>, timeoutMs: number): ApiRoute[] {
  const { engine } = deps

  /** Reads limit, start, end, match[] in this order. `prefixed`: whether a bad selector is worded as a bad parameter. */
  const question = (params: RequestParams, signal: AbortSignal, prefix: string): SeriesQuery => {
    const limit = limitParam(params)
    const startMs = optionalTime(params, 'start', MIN_TIME_MS)
    const endMs = optionalTime(params, 'end', MAX_TIME_MS)
    const matchers = params.all('match[]')
    checkSelectors(matchers, prefix)
    return { matchers, startMs, endMs, limit, timeoutMs, signal, priority: 'range' }
  }
  const asked = async <T>(run: Promise<T>, prefix: string): Promise<T> => {
    try {
      return await run
    } catch (err) {
      if (err instanceof QueryError && err.kind === 'bad_data' && !err.message.startsWith('invalid parameter ')) throw new PrometheusError('bad_data', prefix + err.message)
      throw err
    }
  }

  const series: ApiHandler = async ({ params, signal }) => {
    params.requireReadable()
    if (params.all('match[]').length === 0) throw new PrometheusError('bad_data', 'no match[] parameter provided')
    const prefix = 'invalid parameter "match[]": '
    const wanted = question(params, signal, prefix)
    if (engine.seriesJson !== undefined) return asked(engine.seriesJson(wanted), prefix)
    const found = await asked(engine.series(wanted), prefix)
    return { data: found.value.map(labelsToObject), warnings: found.warnings, infos: found.infos }
  }
  const labels: ApiHandler = async ({ params, signal }) => {
    const wanted = question(params, signal, '')
    if (engine.labelNamesJson !== undefined) return asked(engine.labelNamesJson(wanted), '')
    const found = await asked(engine.labelNames(wanted), '')
    return { data: found.value, warnings: found.warnings, infos: found.infos }
  }
  const values: ApiHandler = async ({ params, name, signal }) => {
    const label = unescapeName(name)
    if (label === '' || label.includes('\ufffd')) throw new PrometheusError('bad_data', `invalid label name: ${goQuote(label)}`)
    const wanted = question(params, signal, '')
    if (engine.labelValuesJson !== undefined) return asked(engine.labelValuesJson(label, wanted), '')
    const found = await asked(engine.labelValues(label, wanted), '')
    return { data: found.value, warnings: found.warnings, infos: found.infos }
  }

  return [
    { methods: ['GET', 'POST'], path: '/series', handler: series },
    {
      methods: ['DELETE'],
      path: '/series',
      // Prometheus' own answer: the path is kept from an API that never came.
      handler: () => {
        throw new PrometheusError('internal', 'not implemented')
      },
    },
    { methods: ['GET', 'POST'], path: '/labels', handler: labels },
    { methods: ['GET'], path: '/label/:name/values', handler: values },
  ]
}

/**
 * Refuses texts that are no selectors, then selectors that would select everything.
 * @throws PrometheusError whose message begins with `prefix`
 */
export function checkSelectors(texts: readonly string[], prefix: string): (readonly Matcher[])[] {
  const sets = parseSelectors(texts, prefix)
  for (const matchers of sets) {
    if (matchers.every(m => matchesValue(m, ''))) throw new PrometheusError('bad_data', `${prefix}match[] must contain at least one non-empty matcher`)
  }
  return sets
}

/** @throws PrometheusError whose message begins with `prefix` for a text that is no selector */
export function parseSelectors(texts: readonly string[], prefix: string): (readonly Matcher[])[] {
  return texts.map(text => {
    try {
      return parseMetricSelector(text)
    } catch (err) {
      throw new PrometheusError('bad_data', prefix + (err as Error).message)
    }
  })
}

/**
 * Reads a name in the escaping of values: prefix `U__`, `_` doubled, other characters as `_hex_`. A text that is not so escaped stays as it is.
 * @see prometheus/common `model.UnescapeName`
 */
export function unescapeName(name: string): string {
  if (!name.startsWith('U__')) return name
  let out = ''
  for (let i = 3; i < name.length; i++) {
    const c = name[i]!
    if (c !== '_') {
      out += c
      continue
    }
    if (name[i + 1] === '_') {
      out += '_'
      i++
      continue
    }
    const end = name.indexOf('_', i + 1)
    const hex = end < 0 ? '' : name.slice(i + 1, end)
    if (!/^[0-9a-fA-F]{1,6}$/.test(hex)) return name
    const code = Number.parseInt(hex, 16)
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return name
    out += String.fromCodePoint(code)
    i = end
  }
  return out
}
