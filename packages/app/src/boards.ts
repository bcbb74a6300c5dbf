import { HOST_BOARD_UID, builtinBoards, serviceBoardUid } from '@haechi/dashboards'
import type { ServiceKind } from '@haechi/dashboards'
import type { Service } from '@haechi/insight'
import type { ProvidedBoard } from '@haechi/server'

/** The built-in boards for the services that exist. */
export function builtinBoardsOf(services: readonly Service[]): ProvidedBoard[] {
  const kinds = new Map<string, ServiceKind>()
  for (const s of services) if (s.serviceKind !== undefined) kinds.set(s.serviceKind.id, s.serviceKind)
  const jobs = services.flatMap(s => (s.serviceKind === undefined || s.serviceKind.id === 'prometheus' ? [] : [{ job: s.id, kind: s.serviceKind, library: s.library, parts: s.parts, hasInProgress: s.queries.inProgress !== undefined }]))
  return builtinBoards([...kinds.values()], jobs, services.length === 0 || services.some(s => s.kind === 'host')).map(b => ({ uid: b.uid, dashboard: b.json('en'), dashboardKo: b.json('ko'), localTitle: b.title, origin: 'builtin' }))
}

/** The board that shows a service. */
export function boardOf(service: Service): string | undefined {
  if (service.kind === 'host') return HOST_BOARD_UID
  return service.serviceKind === undefined ? undefined : serviceBoardUid(service.id)
}
