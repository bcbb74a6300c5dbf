import type { ReactElement } from 'react'
import { Kbd, Modal } from '@mantine/core'
import { useWords } from '../i18n/index.ts'
import css from './Help.module.css'
import { PAGES } from './pages.ts'

const LETTERS: Readonly<Record<string, string>> = { '/': 'o', '/services': 's', '/boards': 'b', '/explore': 'e', '/alerts': 'a', '/targets': 't', '/data': 'd' }

/** The keyboard shortcuts. */
export function Help({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }): ReactElement {
  const { t } = useWords()
  return (
    <Modal opened={isOpen} onClose={onClose} title={t('help.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <dl className={css['keys']}>
        <dt><Kbd>Ctrl</Kbd> <Kbd>K</Kbd></dt><dd>{t('help.palette')}</dd>
        {PAGES.filter(page => LETTERS[page.path] !== undefined).map(page => <Row key={page.path} letter={LETTERS[page.path]!} text={t(page.label)} />)}
        <dt><Kbd>t</Kbd></dt><dd>{t('help.time')}</dd>
        <dt><Kbd>r</Kbd></dt><dd>{t('help.refresh')}</dd>
        <dt><Kbd>/</Kbd></dt><dd>{t('help.filter')}</dd>
        <dt><Kbd>←</Kbd> <Kbd>→</Kbd></dt><dd>{t('help.chart')}</dd>
        <dt><Kbd>a</Kbd></dt><dd>{t('help.note')}</dd>
        <dt><Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd></dt><dd>{t('help.run')}</dd>
        <dt><Kbd>?</Kbd></dt><dd>{t('help.help')}</dd>
      </dl>
    </Modal>
  )
}

function Row({ letter, text }: { readonly letter: string; readonly text: string }): ReactElement {
  return <><dt><Kbd>g</Kbd> <Kbd>{letter}</Kbd></dt><dd>{text}</dd></>
}
