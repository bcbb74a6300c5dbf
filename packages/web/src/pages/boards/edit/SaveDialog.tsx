import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '@haechi/dashboards'
import { getBoardAnswer, saveBoard } from '../../../api/boards.ts'
import type { BoardMeta, SavedBoard } from '../../../api/boards.ts'
import { ApiFailure } from '../../../api/failure.ts'
import { boardsQuery } from '../../../api/queries.ts'
import { failureText } from '../../../components/Failure.tsx'
import { DiffView } from './DiffView.tsx'
import { FolderSelect } from './FolderSelect.tsx'
import { downloadJson } from './download.ts'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** Props of `SaveDialog`. */
export interface SaveDialogProps {
  readonly board: JsonObject
  /** As it was when the editing began; undefined for a new board. */
  readonly before: JsonObject | undefined
  readonly meta: BoardMeta
  /** `asCopy`: the board got a uid of its own. */
  readonly onSaved: (saved: SavedBoard, board: JsonObject, asCopy: boolean) => void
  readonly onClose: () => void
}

/** Says what will change, takes a note about it, and saves. A board from a file is written back by hand or saved as a copy; a conflict is told and decided. */
export function SaveDialog({ board, before, meta, onSaved, onClose }: SaveDialogProps): ReactElement {
  const { e, t, locale } = useEditWords()
  const client = useQueryClient()
  const isFile = meta.canSave === false
  const [message, setMessage] = useState('')
  const [folderUid, setFolder] = useState(meta.folderUid ?? '')
  const [title, setTitle] = useState(String(board['title'] ?? ''))
  const [asCopy, setCopy] = useState(isFile)
  const [theirs, setTheirs] = useState<JsonObject | undefined>(undefined)
  const isNew = before === undefined
  const save = useMutation({
    mutationFn: async (overwrite: boolean) => {
      const { id: _id, ...rest } = board
      const toSave: JsonObject = asCopy ? { ...rest, uid: '', version: 0, title: title.trim() } : { ...board, title: title.trim() }
      const saved = await saveBoard(toSave, { folderUid, message, overwrite })
      return { saved, board: { ...toSave, uid: saved.uid, version: saved.version } }
    },
    onSuccess: async result => {
      await client.invalidateQueries({ queryKey: boardsQuery.queryKey })
      onSaved(result.saved, result.board, asCopy)
    },
    onError: async err => {
      if (err instanceof ApiFailure && err.status === 412) setTheirs((await getBoardAnswer(String(board['uid']), locale)).dashboard)
    },
  })
  const isConflict = save.error instanceof ApiFailure && save.error.status === 412
  return (
    <Modal opened onClose={onClose} title={e(isNew ? 'save.new' : asCopy ? 'save.copy' : 'save.title')} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css['rows']} onSubmit={ev => { ev.preventDefault(); if (title.trim() !== '') save.mutate(false) }}>
        {isFile && <p role="note" className={css['notice']}>{e('save.file')}</p>}
        {isConflict && (
          <div role="alert" className={css['notice']} data-bad>
            <strong>{e('save.conflict')}</strong>
            <p>{e('save.conflictHint')}</p>
            {theirs !== undefined && before !== undefined && <details><summary>{e('save.theirs')}</summary><DiffView before={before} after={theirs} /></details>}
            <div className={css['tools']}>
              <Button size="xs" color="red" variant="outline" loading={save.isPending} onClick={() => save.mutate(true)}>{e('save.overwrite')}</Button>
              <Button size="xs" variant="default" onClick={() => { setCopy(true); setTitle(`${title} (${e('save.copyWord')})`); save.reset() }}>{e('save.asCopy')}</Button>
            </div>
          </div>
        )}
        {(isNew || asCopy) && <TextInput data-autofocus label={e('board.title')} value={title} error={title.trim() === '' ? e('board.noTitle') : undefined} onChange={ev => setTitle(ev.currentTarget.value)} />}
        <FolderSelect value={folderUid} onChange={setFolder} />
        {!isNew && <TextInput {...(isNew || asCopy ? {} : { 'data-autofocus': true })} label={e('save.note')} placeholder={e('save.noteHint')} value={message} onChange={ev => setMessage(ev.currentTarget.value)} />}
        {before !== undefined && <section aria-label={e('save.changes')}><h3 className={css['small']}>{e('save.changes')}</h3><DiffView before={before} after={board} /></section>}
        {save.isError && !isConflict && <p role="alert" className="health-critical">{failureText(save.error, t, locale).text}</p>}
        <div className={css['tools']}>
          <Button type="submit" loading={save.isPending} disabled={title.trim() === '' || isConflict}>{e(asCopy ? 'save.asCopy' : 'save.button')}</Button>
          {isFile && <Button variant="default" onClick={() => downloadJson(withoutServerMembers(board), title)}>{e('save.download')}</Button>}
          {!isNew && !isFile && <Button variant="default" onClick={() => { setCopy(!asCopy); save.reset(); if (!asCopy) setTitle(`${String(board['title'] ?? '')} (${e('save.copyWord')})`); else setTitle(String(board['title'] ?? '')) }}>{e(asCopy ? 'save.notCopy' : 'save.asCopy')}</Button>}
        </div>
      </form>
    </Modal>
  )
}

/** The JSON as it belongs into a file: id and version are numbers of this server. */
export function withoutServerMembers(board: JsonObject): JsonObject {
  const { id: _id, version: _version, ...rest } = board
  return rest
}
