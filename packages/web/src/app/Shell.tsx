import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Menu, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconChevronsLeft, IconChevronsRight, IconDots, IconKeyboard, IconLanguage, IconLogout, IconMoon, IconSearch, IconSun } from '@tabler/icons-react'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { listenForSignIn } from '../api/client.ts'
import { forgetQuestions } from '../api/first-questions.ts'
import { signOut } from '../api/haechi.ts'
import { overviewQuery, sessionQuery } from '../api/queries.ts'
import { LaterMenu } from '../components/LaterMenu.tsx'
import { Mark } from '../components/Mark.tsx'
import { useOnceOpened } from '../components/use-once-opened.ts'
import { changeLocale, useWords } from '../i18n/index.ts'
import { keepTime } from '../state/search.ts'
import type { PageSearch } from '../state/search.ts'
import { useIsPrinting } from '../state/printing.ts'
import { shortcutOf } from '../state/shortcuts.ts'
import type { ShortcutAction } from '../state/shortcuts.ts'
import { ConnectionBar } from './ConnectionBar.tsx'
import { Help } from './Help.tsx'
import { Palette } from './Palette.tsx'
import { PAGES } from './pages.ts'
import type { PageEntry } from './pages.ts'
import { RefreshProvider, useRefresh } from './refresh.tsx'
import { RefreshPicker, RangePicker, rangeText } from './TimeControls.tsx'
import { useCurrentTitle } from './title.ts'
import { useIsPhone } from './use-is-phone.ts'
import css from './Shell.module.css'

const PATH_OF: Partial<Record<ShortcutAction, string>> = { overview: '/', services: '/services', boards: '/boards', explore: '/explore', alerts: '/alerts', targets: '/targets', data: '/data' }

/** The frame around every page: rail, top bar, phone bar, shortcuts. The sign-in page stands alone. */
export function Shell(): ReactElement {
  const { pathname } = useLocation()
  if (pathname === '/login') return <main className={css['alone']}><Outlet /></main>
  return <RefreshProvider><Frame /></RefreshProvider>
}

type Open = 'palette' | 'help' | 'time' | undefined

