import { builtinBoards } from '@haechi/dashboards'
import type { ServiceKind } from '@haechi/dashboards'
import type { Service } from '@haechi/insight'
import type { ProvidedBoard } from '@haechi/server'

/** The built-in boards for the services that exist. */
export function builtinBoardsOf(services: readonly Service[]): ProvidedBoard[] {
  const kinds = new Map<string, ServiceKind>()
  for (const s of services) if (s.serviceKind !== undefined) kinds.set(s.serviceKind.id, s.serviceKind)
  return builtinBoards([...kinds.values()]).map(b => ({ uid: b.uid, dashboard: b.dashboard, localTitle: b.localTitle, origin: 'builtin' }))
}

/** The board that shows a service. */
export function boardOf(service: Service): string | undefined {
  if (service.kind === 'host') return 'haechi-host'
  return service.serviceKind === undefined ? undefined : 'haechi-api-overview'
}
