import { describe, expect, test } from 'vitest'
import type { Health, ServiceView, TargetView } from '@haechi/server'
import { bestMatches } from './palette-match.ts'
import { matchesFilter, servicesWorstFirst, targetGroups, worstHealth } from './order.ts'

function service(id: string, health: Health, more: Partial<ServiceView> = {}): ServiceView {
  return { id, kind: 'service', health, instances: [], queries: {}, demo: false, ...more }
}
function target(job: string, instance: string, health: TargetView['health']): TargetView {
  return { job, instance, url: instance, health, lastScrapeMs: 0, lastScrapeDurationMs: 0, lastError: '', samples: 0, intervalMs: 1, timeoutMs: 1, labels: {}, history: [], discovered: false }
}

describe('[O1] worst first', () => {
  test('[O1] services', () => {
    const services = [service('b', 'ok'), service('demo', 'ok', { demo: true }), service('host', 'ok', { kind: 'host' }), service('a10', 'unknown'), service('a9', 'unknown'), service('w', 'warning'), service('c', 'critical')]
    expect(servicesWorstFirst(services).map(s => s.id)).toEqual(['c', 'w', 'a9', 'a10', 'b', 'host', 'demo'])
  })
  test('[O1] targets by job', () => {
    const groups = targetGroups([target('fine', '1', 'up'), target('bad', '10', 'up'), target('bad', '9', 'up'), target('bad', '7', 'down'), target('new', '1', 'unknown')])
    expect(groups.map(g => [g.job, g.down, g.unknown])).toEqual([['bad', 1, 0], ['new', 0, 1], ['fine', 0, 0]])
    expect(groups[0]!.targets.map(t => t.instance)).toEqual(['7', '9', '10'])
  })
  test.each([[[], 'unknown'], [['ok', 'ok'], 'ok'], [['ok', 'unknown'], 'unknown'], [['warning', 'critical'], 'critical']] as const)('[O1] worst of %j is %s', (states, want) => expect(worstHealth(states)).toBe(want))
})

test.each([['', true], ['orders', true], ['8000 ORD', true], ['refused shop', false], ['  ', true]])('[O2] "%s" -> %s', (filter, want) => expect(matchesFilter(filter, ['orders', '127.0.0.1:8000', 'Refused'])).toBe(want))

test('[O3] the search ranks', () => {
  const names = ['node_cpu_seconds_total', 'process_cpu_seconds_total', 'cpu', 'cpuset', 'scpux', 'c_p_u', 'memory']
  expect(bestMatches('cpu', names, n => n, 10)).toEqual(['cpu', 'cpuset', 'node_cpu_seconds_total', 'process_cpu_seconds_total', 'scpux', 'c_p_u'])
  expect(bestMatches('', names, n => n, 2)).toEqual(['node_cpu_seconds_total', 'process_cpu_seconds_total'])
})
