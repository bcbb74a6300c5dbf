import type { ReactElement, ReactNode } from 'react'
import { useTitle } from '../app/title.ts'
import css from './Page.module.css'

/** The content of a page under its title. `full`: as wide as the window, for boards. */
export function Page({ title, full = false, children }: { readonly title: string; readonly full?: boolean; readonly children: ReactNode }): ReactElement {
  useTitle(title)
  return <div className={full ? css['full'] : css['page']}>{children}</div>
}

/** The one sentence that answers the page's question. Said again by screen readers when it changes. */
export function Verdict({ children, aside }: { readonly children: ReactNode; readonly aside?: ReactNode }): ReactElement {
  return (
    <div className={css['verdict']}>
      <p className={css['sentence']} aria-live="polite" aria-atomic>{children}</p>
      {aside !== undefined && <div className={css['aside']}>{aside}</div>}
    </div>
  )
}
