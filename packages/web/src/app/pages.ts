import { IconBell, IconDatabase, IconHeartRateMonitor, IconLayoutDashboard, IconServer2, IconSettings, IconStethoscope, IconTarget, IconTelescope } from '@tabler/icons-react'
import type { MessageKey } from '../i18n/index.ts'

/** A page in the rail. */
export interface PageEntry {
  readonly path: string
  readonly label: MessageKey
  readonly Icon: typeof IconBell
}

/** The pages of this release, in the rail's order. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', label: 'nav.overview', Icon: IconHeartRateMonitor },
  { path: '/services', label: 'nav.services', Icon: IconServer2 },
  { path: '/boards', label: 'nav.boards', Icon: IconLayoutDashboard },
  { path: '/explore', label: 'nav.explore', Icon: IconTelescope },
  { path: '/alerts', label: 'nav.alerts', Icon: IconBell },
  { path: '/targets', label: 'nav.targets', Icon: IconTarget },
  { path: '/data', label: 'nav.data', Icon: IconDatabase },
  { path: '/status', label: 'nav.status', Icon: IconStethoscope },
  { path: '/settings', label: 'nav.settings', Icon: IconSettings },
]