function Frame(): ReactElement {
  const { t } = useWords()
  const title = useCurrentTitle()
  const { isRangeKnown } = useRefresh()
  const [open, setOpen] = useState<Open>(undefined)
  const [isNarrow, setNarrow] = useState(readNarrow)
  const navigate = useNavigate()
  const main = useRef<HTMLElement>(null)
  const palette = useOnceOpened(open === 'palette')
  const help = useOnceOpened(open === 'help')
  const isPhone = useIsPhone()
  useSignInRedirect()
  useShortcuts(setOpen)

  const setNarrowKept = (narrow: boolean): void => {
    setNarrow(narrow)
    try {
      localStorage.setItem('haechi.rail', narrow ? 'narrow' : 'wide')
    } catch {
      // Storage is forbidden: the choice lasts until the page is closed.
    }
  }

  return (
    <div className={css['frame']} data-narrow={isNarrow || undefined}>
      <a href="#main" className={css['skip']} onClick={e => { e.preventDefault(); main.current?.focus() }}>{t('app.skip')}</a>
      <nav className={css['rail']} aria-label={t('app.menu')}>
        <Link to={'/' as never} className={css['brand']} search={keepTime as never}><Mark size={28} /><span className={css['word']}>{t('app.name')}</span></Link>
        <ul className={css['pages']}>{PAGES.map(page => <li key={page.path}><PageLink page={page} /></li>)}</ul>
        <div className={css['below']}>
          <UnstyledButton className={css['item']} onClick={() => setOpen('help')}><IconKeyboard size={20} aria-hidden /><span className={css['word']}>{t('help.title')}</span></UnstyledButton>
          <SignOutButton />
          <LanguageButton />
          <ThemeButton />
          <UnstyledButton className={css['item']} onClick={() => setNarrowKept(!isNarrow)}>
            {isNarrow ? <IconChevronsRight size={20} aria-hidden /> : <IconChevronsLeft size={20} aria-hidden />}<span className={css['word']}>{t(isNarrow ? 'nav.expand' : 'nav.collapse')}</span>
          </UnstyledButton>
        </div>
      </nav>
      <div className={css['side']}>
        <header className={css['bar']}>
          <span className={css['logo']}><Mark size={24} /></span>
          <h1 className={css['title']}>{title}</h1>
          <PrintedRange />
          <Button variant="default" className={css['search']} leftSection={<IconSearch size={16} aria-hidden />} rightSection={<kbd className={css['key']}>Ctrl K</kbd>} onClick={() => setOpen('palette')}>{t('palette.open')}</Button>
          <ActionIcon variant="default" size={36} className={css['searchIcon']} aria-label={t('palette.open')} onClick={() => setOpen('palette')}><IconSearch size={18} /></ActionIcon>
          <RangePicker isOpen={open === 'time'} onOpen={o => setOpen(o ? 'time' : undefined)} />
          <RefreshPicker />
        </header>
        <ConnectionBar />
        <main id="main" ref={main} tabIndex={-1} className={css['main']}>{isRangeKnown && <Outlet />}</main>
      </div>
      {isPhone && <PhoneBar onHelp={() => setOpen('help')} />}
      {palette.isMade && <Palette isOpen={palette.isOpen} onClose={() => setOpen(undefined)} onGo={(to, search) => { setOpen(undefined); void navigate({ to: to as never, search: search as never }) }} />}
      {help.isMade && <Help isOpen={help.isOpen} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

/** What stretch of time the paper shows: nobody can ask it what "now" was. */
function PrintedRange(): ReactElement | null {
  const words = useWords()
  const { range } = useRefresh()
  return useIsPrinting() ? <p className={css['printed']}>{rangeText(String(Math.round(range.fromMs)), String(Math.round(range.toMs)), words)}</p> : null
}

function readNarrow(): boolean {
  try {
    const stored = localStorage.getItem('haechi.rail')
    return stored === null ? innerWidth < 1100 : stored === 'narrow'
  } catch {
    return innerWidth < 1100
  }
}

/** The number of firing alerts that nobody is on and that are not kept quiet, from the overview that some page has asked for anyway; asked for here where none has. */
function useFiringCount(): number {
  const { data } = useQuery(overviewQuery)
  return data?.firing.filter(f => f.quiet !== true).length ?? 0
}

function FiringBadge(): ReactElement | null {
  const { t } = useWords()
  const count = useFiringCount()
  if (count === 0) return null
  return <span className={css['badge']}><span aria-hidden>{count > 99 ? '99+' : count}</span><span className="hidden-visually">{t('nav.firing', { count })}</span></span>
}

function PageLink({ page }: { readonly page: PageEntry }): ReactElement {
  const { t } = useWords()
  const label = t(page.label)
  return (
    <Link to={page.path as never} search={keepTime as never} className={css['item']} activeOptions={{ exact: page.path === '/', includeSearch: false }} activeProps={{ 'data-active': true, 'aria-current': 'page' }}>
      <page.Icon size={20} aria-hidden /><span className={css['word']}>{label}</span>{page.path === '/alerts' && <FiringBadge />}
    </Link>
  )
}

function useThemeSwitch(): { readonly isDark: boolean; readonly toggle: () => void } {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('dark') === 'dark'
  return { isDark, toggle: () => setColorScheme(isDark ? 'light' : 'dark') }
}

function ThemeButton(): ReactElement {
  const { t } = useWords()
  const { isDark, toggle } = useThemeSwitch()
  const label = t(isDark ? 'theme.light' : 'theme.dark')
  return <UnstyledButton className={css['item']} onClick={toggle}>{isDark ? <IconSun size={20} aria-hidden /> : <IconMoon size={20} aria-hidden />}<span className={css['word']}>{label}</span></UnstyledButton>
}

function LanguageButton(): ReactElement {
  const { t, locale } = useWords()
  return (
    <UnstyledButton className={css['item']} onClick={() => changeLocale(locale === 'ko' ? 'en' : 'ko')} title={t('language.switch')} lang={locale === 'ko' ? 'en' : 'ko'}>
      <IconLanguage size={20} aria-hidden /><span className={css['word']}>{t('language.short')}</span>
    </UnstyledButton>
  )
}

/** Signs out and asks for the password again; there only for someone who is signed in. */
function useSignOut(): { readonly user: string; readonly signOut: () => void } | undefined {
  const { data } = useQuery(sessionQuery)
  const client = useQueryClient()
  const navigate = useNavigate()
  const { mutate } = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await navigate({ to: '/login' as never })
      client.clear()
      forgetQuestions(() => localStorage)
    },
  })
  return data?.user == null ? undefined : { user: data.user, signOut: mutate }
}

