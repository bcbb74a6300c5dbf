import type { Health, ServiceView, TargetView } from '@haechi/server'

const HEALTH_ORDER: Readonly<Record<Health, number>> = { critical: 0, warning: 1, unknown: 2, ok: 3 }
const TARGET_ORDER: Readonly<Record<TargetView['health'], number>> = { down: 0, unknown: 1, up: 2 }

/** `a` before `b` when it is worse. */
export function compareHealth(a: Health, b: Health): number {
  return HEALTH_ORDER[a] - HEALTH_ORDER[b]
}

/** The worst of some states; `unknown` of none. */
export function worstHealth(states: readonly Health[]): Health {
  let worst: Health | undefined
  for (const state of states) if (worst === undefined || compareHealth(state, worst) < 0) worst = state
  return worst ?? 'unknown'
}

function natural(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' }) || (a < b ? -1 : a > b ? 1 : 0)
}

/** Services worst first, then real ones before the demo, services before hosts, by name. A new array. */
export function servicesWorstFirst(services: readonly ServiceView[]): ServiceView[] {
  return [...services].sort((a, b) => compareHealth(a.health, b.health)
    || Number(a.demo) - Number(b.demo)
    || Number(a.kind === 'host') - Number(b.kind === 'host')
    || natural(a.id, b.id))
}

/** The targets of one job, worst first. */
export interface TargetGroup {
  readonly job: string
  readonly targets: readonly TargetView[]
  readonly down: number
  readonly unknown: number
}

/** Targets grouped by job: jobs with the most targets down first, then by name; inside, down before unknown before up, then by instance. */
export function targetGroups(targets: readonly TargetView[]): TargetGroup[] {
  const byJob = new Map<string, TargetView[]>()
  for (const target of targets) {
    const group = byJob.get(target.job)
    if (group === undefined) byJob.set(target.job, [target])
    else group.push(target)
  }
  const groups: TargetGroup[] = []
  for (const [job, members] of byJob) {
    groups.push({
      job,
      targets: members.sort((a, b) => TARGET_ORDER[a.health] - TARGET_ORDER[b.health] || natural(a.instance, b.instance)),
      down: members.filter(t => t.health === 'down').length,
      unknown: members.filter(t => t.health === 'unknown').length,
    })
  }
  return groups.sort((a, b) => b.down - a.down || b.unknown - a.unknown || natural(a.job, b.job))
}

/** Whether every word of the filter occurs in one of the texts, whatever the case. An empty filter matches. */
export function matchesFilter(filter: string, texts: readonly string[]): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(w => w !== '')
  if (words.length === 0) return true
  const all = texts.join('\n').toLowerCase()
  return words.every(word => all.includes(word))
}
