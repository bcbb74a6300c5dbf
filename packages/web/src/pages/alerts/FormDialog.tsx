import { useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button, Modal } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import type { PageSearch } from '../../state/search.ts'
import { useAlertWords } from './alert-words.ts'
import css from './Alerts.module.css'

/** Props of `FormDialog`. */
export interface FormDialogProps {
  readonly title: string
  readonly size: 'lg' | 'xl'
  readonly onClose: () => void
  readonly children: (close: FormDialogClose) => ReactNode
}

/** How a form closes its dialog. */
export interface FormDialogClose {
  /** Asks first where something was entered. */
  readonly leave: () => void
  /** At once: everything is saved. */
  readonly done: () => void
}

/** A dialog with a form: what was entered is not lost by Escape, the back button, another page or a reload without a question. */
export function FormDialog({ title, size, onClose, children }: FormDialogProps): ReactElement {
  const { t, a } = useAlertWords()
  const isEntered = useRef(false)
  const [isAsking, setAsking] = useState(false)
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => {
      const [from, to] = [current.search as PageSearch, next.search as PageSearch]
      return isEntered.current && (current.pathname !== next.pathname || from.open !== to.open || from.tab !== to.tab)
    },
    enableBeforeUnload: () => isEntered.current,
    withResolver: true,
  })
  const done = (): void => {
    isEntered.current = false
    onClose()
  }
  const leave = (): void => {
    if (isEntered.current) setAsking(true)
    else onClose()
  }
  const isHeld = blocker.status === 'blocked'
  const stay = (): void => {
    setAsking(false)
    if (isHeld) blocker.reset()
  }
  const discard = (): void => {
    isEntered.current = false
    setAsking(false)
    if (isHeld) blocker.proceed()
    else onClose()
  }
  return (
    <Modal opened onClose={leave} closeOnClickOutside={false} size={size} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div onInput={() => { isEntered.current = true }} onChange={() => { isEntered.current = true }}><Form render={children} leave={leave} done={done} /></div>
      {/* Made when it is asked, for the key that closes the form must not close the question too. */}
      {(isAsking || isHeld) && (
        <Modal opened onClose={stay} title={a('rule.discard')} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{a('rule.discardText')}</p>
          <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={stay}>{a('rule.keep')}</Button><Button color="red.8" onClick={discard}>{a('rule.discardDo')}</Button></div>
        </Modal>
      )}
    </Modal>
  )
}

function Form({ render, leave, done }: FormDialogClose & { readonly render: FormDialogProps['children'] }): ReactNode {
  return render({ leave, done })
}
