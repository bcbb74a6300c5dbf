import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CHROMIUM = '/usr/bin/chromium'
const missing = existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`
if (missing !== undefined) console.warn(`skipped: the demo is not opened in a browser, because ${missing}`)

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PICTURES = join(ROOT, 'test-output/demo')

/** What the browser may say and is no fault of ours. */
const HARMLESS = /favicon/

// What `npm start` runs, opened by a real browser: what a newcomer sees in the first minute.
describe.skipIf(missing !== undefined)('the demo in a real browser', { timeout: 90_000, retry: 1 }, () => {
  let folder: string
  let server: ChildProcess
  let url: string
  let browser: Browser
  let page: Page
  const complaints: string[] = []
  let startedMs: number
  let answeredMs: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haechi-demo-'))
    await mkdir(PICTURES, { recursive: true })
    startedMs = Date.now()
    server = spawn(process.execPath, [join(ROOT, 'bin/haechi'), '--demo', '--web.listen-address=127.0.0.1:0'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    url = await new Promise<string>((resolve, reject) => {
      let said = ''
      const hear = (data: Buffer): void => {
        said += data.toString()
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
        if (found !== null) resolve(found[0])
      }
      server.stdout!.on('data', hear)
      server.stderr!.on('data', (data: Buffer) => { said += data.toString() })
      server.once('exit', code => reject(new Error(`haechi ended with ${code}: ${said}`)))
    })
    answeredMs = Date.now()
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', colorScheme: 'dark', reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('console', m => { if (m.type() === 'error' && !HARMLESS.test(m.text())) complaints.push(`${page.url()}: ${m.text()}`) })
    page.on('pageerror', err => complaints.push(`${page.url()}: ${err.message}`))
    page.on('response', r => { if (r.status() >= 400) complaints.push(`${r.status()} ${r.url()}`) })
  }, 90_000)

  afterAll(async () => {
    await browser?.close()
    if (server !== undefined && server.exitCode === null) {
      server.kill('SIGTERM')
      await new Promise(resolve => { server.once('exit', resolve) })
    }
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  test('the overview says how things are, and its cards have numbers', async () => {
    await page.goto(url)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await page.getByText('orders').first().waitFor()
    // The rate of a demo service, with its unit: the first panel that needs two scrapes.
    await page.getByText(/req\/s/).first().waitFor({ timeout: 30_000 })
    const firstRateMs = Date.now()
    console.log(`first seconds: the server answered after ${answeredMs - startedMs} ms, the first rate stood on the page after ${firstRateMs - startedMs} ms`)
    await page.screenshot({ path: join(PICTURES, 'overview.png') })
  })

  test('every panel of the API overview and of this computer draws data', async () => {
    for (const uid of ['haechi-api-overview', 'haechi-this-computer']) {
      await page.goto(`${url}/boards/${uid}`)
      await page.locator('main article').first().waitFor()
      const titles = await page.locator('main article').evaluateAll(cards => cards.map(c => c.getAttribute('aria-label') ?? ''))
      expect(titles.length).toBeGreaterThan(5)
      const empty: string[] = []
      for (const [i, title] of titles.entries()) {
        const card = page.locator('main article').nth(i)
        await card.scrollIntoViewIfNeeded()
        try {
          await card.locator('canvas, svg[role=img], dd, [data-stat], table').first().waitFor({ timeout: 20_000 })
        } catch {
          empty.push(`${title}: ${(await card.textContent()) ?? ''}`)
        }
        const note = card.locator('[role=note], [role=alert]')
        // A Prometheus that runs on this machine is found too, and has more endpoints than are drawn: no reason for an empty panel.
        const texts = (await note.allTextContents()).filter(t => !/^The [\d,]+ highest of [\d,]+ series/.test(t))
        if (texts.length > 0) empty.push(`${title}: ${texts[0]}`)
      }
      await page.screenshot({ path: join(PICTURES, `${uid}.png`), fullPage: true })
      expect(empty, `panels of ${uid} without data`).toEqual([])
    }
  })

  test.each(['boards', 'explore', 'alerts', 'alerts?tab=rules', 'targets'])('/%s opens', async path => {
    await page.goto(`${url}/${path}`)
    await page.locator('main').waitFor()
    await page.getByRole('heading').first().waitFor()
    await page.waitForTimeout(500)
    await page.screenshot({ path: join(PICTURES, `${path.replaceAll(/\W+/g, '-')}.png`) })
  })

  test('a query in Explore draws a graph', async () => {
    await page.goto(`${url}/explore?expr=${encodeURIComponent('sum by (job) (rate(http_requests_total[1m]))')}`)
    await page.locator('main canvas').first().waitFor({ timeout: 20_000 })
    await page.screenshot({ path: join(PICTURES, 'explore-graph.png') })
  })

  test('another server is added as a data source, tried, asked in Explore and by a board that names it, and taken away', async () => {
    await page.goto(`${url}/settings`)
    await page.getByRole('button', { name: 'Add a data source' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('second')
    // It asks itself, as any other server that speaks Prometheus' API.
    await dialog.getByLabel('URL', { exact: true }).fill(url)
    await dialog.getByRole('button', { name: 'Test', exact: true }).click()
    await dialog.getByRole('status').getByText(/answers, in \d/).waitFor()
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Delete second' }).waitFor()
    await page.getByRole('link', { name: /Explore.*: second|: second/ }).click()
    await page.waitForURL(/\/explore\?ds=/)
    const uid = new URL(page.url()).searchParams.get('ds')!
    const asked: string[] = []
    page.on('request', r => asked.push(new URL(r.url()).pathname))
    await page.goto(`${url}/explore?ds=${uid}&expr=${encodeURIComponent('sum by (job) (up)')}`)
    await page.locator('main canvas').first().waitFor({ timeout: 20_000 })
    expect(asked.some(path => path.startsWith(`/api/datasources/proxy/uid/${uid}/api/v1/`)), asked.join(' ')).toBe(true)
    await page.getByLabel('Data source', { exact: true }).selectOption({ label: 'second' })
    await page.screenshot({ path: join(PICTURES, 'explore-second.png') })
    const variable = { name: 'ds', type: 'datasource', query: 'prometheus', current: { text: 'second', value: uid } }
    const board = { title: 'Two servers', uid: 'two-servers', schemaVersion: 41, templating: { list: [variable] }, panels: [{ id: 1, type: 'stat', title: 'from ${ds}', datasource: { type: 'prometheus', uid: '${ds}' }, gridPos: { x: 0, y: 0, w: 12, h: 6 }, targets: [{ refId: 'A', expr: 'count(up)' }] }] }
    expect((await page.request.post(`${url}/api/dashboards/db`, { data: { dashboard: board } })).status()).toBe(200)
    await page.goto(`${url}/boards/two-servers`)
    const card = page.getByRole('article', { name: 'from second' })
    await card.locator('[data-stat], dd, svg[role=img], canvas').first().waitFor({ timeout: 20_000 })
    await page.screenshot({ path: join(PICTURES, 'board-second.png') })
    await page.goto(`${url}/settings`)
    await page.getByRole('button', { name: 'Delete second' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete second' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Delete second' }).count(), { timeout: 10_000 }).toBe(0)
  })

  test('a board with a panel of the library opens and draws it; one that is not there is named', async () => {
    const model = { type: 'stat', title: 'Of the library', targets: [{ refId: 'A', expr: 'count(up)' }] }
    expect((await page.request.post(`${url}/api/library-elements`, { data: { kind: 1, name: 'shared', uid: 'shared', model } })).ok()).toBe(true)
    const at = (x: number): object => ({ x, y: 0, w: 12, h: 6 })
    const board = { title: 'Of the library', uid: 'of-the-library', schemaVersion: 41, panels: [{ id: 1, gridPos: at(0), libraryPanel: { uid: 'shared', name: 'shared' } }, { id: 2, gridPos: at(12), libraryPanel: { uid: 'gone', name: 'gone panel' } }] }
    expect((await page.request.post(`${url}/api/dashboards/db`, { data: { dashboard: board } })).status()).toBe(200)
    await page.goto(`${url}/boards/of-the-library`)
    await page.getByRole('article', { name: 'Of the library' }).locator('[data-stat], dd, svg[role=img], canvas').first().waitFor({ timeout: 20_000 })
    await page.getByText(/gone panel/).first().waitFor()
    await page.screenshot({ path: join(PICTURES, 'board-library.png') })
    // What is not there was asked for.
    const expected = complaints.filter(c => c.includes('/api/library-elements/gone') || c.includes('status of 404'))
    for (const c of expected) complaints.splice(complaints.indexOf(c), 1)
  })

  test('nothing complained', () => expect(complaints).toEqual([]))
})
