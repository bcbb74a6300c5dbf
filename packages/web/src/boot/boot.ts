// The first script of every page, run before anything is painted; a file of its own because the page forbids inline scripts. Sets the theme, and has what is needed first
// brought while the page's code is on its way: the code of boards where the address is a board's, and the first answers of the server.

import { boardUid, firstPaths } from '../api/first-paths.ts'
import { addressesAt, recallQuestions } from '../api/first-questions.ts'
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

const tMs = Date.now()
const opened = { tMs, address: path + location.search }
const first = boardUid(path) === undefined ? undefined : recallQuestions(() => localStorage, opened.address, innerWidth)
const ask = (address: string, init?: RequestInit): Promise<Response> => {
  const answer = fetch(new URL(address, root), { credentials: 'same-origin', ...init })
  // Who takes it hears of a failure.
  answer.catch(() => {})
  return answer
}
const askFirst = (): Pick<typeof globalThis.haechiOpened & object, 'questions'> => {
  if (first === undefined) return {}
  const addresses = addressesAt(first, tMs)
  return { questions: { addresses, answer: ask('api/haechi/v1/queries', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'haechi' }, body: JSON.stringify({ queries: addresses }) }) } }
}
// The data of a board is what takes longest: it comes before the frame around it.
globalThis.haechiOpened = { ...opened, ...askFirst() }
globalThis.haechiEarly = new Map(firstPaths(path, readLocale()).map(address => [address, ask(address)]))
