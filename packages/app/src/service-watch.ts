import type { ServiceKind } from '@haechi/dashboards'
import type { Service } from '@haechi/insight'
import type { Logger } from './logger.ts'

/** How often the services that exist are looked at, for the built-in rules. */
const SERVICES_EVERY_MS = 15_000
/** The first time: what was found at the start has then been read once. */
const FIRST_AFTER_MS = 3_000

/**
 * Tells which libraries the services that exist are made with, now and whenever it looks again; Prometheus itself is nobody's service.
 * @param tell  the kinds sorted by id, each time; called until the returned function is
 * @returns     ends the watch
 */
export function watchServices(find: () => Promise<readonly Service[]>, tell: (kinds: ServiceKind[]) => void, log: Logger): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    try {
      const kinds = (await find()).map(s => s.serviceKind).filter((k): k is ServiceKind => k !== undefined && k.id !== 'prometheus')
      if (!stopped) tell(kinds.sort((a, b) => (a.id < b.id ? -1 : 1)))
    } catch (err) {
      if (!stopped) log.warn({ err }, 'The services could not be looked at')
    }
    if (!stopped) timer = setTimeout(() => void look(), SERVICES_EVERY_MS)
  }
  timer = setTimeout(() => void look(), FIRST_AFTER_MS)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
