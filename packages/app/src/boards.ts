import { HOST_BOARD_UID, builtinBoards, serviceBoardUid } from '@haechi/dashboards'
import type { ServiceKind } from '@haechi/dashboards'
import type { Service } from '@haechi/insight'
import type { ProvidedBoard, StateStore } from '@haechi/server'
import type { ProvidedBoards } from './provided-boards.ts'

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

/** The boards that people made: saved ones, and those of files for which none is saved. `version` is another one when the content is. */
export async function peoplesBoards(state: StateStore, files: ProvidedBoards): Promise<{ readonly uid: string; readonly version: unknown; readonly dashboard: unknown }[]> {
  const saved = await state.dashboards.list()
  const uids = new Set(saved.map(b => b.uid))
  return [
    ...saved.map(b => ({ uid: b.uid, version: b.version, dashboard: b.dashboard })),
    ...(await files.boards()).filter(b => !uids.has(b.uid)).map(b => ({ uid: b.uid, version: b.dashboard, dashboard: b.dashboard })),
  ]
}
