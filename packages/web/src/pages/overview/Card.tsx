import type { ReactElement, ReactNode } from 'react'
import { Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ServiceView } from '@haechi/server'
import { StateMark } from '../../components/StateMark.tsx'
import { useWords } from '../../i18n/index.ts'
import { keepTime } from '../../state/search.ts'
import css from './Overview.module.css'

/** Props of `Card`. */
export interface CardProps {
  readonly service: ServiceView
  readonly title: string
  readonly library: string | undefined
  /** Its measures; absent: a sentence stands in their place. */
  readonly children?: ReactNode
  /** What is the matter, or why there is nothing to measure. */
  readonly note?: ReactNode
}

/** A card of the overview: state, name, what it is, and its measures. The name is a link that covers the card. */
export function Card({ service, title, library, children, note }: CardProps): ReactElement {
  const { t } = useWords()
  const down = service.instances.filter(i => i.health === 'critical').length
  const all = service.instances.length
  return (
    <article className={css['card']} data-health={service.health}>
      <header className={css['cardHead']}>
        <StateMark health={service.health} label={t(`health.${service.health}`)} />
        <h3 className={css['name']} title={title}>
          {service.boardUid === undefined ? title
            : <Link to={`/boards/${service.boardUid}` as never} search={keepTime as never} className={css['cover']} aria-label={t('overview.openBoard', { name: title })}>{title}</Link>}
        </h3>
        {service.demo && <Tooltip label={t('overview.demoHint')}><span className={css['tag']} tabIndex={0}>{t('overview.demo')}</span></Tooltip>}
        <span className={css['library']}>{library}{all > 1 && `${library === undefined ? '' : ' · '}${t('overview.instances', { count: all })}`}</span>
      </header>
      {children !== undefined && <dl className={css['measures']}>{children}</dl>}
      {note !== undefined && <div className={css['cardNote']}>{note}</div>}
      {down > 0 && <p className={css['cardFoot']}>{all === 1 ? t('overview.isDown') : t('overview.instancesDown', { down, all })}</p>}
    </article>
  )
}