function SignOutButton(): ReactElement | null {
  const { t } = useWords()
  const session = useSignOut()
  if (session === undefined) return null
  const label = t('session.signOut', { user: session.user })
  return <UnstyledButton className={css['item']} onClick={() => session.signOut()}><IconLogout size={20} aria-hidden /><span className={css['word']}>{label}</span></UnstyledButton>
}

function PhoneBar({ onHelp }: { readonly onHelp: () => void }): ReactElement {
  const { t, locale } = useWords()
  const { isDark, toggle } = useThemeSwitch()
  const session = useSignOut()
  const navigate = useNavigate()
  const onBar = PAGES.filter(p => p.path === '/' || p.path === '/boards' || p.path === '/alerts')
  const others = PAGES.filter(p => !onBar.includes(p))
  return (
    <nav className={css['phone']} aria-label={t('app.menu')}>
      {onBar.map(page => <PageLink key={page.path} page={page} />)}
      <LaterMenu position="top-end" width={220} target={<UnstyledButton className={css['item']}><IconDots size={20} aria-hidden /><span className={css['word']}>{t('app.more')}</span></UnstyledButton>}>
        {others.map(p => <Menu.Item key={p.path} leftSection={<p.Icon size={18} />} onClick={() => void navigate({ to: p.path as never, search: keepTime as never })}>{t(p.label)}</Menu.Item>)}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLanguage size={18} />} onClick={() => changeLocale(locale === 'ko' ? 'en' : 'ko')}>{t('language.short')}</Menu.Item>
        <Menu.Item leftSection={isDark ? <IconSun size={18} /> : <IconMoon size={18} />} onClick={toggle}>{t(isDark ? 'theme.light' : 'theme.dark')}</Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={18} />} onClick={onHelp}>{t('help.title')}</Menu.Item>
        {session !== undefined && <Menu.Item leftSection={<IconLogout size={18} />} onClick={() => session.signOut()}>{t('session.signOutShort')}</Menu.Item>}
      </LaterMenu>
    </nav>
  )
}

function useSignInRedirect(): void {
  const navigate = useNavigate()
  useEffect(() => {
    listenForSignIn(() => {
      void navigate({ to: '/login' as never, search: { next: location.pathname + location.search } as never, replace: true })
    })
    return () => listenForSignIn(() => {})
  }, [navigate])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}

function useShortcuts(setOpen: (open: Open) => void): void {
  const { refreshNow } = useRefresh()
  const navigate = useNavigate()
  const prefix = useRef(0)
  const run = useMemo(() => (action: ShortcutAction): void => {
    const path = PATH_OF[action]
    if (path !== undefined) void navigate({ to: path as never, search: ((prev: PageSearch) => keepTime(prev)) as never })
    else if (action === 'refresh') refreshNow()
    else if (action === 'filter') document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
    else if (action === 'palette' || action === 'help' || action === 'time') setOpen(action)
  }, [navigate, refreshNow, setOpen])
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      // Inside a dialog its own keys count; Ctrl K still opens the search.
      const inDialog = e.target instanceof Element && e.target.closest('[role="dialog"]') !== null
      const next = shortcutOf({ key: e.key, code: e.code, ctrl: e.ctrlKey || e.metaKey, alt: e.altKey, typing: isTyping(e.target) || inDialog || e.isComposing, timeMs: e.timeStamp + 1 }, prefix.current)
      prefix.current = next.prefixMs
      if (next.action === undefined || e.defaultPrevented) return
      e.preventDefault()
      run(next.action)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [run])
}
