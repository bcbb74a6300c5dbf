import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Menu, Modal } from '@mantine/core'
import { IconDots, IconPencil, IconShare, IconStar, IconStarFilled } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeBoard, setStar } from '../../api/boards.ts'
import type { BoardAnswer } from '../../api/boards.ts'
import { boardsQuery } from '../../api/queries.ts'
import { failureText } from '../../components/Failure.tsx'
import { LaterMenu } from '../../components/LaterMenu.tsx'
import { later } from '../../components/later.ts'
import { useWords } from '../../i18n/index.ts'
import { printWhenReady } from '../../state/printing.ts'
import css from './Board.module.css'

const ShareDialog = later(async () => (await import('./edit/ShareDialog.tsx')).ShareDialog)
const VersionsDialog = later(async () => (await import('./edit/VersionsDialog.tsx')).VersionsDialog)

/** What can be done with a board: mark, edit, share, look at its versions, remove. */
export function BoardTools({ uid, title, isBuiltIn, answer, onEdit }: { readonly uid: string; readonly title: string; readonly isBuiltIn: boolean; readonly answer: BoardAnswer; readonly onEdit: () => void }): ReactElement {
  const { t, locale } = useWords()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<'share' | 'versions' | 'remove' | undefined>(undefined)
  const again = async (): Promise<void> => {
    await Promise.all([client.invalidateQueries({ queryKey: ['board', uid] }), client.invalidateQueries({ queryKey: boardsQuery.queryKey })])
  }
  const isStarred = answer.meta.isStarred === true
  const star = useMutation({ mutationFn: () => setStar(uid, !isStarred), onSettled: again })
  const remove = useMutation({
    mutationFn: () => removeBoard(uid),
    onSuccess: async () => {
      setDialog(undefined)
      if (isBuiltIn) return again()
      await navigate({ to: '/boards' as never })
      await again()
    },
  })
  const shownStar = star.isPending ? !isStarred : isStarred
  return (
    <div className={css['tools']} role="toolbar" aria-label={t('board.tools')}>
      <ActionIcon variant="default" size={30} aria-pressed={shownStar} aria-label={t(shownStar ? 'board.unstar' : 'board.star')} title={t(shownStar ? 'board.unstar' : 'board.star')} onClick={() => star.mutate()}>{shownStar ? <IconStarFilled size={16} /> : <IconStar size={16} />}</ActionIcon>
      <Button size="xs" variant="default" leftSection={<IconShare size={16} />} onClick={() => setDialog('share')}>{t('board.share')}</Button>
      <Button size="xs" variant="default" leftSection={<IconPencil size={16} />} onClick={onEdit}>{t('board.edit')}</Button>
      <LaterMenu position="bottom-end" target={<ActionIcon variant="default" size={30} aria-label={t('app.more')}><IconDots size={16} /></ActionIcon>}>
        <Menu.Item onClick={() => void printWhenReady()}>{t('board.print')}</Menu.Item>
        <Menu.Item onClick={() => setDialog('versions')}>{t('board.versions')}</Menu.Item>
        {answer.meta.canDelete === true && <><Menu.Divider /><Menu.Item color="var(--hc-critical)" onClick={() => setDialog('remove')}>{t(isBuiltIn ? 'board.reset' : 'action.delete')}</Menu.Item></>}
      </LaterMenu>
      {dialog === 'share' && <ShareDialog uid={uid} board={answer.dashboard} onClose={() => setDialog(undefined)} />}
      {dialog === 'versions' && <VersionsDialog uid={uid} onRestored={() => setDialog(undefined)} onClose={() => setDialog(undefined)} />}
      {dialog === 'remove' && (
        <Modal opened onClose={() => setDialog(undefined)} title={t(isBuiltIn ? 'board.resetTitle' : 'board.removeTitle', { title })} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{t(isBuiltIn ? 'board.resetText' : 'board.removeText')}</p>
          {remove.isError && <p role="alert" className="health-critical">{failureText(remove.error, t, locale).text}</p>}
          <div className={css['buttons']}>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>{t(isBuiltIn ? 'board.reset' : 'action.delete')}</Button>
            <Button variant="default" data-autofocus onClick={() => setDialog(undefined)}>{t('action.cancel')}</Button>
          </div>
        </Modal>
      )}
    </div>
  )
}
