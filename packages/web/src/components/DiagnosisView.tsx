import type { ReactElement } from 'react'
import type { Diagnosis } from '@haechi/server'
import { useWords } from '../i18n/index.ts'
import { StateMark } from './StateMark.tsx'
import css from './DiagnosisView.module.css'

/** What happened, why, and what to do. `plain`: where the state is shown beside it already. */
export function DiagnosisView({ diagnosis, plain = false }: { readonly diagnosis: Diagnosis; readonly plain?: boolean }): ReactElement {
  const { t, of } = useWords()
  return (
    <div className={plain ? css['plain'] : css['box']}>
      {!plain && <StateMark health={diagnosis.health} label={t(`health.${diagnosis.health}`)} />}
      <div className={css['text']}>
        <p className={css['what']}>{of(diagnosis.what)}</p>
        {diagnosis.cause !== undefined && <p className={css['line']}><span className={css['word']}>{t('targets.cause')}</span> {of(diagnosis.cause)}</p>}
        {diagnosis.next !== undefined && <p className={css['line']}><span className={css['word']}>{t('targets.next')}</span> {of(diagnosis.next)}</p>}
        {!plain && diagnosis.subject !== undefined && diagnosis.place === undefined && <p className={css['subject']}>{t('overview.subject', { subject: diagnosis.subject })}</p>}
      </div>
    </div>
  )
}
