import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LocalText } from './api-types.ts'
import type { ServerOptions } from './deps.ts'
import { API_ERRORS } from './errors.ts'
import { addressesOf, hostsOf, openListeners, prefixOf } from './listeners.ts'
import type { Listeners } from './listeners.ts'
import { SECURITY_HEADERS } from './security/headers.ts'
import { hostAllowed } from './security/hosts.ts'

/** How far a start is. */
export interface StartProgress {
  /** `storage`: the data directory is opened; `log`: its write-ahead log is read; `rest`: everything else. */
  readonly stage: 'storage' | 'log' | 'rest'
  /** Part of the log that was read, 0 to 1. */
  readonly ratio?: number
  /** Segments of the log, as `/api/v1/status/walreplay` tells them. */
  readonly segments: { readonly min: number; readonly max: number; readonly current: number }
}

/**
 * Opens the listeners of a server that can't answer yet: it says that it is alive, not ready, and how far the start is. The pages do the same
 * and open by themselves. `HaechiServer.listen` takes the listeners over.
 *
 * @throws ListenError as {@link openListeners}; Error for a listen address that is none
 */
export function listenWhileStarting(options: ServerOptions, progress: () => StartProgress): Promise<Listeners> {
  const addresses = addressesOf(options)
  const prefix = prefixOf(options)
  const hosts = hostsOf(addresses, options.externalUrl === undefined ? undefined : new URL(options.externalUrl))
  const headers = { ...SECURITY_HEADERS, ...options.webConfig?.headers, 'Cache-Control': 'no-store' }
  return openListeners(addresses, prefix, options, (req, res, reachable) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    if (!reachable && !hostAllowed(req.headers.host, hosts)) return send(res, 403, TEXT, 'this server does not answer to that name\n')
    answer(req, res, prefix, progress())
  })
}

const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

function answer(req: IncomingMessage, res: ServerResponse, prefix: string, progress: StartProgress): void {
  const url = (req.url ?? '/').split('?', 1)[0]!
  const path = url.startsWith(prefix) ? url.slice(prefix.length) || '/' : url
  if (path === '/-/healthy') return send(res, 200, TEXT, 'Prometheus Server is Healthy.\n')
  if (path === '/api/v1/status/walreplay') return send(res, 200, 'application/json', JSON.stringify({ status: 'success', data: progress.segments }))
  if (path === '/-/starting.js') return send(res, 200, 'text/javascript; charset=utf-8', SCRIPT)
  const words = describe(progress)
  if (path === '/-/starting') return send(res, 200, JSON_TYPE, JSON.stringify({ ...words, ratio: progress.ratio ?? null }))
  res.setHeader('Retry-After', '1')
  const { en, ko } = API_ERRORS.unavailable.next
  // As the real one, which says no more.
  if (path.startsWith('/-/') || path === '/metrics' || path === '/federate') return send(res, 503, TEXT, 'Service Unavailable')
  const error = `Haechi is starting: ${words.en}`
  if (path.startsWith('/api/v1/')) return send(res, 503, 'application/json', JSON.stringify({ status: 'error', errorType: 'unavailable', error }))
  if (path.startsWith('/api/haechi/')) return send(res, 503, JSON_TYPE, JSON.stringify({ status: 'error', errorType: 'unavailable', error, code: 'unavailable', next: { en, ko } }))
  if (path.startsWith('/api/') || path.startsWith('/apis/')) return send(res, 503, JSON_TYPE, JSON.stringify({ message: error }))
  if (req.method !== 'GET' && req.method !== 'HEAD') return send(res, 503, TEXT, `${error}\n`)
  res.setHeader('Vary', 'Accept-Language')
  send(res, 503, 'text/html; charset=utf-8', page(prefix, words, progress.ratio, prefersKorean(req.headers['accept-language'])))
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}

function describe({ stage, ratio }: StartProgress): LocalText {
  switch (stage) {
    case 'storage': return { en: 'opening the data directory', ko: '데이터 폴더를 여는 중입니다' }
    case 'log': {
      const percent = Math.floor(100 * (ratio ?? 0))
      return { en: `reading the write-ahead log, ${percent} %`, ko: `저장된 기록(WAL)을 읽는 중입니다. ${percent} %` }
    }
    case 'rest': return { en: 'starting scrapes, rules and notifications', ko: '수집과 규칙, 알림을 시작하는 중입니다' }
  }
}

/** Whether Korean comes before English in an Accept-Language header; its order is that of the browser's list. */
function prefersKorean(header: string | undefined): boolean {
  for (const part of (header ?? '').split(',')) {
    const language = part.trim().toLowerCase().split(/[-;]/, 1)[0]
    if (language === 'ko' || language === 'en') return language === 'ko'
  }
  return false
}

/** Follows the progress and opens the page that was asked for; a language that was chosen on our pages holds here, too. */
const SCRIPT = `'use strict'
const words = { en: ['Haechi is starting', 'This page opens by itself.'], ko: ['Haechi를 시작하고 있습니다', '준비되면 화면이 자동으로 열립니다.'] }
let language = document.documentElement.lang
try {
  const chosen = localStorage.getItem('haechi.language')
  if (chosen === 'en' || chosen === 'ko') language = chosen
} catch {}
document.documentElement.lang = language
document.title = document.querySelector('h1').textContent = words[language][0]
document.getElementById('then').textContent = words[language][1]
const look = async () => {
  try {
    const answer = await fetch('-/starting', { cache: 'no-store' })
    const now = answer.headers.get('content-type').startsWith('application/json') ? await answer.json() : undefined
    // Once it is ready, this path is one of its pages or unknown.
    if (now === undefined || now.en === undefined) return location.reload()
    document.getElementById('what').textContent = now[language]
    const bar = document.querySelector('progress')
    if (now.ratio === null) bar.removeAttribute('value')
    else bar.value = now.ratio
  } catch {}
  setTimeout(look, 300)
}
setTimeout(look, 300)
`

function page(prefix: string, words: LocalText, ratio: number | undefined, korean: boolean): string {
  const title = korean ? 'Haechi를 시작하고 있습니다' : 'Haechi is starting'
  const then = korean ? '준비되면 화면이 자동으로 열립니다.' : 'This page opens by itself.'
  return `<!doctype html>
<html lang="${korean ? 'ko' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<base href="${prefix}/">
<title>${title}</title>
<meta http-equiv="refresh" content="10">
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 15px/1.5 system-ui, sans-serif; word-break: keep-all; background: #f5f7f7; color: #15201f }
main { width: min(26rem, 88vw) }
h1 { font-size: 1.3rem; margin: 0 0 .75rem }
progress { width: 100%; accent-color: #0b6b63 }
p { margin: .5rem 0 0 }
#then { color: #53605e }
@media (prefers-color-scheme: dark) { body { background: #101414; color: #e6ebea } progress { accent-color: #5cc0b3 } #then { color: #9fadab } }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<progress aria-labelledby="what"${ratio === undefined ? '' : ` value="${ratio.toFixed(3)}"`}></progress>
<p id="what" role="status">${korean ? words.ko : words.en}</p>
<p id="then">${then}</p>
</main>
<script src="-/starting.js"></script>
</body>
</html>
`
}
