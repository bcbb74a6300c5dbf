import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, Skeleton, UnstyledButton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getVersion, getVersions, restoreVersion } from '../../../api/boards.ts'
import { boardsQuery } from '../../../api/queries.ts'
import { Ago } from '../../../components/Ago.tsx'
import { Failure, failureText } from '../../../components/Failure.tsx'
import { DiffView } from './DiffView.tsx'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** A board's versions, newest first; one of them compared with the one before it or with today's, and brought back. */
export function VersionsDialog({ uid, onRestored, onClose }: { readonly uid: string; readonly onRestored: () => void; readonly onClose: () => void }): ReactElement {
  const { e, t, locale } = useEditWords()
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['board-versions', uid], queryFn: ({ signal }) => getVersions(uid, signal), staleTime: 0 })
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const newest = list.data?.[0]?.version
  const shown = chosen ?? newest
  const other = shown === newest ? list.data?.[1]?.version : newest
  const one = useQuery({ queryKey: ['board-version', uid, shown], enabled: shown !== undefined, queryFn: ({ signal }) => getVersion(uid, shown!, signal), staleTime: Infinity })
  const two = useQuery({ queryKey: ['board-version', uid, other], enabled: other !== undefined, queryFn: ({ signal }) => getVersion(uid, other!, signal), staleTime: Infinity })
  const restore = useMutation({
    mutationFn: (version: number) => restoreVersion(uid, version),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ['board', uid] }), client.invalidateQueries({ queryKey: boardsQuery.queryKey })])
      onRestored()
    },
  })
  return (
    <Modal opened onClose={onClose} title={e('versions.title')} size="xl" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {list.isError ? <Failure error={list.error} retry={() => void list.refetch()} compact />
        : list.data === undefined ? <Skeleton height={240} />
          : list.data.length === 0 ? <p className="dim">{e('versions.none')}</p>
            : (
              <div className={css['twoColumns']}>
                <ul className={css['pickList']} aria-label={e('versions.title')}>
                  {list.data.map(v => (
                    <li key={v.version}>
                      <UnstyledButton className={css['pick']} aria-current={v.version === shown || undefined} onClick={() => setChosen(v.version)}>
                        <span><strong className="num">{v.version}</strong> <span className="dim"><Ago ms={Date.parse(v.created)} /></span></span>
                        <span className="dim">{[v.restoredFrom > 0 ? e('versions.restored', { n: v.restoredFrom }) : v.message, v.createdBy].filter(x => x !== '').join(' · ') || e('versions.noNote')}</span>
                      </UnstyledButton>
                    </li>
                  ))}
                </ul>
                <div className={css['rows']}>
                  <h3 className={css['small']}>{shown === newest ? (other === undefined ? e('versions.first') : e('versions.newest', { n: other })) : e('versions.compare', { n: shown ?? 0 })}</h3>
                  {one.data !== undefined && two.data !== undefined && (shown === newest ? <DiffView before={two.data} after={one.data} /> : <DiffView before={one.data} after={two.data} />)}
                  {restore.isError && <p role="alert" className="health-critical">{failureText(restore.error, t, locale).text}</p>}
                  {shown !== undefined && shown !== newest && <div className={css['tools']}><Button loading={restore.isPending} onClick={() => restore.mutate(shown)}>{e('versions.restore', { n: shown })}</Button></div>}
                </div>
              </div>
            )}
    </Modal>
  )
}
