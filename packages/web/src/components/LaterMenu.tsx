import { Menu } from '@mantine/core'
import { cloneElement, useLayoutEffect, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { MenuProps } from '@mantine/core'

/** What a button takes that opens a menu. */
interface TargetProps {
  readonly ref?: React.Ref<HTMLButtonElement>
  readonly onClick?: () => void
  readonly 'aria-haspopup'?: 'menu'
  readonly 'aria-expanded'?: boolean
}

/** Props of `LaterMenu`. */
export interface LaterMenuProps extends Pick<MenuProps, 'position' | 'width'> {
  /** The button that opens it. */
  readonly target: ReactElement<TargetProps>
  readonly children: ReactNode
}

/** A menu that is made when it is opened for the first time: until then it is its button. A board has one on each panel, and hardly any is ever opened. */
export function LaterMenu({ target, children, ...props }: LaterMenuProps): ReactElement {
  const [isMade, setMade] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    if (!isMade) return
    // The button is another element now; the menu gives the focus back to where it was when it opens.
    button.current?.focus()
    // oxlint-disable-next-line react/set-state-in-effect
    setOpen(true)
  }, [isMade])
  if (!isMade) return cloneElement(target, { 'aria-haspopup': 'menu', 'aria-expanded': false, onClick: () => setMade(true) })
  return (
    <Menu withinPortal opened={isOpen} onChange={setOpen} {...props}>
      <Menu.Target>{cloneElement(target, { ref: button })}</Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
}
