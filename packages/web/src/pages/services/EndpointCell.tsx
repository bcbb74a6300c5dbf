import type { ReactElement } from 'react'
import { IconLayoutDashboard } from '@tabler/icons-react'
import { endpointQueries, serviceKind } from '@haechi/dashboards'
import type { ServiceView } from '@haechi/server'
import { Link } from '@tanstack/react-router'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { useServiceWords } from './service-words.ts'
import css from './Services.module.css'

/** Props of `EndpointCell`. */
export interface EndpointCellProps {
  readonly service: ServiceView
  readonly endpoint: string
}

/** An endpoint's path: it leads to its rate, failures and p95 in Explore; beside it, the way to the service's board. */
export function EndpointCell({ service, endpoint }: EndpointCellProps): ReactElement {
  const { w } = useServiceWords()
  const kind = service.kindId === undefined ? undefined : serviceKind(service.kindId)
  const expr = kind === undefined ? [] : endpointQueries(kind, service.id, endpoint)
  return (
    <span className={css['endpoint']}>
      {expr.length === 0 ? <span className={css['path']}>{endpoint}</span>
        : <Link className={css['path']} title={w('one.explore')} to={'/explore' as never} search={((prev: PageSearch) => ({ ...keepTime(prev), expr })) as never}>{endpoint}</Link>}
      {service.boardUid !== undefined && (
        <Link className={css['toBoard']} aria-label={w('list.board', { name: service.id })} title={w('list.board', { name: service.id })} to={`/boards/${service.boardUid}` as never} search={keepTime as never}><IconLayoutDashboard size={15} aria-hidden /></Link>
      )}
    </span>
  )
}
