import type { Health } from '@haechi/server'

/** The state that a firing alert of a severity stands for. Words differ between teams; what is unknown counts as a warning, never as fine. */
export function severityHealth(severity: string): Health {
  switch (severity.toLowerCase()) {
    case 'critical': case 'page': case 'error': case 'emergency': case 'high': return 'critical'
    case 'info': case 'none': case 'low': return 'unknown'
    default: return 'warning'
  }
}

/** Most severe first. */
export function severityRank(severity: string): number {
  const health = severityHealth(severity)
  return health === 'critical' ? 0 : health === 'warning' ? 1 : 2
}
