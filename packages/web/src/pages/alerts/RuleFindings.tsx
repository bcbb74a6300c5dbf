import type { ReactElement } from 'react'
import { useQuery } from '@tanstack/react-query'
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { diagnosesQuery } from '../../api/queries.ts'
import { useWords } from '../../i18n/index.ts'
import { ruleFindings } from '../../state/findings.ts'
import type { FoundRule } from '../../state/findings.ts'
import css from './Alerts.module.css'

/** What is wrong with a rule although it can be evaluated: what, why, and what to do. Nothing where all is well. */
export function RuleFindings(rule: FoundRule): ReactElement | null {
  const { t, of } = useWords()
  const { data } = useQuery(diagnosesQuery)
  const found = ruleFindings(data ?? [], rule)
  if (found.length === 0) return null
  return (
    <>
      {found.map(d => (
        <span key={d.code + d.what.en} className={css['ruleFinding']} data-health={d.health}>
          {d.health === 'ok' ? <IconInfoCircle size={15} aria-hidden /> : <IconAlertTriangle size={15} aria-hidden />}
          <span>
            <span className={css['found']}>{of(d.what)}</span>
            {d.cause !== undefined && <span className={css['foundMore']}>{of(d.cause)}</span>}
            {d.next !== undefined && <span className={css['foundMore']}><b>{t('targets.next')}:</b> {of(d.next)}</span>}
          </span>
        </span>
      ))}
    </>
  )
}
