import type { ReactElement, ReactNode } from 'react'
import { Button } from '@mantine/core'
import type { Health } from '@haechi/server'
import { StateMark } from './StateMark.tsx'
import css from './Explained.module.css'

/** Props of `Explained`. */
export interface ExplainedProps {
  readonly health: Health
  readonly text: string
  readonly hint?: string
  readonly action?: { readonly label: string; readonly run: () => void }
  /** Inside a panel, where there is little room. */
  readonly compact?: boolean
  readonly children?: ReactNode
}

/** What stands where nothing, or something odd, is: one sentence, and one thing to do. */
export function Explained({ health, text, hint, action, compact = false, children }: ExplainedProps): ReactElement {
  return (
    <div className={compact ? css['compact'] : css['box']} role={health === 'critical' ? 'alert' : undefined}>
      <p className={css['text']}><StateMark health={health} />{text}</p>
      {hint !== undefined && <p className={css['hint']}>{hint}</p>}
      {children}
      {action !== undefined && <Button size="sm" variant="default" onClick={action.run}>{action.label}</Button>}
    </div>
  )
}
