import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from 'playwright-core'
import { startTestServer } from './test-server.ts'
import type { TestServer } from './test-server.ts'

/** The system's browser; the browser test is skipped where it is not installed. */
export const CHROMIUM = '/usr/bin/chromium'

/** Why the browser test can't run here; undefined if it can. */
export function whyNoBrowser(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`
}

/** Where pictures go; not kept in the repository. */
export const PICTURES: string = fileURLToPath(new URL('../../../test-output/web/', import.meta.url))

/** The built pages, which `npm test` has built before; built now if they are out of date, once for all test files. @returns their folder */
export async function builtPages(): Promise<string> {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build.mjs'), 'web'], {
    // The test runner's own mode would bring React's development code.
    cwd: root, env: { ...process.env, NODE_ENV: 'production' },
  })
  return join(root, 'dist/web')
}

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
}

/** What a file of browser tests works with. */
export interface OpenPages {
  /** Folder of the built pages. */
  readonly dist: string
  readonly browser: Browser
  readonly server: TestServer
}

/** Pages, a server of made-up answers and a browser, for `beforeAll`: time to build is in {@link OPENING_MS}. */
export async function openPages(): Promise<OpenPages> {
  const dist = await builtPages()
  await mkdir(PICTURES, { recursive: true })
  return { dist, server: await startTestServer(dist, ''), browser: await startBrowser() }
}

/** Ends what {@link openPages} began; what it did not get to is undefined. */
export async function closePages(browser: Browser | undefined, server: TestServer | undefined): Promise<void> {
  await browser?.close()
  await server?.close()
}

/** How long {@link openPages} may take on a machine that has other work, ms. */
export const OPENING_MS = 240_000

/** How a page is looked at. */
export interface Look {
  readonly width: 390 | 1440
  readonly theme: 'dark' | 'light'
  readonly language: 'en' | 'ko'
}

/** Opens a page for a look. Everything that the browser complains about is collected in `complaints`. */
export async function openPage(browser: Browser, look: Look, complaints: string[], more: BrowserContextOptions = {}): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width === 390 ? 844 : 900 }, locale: look.language === 'ko' ? 'ko-KR' : 'en-US', timezoneId: 'Asia/Seoul', colorScheme: look.theme, reducedMotion: 'reduce',
    hasTouch: look.width === 390, isMobile: look.width === 390, ...more,
  })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', error => complaints.push(`${page.url()}: ${error.message}`))
  return { context, page }
}

/**
 * For suites that drive the browser: one that fails is repeated once, because a loaded machine can make Chromium miss what a person would just do again.
 * The closing lines of the run name it, so it does not stay unseen.
 */
export const BROWSER_SUITE = { retry: 1 } as const

/** The script of axe, to be evaluated in a page. */
export const AXE: string = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe calls serious or critical, as short lines. Its script must be in the page. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const results = await page.evaluate(`axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`) as { violations: { id: string; impact: string; nodes: { html: string; any: { message: string }[] }[] }[] }
  return results.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.any[0]?.message ?? ''}`))
}

/** A page to be looked at, below the server's root: its name in pictures, its path, and what is there once it can be looked at. */
export interface LookedAt {
  readonly name: string
  readonly path: string
  readonly ready: string
}

/** Opens each page for a look and takes a whole picture of it. @returns what is wider than the window and what axe finds, by page */
export async function faultsOf(page: Page, root: string, pages: readonly LookedAt[], look: Look): Promise<string[]> {
  const axe = await readFile(AXE, 'utf8')
  const faults: string[] = []
  for (const shot of pages) {
    await page.goto(root + shot.path)
    await page.waitForSelector(shot.ready, { state: 'attached' })
    await page.waitForFunction(() => document.fonts.status === 'loaded' && document.querySelectorAll('.mantine-Skeleton-root').length === 0)
    await page.screenshot({ path: join(PICTURES, `${shot.name}-${look.width}-${look.theme}-${look.language}.png`), fullPage: true })
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (tooWide > 0) faults.push(`${shot.name}: ${tooWide} px too wide`)
    await page.evaluate(axe)
    faults.push(...(await seriousFaults(page)).map(f => `${shot.name}: ${f}`))
  }
  return faults
}

/** The queries over time that a request asks, alone or with others. */
export function askedQueries(request: Request): string[] {
  const body = request.postData() ?? ''
  if (request.url().endsWith('/api/v1/query_range')) return [new URLSearchParams(body).get('query') ?? '']
  if (!request.url().endsWith('/api/haechi/v1/queries')) return []
  return (JSON.parse(body) as { readonly queries: readonly string[] }).queries.filter(q => q.startsWith('query_range?')).map(q => new URLSearchParams(q.slice(q.indexOf('?'))).get('query') ?? '')
}
