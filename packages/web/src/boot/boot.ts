// The first script of every page, run before anything is painted; a file of its own because the page forbids inline scripts. Sets the theme, and has what is needed first
// brought while the page's code is on its way: the code of boards where the address is a board's, and the first answers of the server.

import { boardUid, firstPaths } from '../api/first-paths.ts'
import { readLocale } from '../i18n/locale.ts'

function storedTheme(): string | null {
  try {
    return localStorage.getItem('haechi.theme')
  } catch {
    return null // Storage is forbidden: the system's theme it is.
  }
}

const theme = storedTheme()
document.documentElement.setAttribute('data-mantine-color-scheme', theme === 'dark' || theme === 'light' ? theme : matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark')

const root = new URL('./', document.baseURI)
const path = location.pathname.startsWith(root.pathname) ? location.pathname.slice(root.pathname.length) : ''

if (boardUid(path) !== undefined) {
  for (const file of document.querySelector<HTMLMetaElement>('meta[name="board-code"]')?.content.split(' ') ?? []) {
    const link = document.createElement('link')
    if (file.endsWith('.css')) {
      link.rel = 'preload'
      link.as = 'style'
    } else link.rel = 'modulepreload'
    link.crossOrigin = ''
    link.href = file
    document.head.append(link)
  }
}

globalThis.haechiEarly = new Map(firstPaths(path, readLocale()).map(address => {
  const answer = fetch(new URL(address, root), { credentials: 'same-origin' })
  // Who takes it hears of a failure.
  answer.catch(() => {})
  return [address, answer]
}))
