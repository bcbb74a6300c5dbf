import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { diffJson } from '@haechi/dashboards'
import type { JsonChange, JsonObject } from '@haechi/dashboards'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** Members that tell nothing to people: they change with each save. */
const NOISE = new Set(['version', 'id'])

/** Differences that people care about. */
export function boardChanges(before: JsonObject, after: JsonObject): JsonChange[] {
  return diffJson(before, after).filter(c => !(c.path.length === 1 && NOISE.has(String(c.path[0]))))
}

function short(v: unknown): string {
  const text = typeof v === 'string' ? v : JSON.stringify(v) ?? ''
  return text.length > 240 ? `${text.slice(0, 240)} …` : text
}

/** What is different in `after`, one line per place. */
export function DiffView({ before, after }: { readonly before: JsonObject; readonly after: JsonObject }): ReactElement {
  const { e } = useEditWords()
  const changes = useMemo(() => boardChanges(before, after), [before, after])
  if (changes.length === 0) return <p className="dim">{e('diff.none')}</p>
  return (
    <div className={css['diff']} tabIndex={0} role="region" aria-label={e('diff.label')}>
      <ul>
        {changes.slice(0, 200).map(c => (
          <li key={`${c.kind} ${c.path.join('.')}`}>
            <div className={css['diffPlace']}><span className={css['diffKind']} data-kind={c.kind}>{e(`diff.${c.kind}`)}</span><span className="mono">{c.names.join(' › ') || e('diff.all')}</span></div>
            {c.kind !== 'moved' && c.before !== undefined && <pre className={css['del']}><span aria-hidden>− </span><span className="hidden-visually">{e('diff.before')} </span>{short(c.before)}</pre>}
            {c.kind !== 'moved' && c.after !== undefined && <pre className={css['ins']}><span aria-hidden>+ </span><span className="hidden-visually">{e('diff.after')} </span>{short(c.after)}</pre>}
          </li>
        ))}
      </ul>
      {changes.length > 200 && <p className="dim">{e('diff.more', { n: changes.length - 200 })}</p>}
    </div>
  )
}
