import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSER_SUITE, OPENING_MS, PICTURES, askedQueries, closePages, openPage, openPages, whyNoBrowser } from './browser.ts'
import type { Look } from './browser.ts'
import { HOSTILE_BOARD, longBoard } from './hostile-boards.ts'
import type { TestServer } from './test-server.ts'

const missing = whyNoBrowser()
if (missing !== undefined) console.warn(`skipped: hostile and huge boards are not opened in a browser, because ${missing}`)

const WIDE: Look = { width: 1440, theme: 'dark', language: 'en' }

/** Everything in the page that runs or could: handlers, scripts, frames, addresses that are code. */
const runnable = (page: Page): Promise<string[]> => page.evaluate(() => {
  const out = (globalThis as { __ran?: number }).__ran === undefined ? [] : ['a script ran']
  for (const e of document.querySelectorAll('body *')) {
    if (/^(script|iframe|object|embed|form|meta|base)$/i.test(e.tagName) && !e.matches('script[src*="assets/"]') && e.closest('article') !== null) out.push(e.outerHTML.slice(0, 100))
    for (const a of e.attributes) {
      if (a.name.startsWith('on')) out.push(`${e.tagName} ${a.name}`)
      // As a browser reads an address: without blanks and control characters.
      // oxlint-disable-next-line no-control-regex
      if (/^(href|src|action|formaction|xlink:href|data)$/.test(a.name) && /^(javascript|vbscript|data:text)/i.test(a.value.replace(/[\u0000-\u0020]/g, ''))) out.push(`${e.tagName} ${a.name}=${a.value.slice(0, 60)}`)
    }
  }
  return out
})

