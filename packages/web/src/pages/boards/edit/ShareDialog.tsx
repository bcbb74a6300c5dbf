import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, Switch, TextInput } from '@mantine/core'
import { editableBoard, exportForSharing } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { basePath } from '../../../api/client.ts'
import { usePageSearch } from '../../../app/page-search.ts'
import { useRefresh } from '../../../app/refresh.tsx'
import { encodeSearch } from '../../../state/search.ts'
import { withoutServerMembers } from './SaveDialog.tsx'
import { downloadJson } from './download.ts'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** The address of a board as it is looked at: a relative range may be fixed to what is on the screen now. */
export function shareUrl(origin: string, path: string, search: { readonly from?: string | undefined; readonly to?: string | undefined; readonly variables?: Readonly<Record<string, readonly string[]>> | undefined }): string {
  const { from, to, variables } = search
  return `${origin}${path}${encodeSearch({ ...(from === undefined ? {} : { from }), ...(to === undefined || to === 'now' ? {} : { to }), ...(variables === undefined ? {} : { variables }) })}`
}

/** A link to the board as it is now, and the board as a file. */
export function ShareDialog({ uid, board, onClose }: { readonly uid: string; readonly board: JsonObject; readonly onClose: () => void }): ReactElement {
  const { e, t } = useEditWords()
  const { search } = usePageSearch()
  const { range } = useRefresh()
  const [isFixed, setFixed] = useState(false)
  const [withVariables, setVariables] = useState(true)
  const [copied, setCopied] = useState(false)
  const url = shareUrl(location.origin, `${basePath()}/boards/${encodeURIComponent(uid)}`, {
    from: isFixed ? String(Math.round(range.fromMs)) : range.from, to: isFixed ? String(Math.round(range.toMs)) : range.to, variables: withVariables ? search.variables : undefined,
  })
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url)
      setCopied(true)
    } catch {
      setCopied(false) // Not allowed on this page: the text can be copied by hand.
    }
  }
  const title = String(board['title'] ?? 'board')
  return (
    <Modal opened onClose={onClose} title={e('share.title')} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className={css['rows']}>
        <TextInput data-autofocus readOnly label={e('share.link')} value={url} onFocus={ev => ev.currentTarget.select()} classNames={{ input: 'mono' }} />
        <Switch label={e('share.fixed')} checked={isFixed} onChange={ev => { setFixed(ev.currentTarget.checked); setCopied(false) }} />
        <Switch label={e('share.variables')} checked={withVariables} onChange={ev => { setVariables(ev.currentTarget.checked); setCopied(false) }} />
        <div className={css['tools']}><Button onClick={() => void copy()}>{e(copied ? 'share.copied' : 'share.copy')}</Button></div>
        <hr className={css['rule']} />
        <h3 className={css['small']}>{e('share.file')}</h3>
        <p className="dim">{e('share.fileHint')}</p>
        <div className={css['tools']}>
          <Button variant="default" onClick={() => downloadJson(withoutServerMembers(board), title)}>{e('share.download')}</Button>
          <Button variant="default" onClick={() => downloadJson(exportForSharing(editableBoard(board).board), title)}>{e('share.export')}</Button>
        </div>
      </div>
    </Modal>
  )
}
