import type { ReactElement } from 'react'
import type { Health } from '@haechi/server'

/** Props of `StateMark`. */
export interface StateMarkProps {
  readonly health: Health
  /** Said by screen readers; left out where words beside it say the same. */
  readonly label?: string
  readonly size?: number
}

/** A state as shape and colour: disc, triangle, cross in a square, ring. The shape tells it without the colour. */
export function StateMark({ health, label, size = 14 }: StateMarkProps): ReactElement {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} className={`health-${health}`} style={{ flex: 'none' }}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })} focusable="false">
      {health === 'ok' && <circle cx="8" cy="8" r="5.5" fill="currentColor" />}
      {health === 'warning' && <path d="M8 1.5 15.2 14.300H.8Z" fill="currentColor" />}
      {health === 'critical' && <path fillRule="evenodd" d="M3.500 1h9A2.500 2.500 0 0 1 15 3.500v9a2.500 2.500 0 0 1-2.500 2.500h-9A2.500 2.500 0 0 1 1 12.500v-9A2.500 2.500 0 0 1 3.500 1Zm1.800 5.300L7 8 5.300 9.700l1 1L8 9l1.700 1.700 1-1L9 8l1.700-1.700-1-1L8 7 6.300 5.300Z" fill="currentColor" />}
      {health === 'unknown' && <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="3 2.200" />}
    </svg>
  )
}