describe.skipIf(missing !== undefined)('hostile and huge boards', { timeout: 60_000, ...BROWSER_SUITE }, () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    ({ server, browser } = await openPages())
  }, OPENING_MS)
  afterAll(() => closePages(browser, server))

  // Without the policy, too: it is the second line of defence, and must not be the only one.
  test.each([{ bypassCSP: false }, { bypassCSP: true }])('[H1] no script of a board, a label or a link runs ($bypassCSP)', async how => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints, how)
    await page.goto(`${server.url}boards/hostile`)
    await page.locator('article canvas').first().waitFor()
    await page.getByRole('article', { name: 'markdown' }).locator('a').first().waitFor()
    await page.getByRole('article', { name: 'html' }).locator('p').waitFor()
    await page.getByRole('article', { name: 'table' }).locator('tbody td').first().waitFor()
    await page.getByRole('article', { name: 'failing' }).getByText('unknown function').waitFor()
    await expect.poll(() => page.locator('article[aria-busy]').count(), { timeout: 20_000 }).toBe(0)
    // Tooltips: of the chart, then of the description.
    await page.locator('article .u-over').first().hover()
    await page.locator('article [role=status]:not([hidden]) span').first().waitFor()
    await page.locator('article button[aria-label*="__ran"]').first().hover()
    await page.locator('[role=tooltip]').first().waitFor()
    expect(await runnable(page)).toEqual([])
    await page.screenshot({ path: join(PICTURES, 'hostile-1440-dark-en.png'), fullPage: true })
    await page.goto(`${server.url}boards/hostile?tab=edit&open=settings`)
    await page.locator('main [role=tabpanel] input').first().waitFor()
    expect(await runnable(page)).toEqual([])
    await page.goto(`${server.url}explore?expr=hostile_labels`)
    await page.locator('main canvas').first().waitFor()
    expect(await runnable(page)).toEqual([])
    await context.close()
    // The wrong query is answered with 400, which the browser's console tells by itself. Chromium reports the handlers that the sanitiser reads in a
    // document of its own before it takes them out, though nothing ever runs there: the page without a policy shows that. Nothing else may be refused.
    expect(complaints.filter(c => !c.includes('status of 400') && !(c.includes('/boards/hostile: ') && c.includes('inline event handler')))).toEqual([])
  })

  test('[H2] what is no board is refused with the place, and the page lives', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/import`)
    const box = page.getByLabel('Or paste its JSON')
    for (const text of ['{"panels": [1', '[]', '"x"', 'null', '{"title": {}, "panels": {}}', '{"panels": [{"gridPos": {"x": "a", "w": -5, "h": 1e9}, "targets": 7, "type": 3}], "templating": {"list": 3}}', '{"panels": [null, 1, "x", []]}', '{"schemaVersion": "x", "rows": 5}']) {
      await box.fill(text)
      await page.locator('main [role=alert], main form').first().waitFor()
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    await box.fill(JSON.stringify(HOSTILE_BOARD))
    await page.locator('main form').waitFor()
    expect(await runnable(page)).toEqual([])
    await box.fill(JSON.stringify(longBoard(3000)))
    await page.getByText('All 3000 panels can be drawn.').or(page.getByText('3000 panels')).first().waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[H3] a board of 3,000 panels opens, asks for what is seen, and scrolls to its end', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    const asked = new Set<string>()
    page.on('request', r => {
      for (const query of askedQueries(r)) asked.add(query)
    })
    await page.goto(`${server.url}boards/long?refresh=off`)
    await page.locator('article canvas').first().waitFor()
    await expect.poll(() => page.locator('article[aria-busy]').count(), { timeout: 20_000 }).toBe(0)
    expect(await page.locator('article').count()).toBe(3000)
    expect(asked.size).toBeLessThan(60)
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    await page.getByRole('article', { name: 'Panel 3000', exact: true }).locator('canvas').waitFor()
    // What is far away is given back.
    await expect.poll(() => page.locator('article canvas').count(), { timeout: 20_000 }).toBeLessThan(60)
    expect(asked.size).toBeLessThan(150)
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[H4] of 10,000 series the highest are drawn, with the reason, and more on demand', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/crowded?refresh=off`)
    const panel = page.getByRole('article', { name: 'Too many' })
    await panel.getByText('The 20 highest of 10,000 series. A sum, topk() or a filter makes the query readable.').waitFor()
    await panel.locator('canvas').waitFor()
    await panel.getByRole('button', { name: 'Show 500' }).click()
    await panel.getByText('The 500 highest of 10,000 series.').waitFor()
    expect(await panel.locator('tbody tr').count()).toBeLessThanOrEqual(500)
    await panel.getByRole('button', { name: 'Menu of Too many' }).click({ force: true })
    await page.getByRole('menuitem', { name: 'Show as a table' }).click()
    await panel.getByText('The first 100 of 10000 series.').waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P10] one crosshair for the board, by pointer and keyboard; zoom by drag and back; the data as a table', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/haechi-orders?from=now-3h&refresh=off`)
    const [left, right] = [page.getByRole('article', { name: 'Requests per second, by endpoint' }), page.getByRole('article', { name: 'How slow are the slowest 5 %?' })]
    await left.locator('.u-over').waitFor()
    await right.locator('.u-over').waitFor()
    /** Where the crosshair of a chart stands, in px; 0 and below: nowhere. */
    const crosshair = (panel: typeof left): Promise<number> => panel.locator('.u-cursor-x').evaluate(e => new DOMMatrix(getComputedStyle(e).transform).m41)
    await left.locator('.u-over').hover()
    await left.locator('[role=status]:not([hidden])').waitFor()
    await expect.poll(() => crosshair(right), { timeout: 10_000 }).toBeGreaterThan(10)
    expect(await right.locator('[role=status]:not([hidden])').count()).toBe(0)
    // By keyboard, on the other one.
    await page.mouse.move(0, 0)
    await right.getByRole('img').focus()
    await page.keyboard.press('ArrowRight')
    const start = await crosshair(right)
    await page.keyboard.press('Shift+ArrowRight')
    await expect.poll(() => crosshair(right), { timeout: 10_000 }).toBeGreaterThan(start)
    await expect.poll(async () => Math.abs(await crosshair(left) - await crosshair(right)), { timeout: 10_000 }).toBeLessThan(40)
    await page.keyboard.press('Escape')
    await right.locator('[role=status]').first().waitFor({ state: 'hidden' })
    // Zoom and back.
    const box = (await left.locator('.u-over').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/from=\d{13}&to=\d{13}/)
    const { searchParams } = new URL(page.url())
    const spanMs = Number(searchParams.get('to')) - Number(searchParams.get('from'))
    expect(spanMs / 3_600_000).toBeGreaterThan(0.7)
    expect(spanMs / 3_600_000).toBeLessThan(0.8)
    await right.locator('.u-over').dblclick()
    await page.waitForURL(/from=now-3h/)
    // The keyboard marks a stretch, too.
    await left.getByRole('img').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Enter')
    await page.waitForURL(/from=\d{13}&to=\d{13}/)
    await page.keyboard.press('Backspace')
    await page.waitForURL(/from=now-3h/)
    // The data behind it.
    await left.getByRole('button', { name: /^Menu of/ }).click({ force: true })
    await page.getByRole('menuitem', { name: 'Show as a table' }).click()
    await left.locator('tbody tr').nth(3).waitFor()
    expect(await left.locator('thead th').allTextContents()).toEqual(['Time', '/checkout', '/items/{id}', '/login', '/search'])
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P12] a panel is downloaded as a picture and as data', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints, { acceptDownloads: true })
    await page.goto(`${server.url}boards/haechi-orders`)
    const panel = page.getByRole('article', { name: 'How slow are the slowest 5 %?' })
    await panel.locator('.u-over').waitFor()
    await expect.poll(() => panel.getAttribute('aria-busy'), { timeout: 10_000 }).not.toBe('true')
    const download = async (item: string): Promise<{ readonly name: string; readonly bytes: Buffer }> => {
      await panel.getByRole('button', { name: /^Menu of/ }).click({ force: true })
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()])
      return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) }
    }
    const data = await download('Save the data as CSV')
    expect(data.name).toBe('How slow are the slowest 5 %.csv')
    expect(data.bytes.toString('utf8')).toMatch(/^\ufeffTime,p95\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,[\d.]+\r\n/)
    const picture = await download('Save as a picture (PNG)')
    expect(picture.name).toBe('How slow are the slowest 5 %.png')
    const box = (await panel.boundingBox())!
    const [width, height] = [picture.bytes.readUInt32BE(16), picture.bytes.readUInt32BE(20)]
    expect(Math.abs(width - box.width * 2)).toBeLessThanOrEqual(2)
    expect(Math.abs(height - box.height * 2)).toBeLessThanOrEqual(2)
    // Not blank, and whole to its last pixel.
    const seen = await page.evaluate(async base64 => {
      const image = new Image()
      image.src = `data:image/png;base64,${base64}`
      await image.decode()
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
      const ctx = canvas.getContext('2d')!
      ctx.drawImage(image, 0, 0)
      const pixels = new Uint32Array(ctx.getImageData(0, 0, image.width, image.height).data.buffer)
      return { colours: new Set(pixels).size, clear: pixels.filter(p => p >>> 24 !== 255).length }
    }, picture.bytes.toString('base64'))
    expect(seen.colours).toBeGreaterThan(20)
    expect(seen.clear).toBe(0)
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P3] the search finds a panel in a closed row, opens it, and finds silences', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    const inside = { id: 77, type: 'stat', title: 'Hidden depth', gridPos: { x: 0, y: 1, w: 12, h: 5 }, targets: [{ refId: 'A', expr: 'rate:orders' }] }
    await page.request.post(`${server.url}api/dashboards/db`, { data: { dashboard: { uid: 'folded', title: 'Folded', schemaVersion: 42, panels: [{ id: 1, type: 'row', collapsed: true, title: 'Closed', gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [inside] }] } } })
    await page.request.post(`${server.url}api/haechi/v1/silences`, { data: { matchers: [{ name: 'job', value: 'nightly-batch', isRegex: false, isEqual: true }], startsAtMs: Date.now(), endsAtMs: Date.now() + 3_600_000, createdBy: 'Kim', comment: 'quiet night' } })
    await page.route('**/api/haechi/v1/board-panels*', route => route.fulfill({ json: [{ boardUid: 'folded', id: 77, title: 'Hidden depth' }] }))
    await page.goto(`${server.url}targets`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('hidden depth')
    await page.getByRole('option', { name: /^Hidden depth/ }).click()
    await page.waitForURL(/boards\/folded\?.*open=77/)
    await page.locator('[data-panel="77"][data-shown]').getByRole('heading', { name: 'Hidden depth' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('nightly-batch')
    await page.getByRole('option', { name: /nightly-batch/ }).click()
    await page.waitForURL(/alerts\?.*tab=silences/)
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[E7] a macro in a query is no fault', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    await page.goto(`${server.url}explore?expr=${encodeURIComponent('sum(rate(up{job="${job}"}[$__rate_interval]))')}`)
    await expect.poll(() => page.locator('.cm-content .hc-variable').allTextContents(), { timeout: 15_000 }).toEqual(['${job}', '$__rate_interval'])
    const colours = await page.locator('.cm-content .hc-variable').last().evaluate(e => [e, ...e.querySelectorAll('*')].map(x => getComputedStyle(x).color))
    expect(new Set(colours).size).toBe(1)
    await context.close()
  })

  test('[P9] paper: light, without navigation, every panel whole', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    await page.goto(`${server.url}boards/haechi-orders`)
    await page.locator('article canvas').nth(1).waitFor()
    await page.emulateMedia({ media: 'print' })
    await page.waitForSelector(':root[data-printing][data-mantine-color-scheme=light]')
    expect(await page.locator('nav:visible, [role=toolbar]:visible').count()).toBe(0)
    await expect.poll(() => page.evaluate(() => Math.max(...[...document.querySelectorAll('article canvas')].map(c => c.getBoundingClientRect().right)))).toBeLessThanOrEqual(1046)
    await page.screenshot({ path: join(PICTURES, 'print-board.png'), fullPage: true })
    await page.pdf({ path: join(PICTURES, 'print-board.pdf'), preferCSSPageSize: true, printBackground: true })
    await page.emulateMedia({ media: 'screen' })
    await page.waitForSelector(':root:not([data-printing])[data-mantine-color-scheme=dark]')
    // One that is higher than the paper: the paper's height, and one sheet each.
    const panel = (id: number, y: number, h: number): object => ({ id, type: 'timeseries', title: `Panel ${id}`, gridPos: { x: 0, y, w: 24, h }, targets: [{ refId: 'A', expr: 'p95:orders' }] })
    await page.request.post(`${server.url}api/dashboards/db`, { data: { dashboard: { uid: 'tall', title: 'Tall', schemaVersion: 42, panels: [panel(1, 0, 12), panel(2, 12, 30)] } } })
    await page.goto(`${server.url}boards/tall`)
    await page.locator('article canvas').first().waitFor()
    await page.emulateMedia({ media: 'print' })
    await page.waitForSelector(':root[data-printing]')
    await expect.poll(() => page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-panel] canvas')].map(c => c.getBoundingClientRect().height)))).toBeLessThan(690)
    await expect.poll(() => page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-panel]')].map(c => c.getBoundingClientRect().height)))).toBeLessThanOrEqual(690)
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(2)
    await context.close()
  })
})
