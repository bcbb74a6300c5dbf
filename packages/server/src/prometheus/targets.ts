import { hostname } from 'node:os'
import { formatDuration, labelsToObject, matchesLabels } from '@haechi/model'
import type { MetricMetadata } from '@haechi/scrape'
import type { ServerDeps } from '../deps.ts'
import { PrometheusError } from '../errors.ts'
import { goTime, parseGoInt } from '../go-values.ts'
import type { RequestParams } from '../request-params.ts'
import { parseSelectors } from './series.ts'
import type { ApiHandler, ApiRoute } from './endpoint.ts'

/** `targets`, `targets/metadata`, `metadata`, `scrape_pools`, `alertmanagers`. */
export function targetRoutes(deps: Pick<ServerDeps, 'scrape' | 'status'>, externalUrl: string | undefined): ApiRoute[] {
  const { scrape, status } = deps
  const external = externalUrl === undefined ? undefined : new URL(externalUrl)

  const targets: ApiHandler = ({ params }) => {
    const pool = params.get('scrapePool')
    const state = params.get('state').toLowerCase()
    const active = state === '' || state === 'any' || state === 'active'
    const dropped = state === '' || state === 'any' || state === 'dropped'
    const inPool = (t: { readonly scrapePool: string }): boolean => pool === '' || t.scrapePool === pool
    return {
      data: {
        activeTargets: active
          ? scrape.activeTargets().filter(inPool).map(t => ({
            discoveredLabels: labelsToObject(t.discoveredLabels),
            labels: labelsToObject(t.labels),
            scrapePool: t.scrapePool,
            scrapeUrl: t.scrapeUrl,
            globalUrl: globalUrl(t.scrapeUrl, external),
            lastError: t.lastError,
            lastScrape: goTime(t.lastScrapeMs),
            lastScrapeDuration: t.lastScrapeDurationMs / 1000,
            health: t.health,
            scrapeInterval: formatDuration(t.intervalMs),
            scrapeTimeout: formatDuration(t.timeoutMs),
          }))
          : [],
        droppedTargets: dropped ? scrape.droppedTargets().filter(inPool).map(t => ({ discoveredLabels: labelsToObject(t.discoveredLabels), scrapePool: t.scrapePool })) : [],
        droppedTargetCounts: dropped ? Object.fromEntries([...scrape.droppedCounts()].sort(([a], [b]) => (a < b ? -1 : 1))) : null,
      },
    }
  }

  const targetMetadata: ApiHandler = ({ params }) => {
    const limit = countParam(params, 'limit')
    const selector = params.get('match_target')
    const matchers = selector === '' ? [] : parseSelectors([selector], 'invalid parameter "match_target": ')[0]!
    const metric = params.get('metric')
    const found = limit === 0 ? [] : scrape.targetMetadata({
      ...(metric === '' ? {} : { metric }),
      ...(matchers.length === 0 ? {} : { target: labels => matchesLabels(matchers, labels) }),
      ...(limit === undefined || limit < 0 ? {} : { limit }),
    })
    return {
      data: found.map(m => ({ target: labelsToObject(m.target), ...(metric === '' ? { metric: m.metric } : {}), type: m.type, help: m.help, unit: m.unit })),
    }
  }

  const metadata: ApiHandler = ({ params }) => {
    const limit = countParam(params, 'limit')
    const limitPerMetric = countParam(params, 'limit_per_metric')
    const metric = params.get('metric')
    const out: [string, unknown][] = []
    if (limit !== 0) {
      const found = scrape.metadata({
        ...(metric === '' ? {} : { metric }),
        ...(limit === undefined || limit < 0 ? {} : { limit }),
        ...(limitPerMetric === undefined || limitPerMetric <= 0 ? {} : { limitPerMetric }),
      })
      for (const [name, list] of found) out.push([name, list.map(shownMetadata)])
    }
    return { data: Object.fromEntries(out) }
  }

  return [
    { methods: ['GET'], path: '/targets', handler: targets, needsReady: false },
    { methods: ['GET'], path: '/targets/metadata', handler: targetMetadata },
    { methods: ['GET'], path: '/metadata', handler: metadata },
    { methods: ['GET'], path: '/scrape_pools', handler: () => ({ data: { scrapePools: scrape.scrapePools() } }), needsReady: false },
    {
      methods: ['GET'],
      path: '/alertmanagers',
      handler: () => {
        const { active, dropped } = status.alertmanagers()
        const shown = (urls: readonly string[]): { url: string }[] => urls.map(url => ({ url }))
        return { data: { activeAlertmanagers: shown(active), droppedAlertmanagers: shown(dropped) } }
      },
      needsReady: false,
    },
  ]
}

function shownMetadata(m: MetricMetadata): { type: string; unit: string; help: string } {
  return { type: m.type, unit: m.unit, help: m.help }
}

/** A count, undefined when absent. @throws PrometheusError `<name> must be a number` */
function countParam(params: RequestParams, name: string): number | undefined {
  const text = params.get(name)
  if (text === '') return undefined
  const count = parseGoInt(text, 'Atoi')
  if (typeof count === 'object') throw new PrometheusError('bad_data', `${name} must be a number`)
  return count
}

/** The URL as others reach it: a loopback host becomes the external URL's host, or this machine's name. @see web/api/v1 `getGlobalURL` */
function globalUrl(scrapeUrl: string, external: URL | undefined): string {
  if (!URL.canParse(scrapeUrl)) return scrapeUrl
  const url = new URL(scrapeUrl)
  if (url.hostname !== 'localhost' && url.hostname !== '127.0.0.1' && url.hostname !== '[::1]') return scrapeUrl
  const port = url.port
  url.hostname = external?.hostname ?? hostname()
  url.port = port
  return url.toString()
}
