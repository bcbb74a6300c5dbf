import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useAskedSource } from '../../api/asked-source.ts'
import { metadataOf, metricNamesOf } from '../../api/queries.ts'
import { StateMark } from '../../components/StateMark.tsx'
import { useHintWords } from '../../i18n/hints.ts'
import { queryHints } from './query-hints.ts'
import css from './Explore.module.css'

/** What is odd about a query that was run, each with a button that makes it right. */
export function QueryHints({ expr, onUse }: { readonly expr: string; readonly onUse: (expr: string) => void }): ReactElement | null {
  const { w } = useHintWords()
  const source = useAskedSource()
  const { data: names } = useQuery(metricNamesOf(source))
  const { data: metadata } = useQuery(metadataOf(source))
  const hints = useMemo(() => queryHints(expr, new Set(names ?? []), metadata ?? {}), [expr, names, metadata])
  if (hints.length === 0) return null
  return (
    <div role="status">
      <ul className={css['hints']}>
        {hints.map(h => (
          <li key={h.name}>
            <StateMark health="warning" size={13} />
            <span>{h.kind === 'unknown' ? w(h.near.length > 0 ? 'unknownNear' : 'unknown', { name: h.name }) : h.kind === 'rateOnGauge' ? w('rateOnGauge', { name: h.name, func: h.func, better: h.better }) : w('bareCounter', { name: h.name })}</span>
            {h.kind === 'unknown' ? h.near.map(n => <Button key={n.name} size="compact-sm" variant="default" onClick={() => onUse(n.query)}>{n.name}</Button>)
              : <Button size="compact-sm" variant="default" onClick={() => onUse(h.query)}>{w('use', { what: h.kind === 'rateOnGauge' ? `${h.better}()` : 'rate()' })}</Button>}
          </li>
        ))}
      </ul>
    </div>
  )
}
