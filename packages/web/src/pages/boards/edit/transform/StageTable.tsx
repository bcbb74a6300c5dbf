import { useState } from 'react'
import type { ReactElement } from 'react'
import { fieldName, isFrame } from '@haechi/dashboards'
import type { Cell, CellType } from '@haechi/dashboards'
import type { TransformStage } from './transform-stages.ts'
import { useTransformWords } from './transform-words.ts'
import css from './Transform.module.css'

const MOST_ROWS = 5
const MOST_TABLES = 3

/** The beginning of the tables at one step, opened on demand. */
export function StageTable({ stage }: { readonly stage: TransformStage }): ReactElement {
  const { w, locale } = useTransformWords()
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={ev => setOpen(ev.currentTarget.open)}>
      <summary className={css['summary']}>{w('after')}</summary>
      {isOpen && (stage.frames.length === 0 ? <p className="dim">{w('afterNone')}</p> : (
        <>
          {stage.frames.slice(0, MOST_TABLES).map((frame, k) => (
            // Tables have no identity of their own.
            // oxlint-disable-next-line react/no-array-index-key
            <div key={k} className={css['scroll']} tabIndex={0} role="region" aria-label={`${w('after')} ${k + 1}`}>
              <table className={css['table']}>
                {/* Names of columns may be equal. */}
                {/* oxlint-disable-next-line react/no-array-index-key */}
                <thead><tr>{frame.fields.map((f, i) => <th key={i} scope="col">{fieldName(f, frame, stage.frames)}</th>)}</tr></thead>
                <tbody>
                  {Array.from({ length: Math.min(MOST_ROWS, frame.length) }, (_, row) => (
                    // oxlint-disable-next-line react/no-array-index-key
                    <tr key={row}>{frame.fields.map((f, i) => <td key={i}>{cellText(f.values[row] ?? null, f.type, locale)}</td>)}</tr>
                  ))}
                </tbody>
              </table>
            </div>
          ))}
          <p className="dim">{w('afterMore', { rows: stage.frames.reduce((n, f) => n + f.length, 0), tables: stage.frames.length })}</p>
        </>
      ))}
    </details>
  )
}

function cellText(v: Cell, type: CellType, locale: string): string {
  if (v === null) return ''
  if (isFrame(v)) return '∿'
  return type === 'time' && typeof v === 'number' ? new Date(v).toLocaleString(locale) : String(v)
}
