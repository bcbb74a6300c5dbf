import type { ReactElement } from 'react'
import { boardAddress } from './board-address.ts'
import css from './PanelCard.module.css'
import type { DashboardLink, TimeRange, VariableValues } from '@haechi/dashboards'

/** Where a panel leads, behind its title. */
export function PanelLinks({ links, variables, range }: { readonly links: readonly DashboardLink[] | undefined; readonly variables: VariableValues; readonly range: TimeRange }): ReactElement | null {
  if (links === undefined) return null
  return (
    <>
      {links.map((l, i) => {
        const href = boardAddress(l, variables, { from: String(range.startMs), to: String(range.endMs) })
        return href === undefined ? null : (
          <a key={`${l.url} ${i}`} className={css['link']} href={href} {...(l.targetBlank ? { target: '_blank', rel: 'noopener noreferrer' } : {})} title={l.tooltip ?? l.title} aria-label={l.title || l.url}>
            <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true"><path d="M8 2.5h3.5V6M11.5 2.5L6.5 7.5M5.5 3H2.5v8.5H11V8.5" /></svg>
          </a>
        )
      })}
    </>
  )
}
