import { useId } from 'react'
import type { ReactElement, ReactNode } from 'react'
import css from './Section.module.css'

/** A part of a page with its heading and, beside it, what belongs to it. */
export function Section({ title, count, aside, children }: { readonly title: string; readonly count?: number; readonly aside?: ReactNode; readonly children: ReactNode }): ReactElement {
  const id = useId()
  return (
    <section aria-labelledby={id} className={css['section']}>
      <div className={css['head']}>
        <h2 id={id}>{title}{count !== undefined && <span className={css['count']}>{count}</span>}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}
