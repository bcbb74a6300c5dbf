import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Scenario } from './answers.ts'
import { AXE, BROWSER_SUITE, OPENING_MS, PICTURES, askedQueries, closePages, openPage, openPages, seriousFaults, whyNoBrowser } from './browser.ts'
import type { Look } from './browser.ts'
import { startTestServer } from './test-server.ts'
import type { TestServer } from './test-server.ts'

const missing = whyNoBrowser()
if (missing !== undefined) console.warn(`skipped: the pages are not opened in a browser, because ${missing}`)

interface Shot {
  readonly name: string
  readonly path: string
  readonly scenario: Scenario
  /** The page is ready when this is on it. */
  readonly ready: string
}

/** A small line of a card. */
const DRAWN = 'article dd svg path:nth-child(2)[d^=M]'

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '', scenario: 'normal', ready: DRAWN },
  { name: 'overview-failing', path: '', scenario: 'failing', ready: DRAWN },
  { name: 'overview-empty', path: '', scenario: 'empty', ready: 'main button' },
  { name: 'overview-crowded', path: '', scenario: 'crowded', ready: DRAWN },
  { name: 'services', path: 'services', scenario: 'failing', ready: 'main tbody td svg path:nth-child(2)[d^=M]' },
  { name: 'services-crowded', path: 'services', scenario: 'crowded', ready: 'main tbody td svg path:nth-child(2)[d^=M]' },
  { name: 'services-empty', path: 'services', scenario: 'empty', ready: 'main button' },
  { name: 'endpoints', path: 'services?tab=endpoints', scenario: 'normal', ready: 'main tbody td svg path:nth-child(2)[d^=M]' },
  { name: 'service', path: 'services/orders', scenario: 'failing', ready: 'main canvas' },
  { name: 'boards', path: 'boards', scenario: 'normal', ready: 'main li a' },
  { name: 'board', path: 'boards/haechi-orders', scenario: 'failing', ready: 'main canvas' },
  { name: 'explore', path: 'explore', scenario: 'normal', ready: '.cm-content' },
  { name: 'explore-graph', path: `explore?expr=${encodeURIComponent('rate(http_requests_total[5m])')}`, scenario: 'normal', ready: 'main canvas' },
  { name: 'explore-build', path: `explore?open=build&expr=${encodeURIComponent('sum by (handler) (rate(http_requests_total{method="GET"}[$__rate_interval]))')}&expr=${encodeURIComponent('a / b')}`, scenario: 'normal', ready: 'main canvas' },
  { name: 'explore-table', path: `explore?tab=table&expr=up&expr=${encodeURIComponent('sum by (handler) (rate(http_requests_total[5m]))')}`, scenario: 'failing', ready: 'main table' },
  { name: 'explore-error', path: `explore?expr=${encodeURIComponent('summ(http_requests_total)')}`, scenario: 'normal', ready: 'main [role=alert]' },
  { name: 'explore-nothing', path: 'explore?expr=nothing_here', scenario: 'normal', ready: 'main p' },
  { name: 'explore-parts', path: 'explore?tab=explain&expr=nothing_here', scenario: 'normal', ready: 'main tbody tr' },
  { name: 'alerts', path: 'alerts', scenario: 'failing', ready: 'main dl' },
  { name: 'alerts-quiet', path: 'alerts', scenario: 'normal', ready: '[role=tabpanel] button' },
  { name: 'rules', path: 'alerts?tab=rules', scenario: 'failing', ready: 'main [role=switch]' },
  { name: 'rule', path: 'alerts?tab=rules&open=builtin-errors', scenario: 'failing', ready: '[role=dialog] canvas' },
  { name: 'channels', path: 'alerts?tab=channels', scenario: 'normal', ready: '[role=tabpanel] li' },
  { name: 'deliveries', path: 'alerts?tab=deliveries', scenario: 'normal', ready: '[role=tabpanel] li' },
  { name: 'targets', path: 'targets', scenario: 'failing', ready: 'main dl' },
  { name: 'data', path: 'data', scenario: 'failing', ready: 'main table' },
  { name: 'data-empty', path: 'data', scenario: 'empty', ready: 'main button' },
  { name: 'status', path: 'status', scenario: 'normal', ready: 'main dl' },
  { name: 'status-config', path: 'status?tab=config', scenario: 'normal', ready: 'main pre' },
  { name: 'status-flags', path: 'status?tab=flags', scenario: 'normal', ready: 'main table' },
  { name: 'settings', path: 'settings', scenario: 'normal', ready: 'main select' },
  { name: 'targets-crowded', path: 'targets', scenario: 'crowded', ready: 'main dl' },
  { name: 'missing', path: 'no/such/page', scenario: 'normal', ready: 'main button' },
  { name: 'login', path: 'login', scenario: 'normal', ready: 'input[type=password]' },
]

const WIDE: Look = { width: 1440, theme: 'dark', language: 'en' }
const LOOKS: readonly Look[] = [WIDE, { width: 1440, theme: 'light', language: 'ko' }, { width: 390, theme: 'dark', language: 'ko' }, { width: 390, theme: 'light', language: 'en' }]

// The machine may be busy with other things; on a quiet one all of this takes well under a minute.
describe.skipIf(missing !== undefined)('pages', { timeout: 60_000, ...BROWSER_SUITE }, () => {
  let dist: string
  let server: TestServer
  let browser: Browser
  let axe: string

  beforeAll(async () => {
    axe = await readFile(AXE, 'utf8');
    ({ dist, server, browser } = await openPages())
  }, OPENING_MS)
  afterAll(() => closePages(browser, server))
  beforeEach(() => {
    Object.assign(server, { scenario: 'normal', locked: false, dead: false, starting: false, delayMs: 0 })
    server.changes.length = 0
  })

  // Four looks at once: most of the time goes by waiting.
  test.concurrent.each(LOOKS)('[P1][P2] every page at $width px, $theme, $language', async look => {
    const complaints: string[] = []
    const faults: string[] = []
    const tooWide: string[] = []
    const { context, page } = await openPage(browser, look, complaints)
    for (const [i, shot] of SHOTS.entries()) {
      // Two hundred targets take their time: once wide, once narrow.
      if (shot.scenario === 'crowded' && look.theme === 'light') continue
      await context.addCookies([{ name: 'scenario', value: shot.scenario, url: server.url }])
      await page.goto(server.url + shot.path, { waitUntil: 'commit' })
      await page.waitForSelector(shot.ready, { state: 'attached', timeout: 60_000 })
      await page.waitForFunction(() => document.fonts.status === 'loaded' && document.querySelectorAll('.mantine-Skeleton-root').length === 0)
      await page.screenshot({ path: join(PICTURES, `${shot.name}-${look.width}-${look.theme}-${look.language}.png`) })
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (sideways > 0) tooWide.push(`${shot.name}: ${sideways} px`)
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(look.language)
      // Each page is checked in two of the four looks, in both themes.
      if ((i % 2 === 0) === (look.width === 1440) && !(shot.scenario === 'crowded' && look !== WIDE)) {
        await page.evaluate(axe)
        faults.push(...(await seriousFaults(page)).map(f => `${shot.name}: ${f}`))
      }
    }
    await context.close()
    // A wrong query is answered with 400, which the browser's console tells by itself.
    expect(complaints.filter(c => !/explore\?expr=summ.*status of 400/.test(c))).toEqual([])
    expect(tooWide).toEqual([])
    expect(faults).toEqual([])
  }, 360_000)

  test('[P3] keyboard, search, range, filter, language, theme; the address follows', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(server.url)
    await page.waitForSelector('article')
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.waitForURL('**/targets')
    await page.waitForSelector('[data-filter]')
    await page.keyboard.press('/')
    await page.keyboard.type('8900')
    await page.waitForURL('**/targets?filter=8900')
    await expect.poll(() => page.locator('main li:has(dl)').count(), { timeout: 10_000 }).toBe(1)
    await page.keyboard.press('Escape')
    await page.waitForURL('**/targets')

    await page.keyboard.press('t')
    await page.getByRole('button', { name: 'Last 6 h' }).click()
    await page.waitForURL('**/targets?from=now-6h')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('http_requests_tot')
    await page.waitForSelector('[role="option"]:first-child:has-text("http_requests_total")')
    await page.keyboard.press('Enter')
    await page.waitForURL(/explore\?from=now-6h&expr=http_requests_total/)
    await page.goBack()
    await page.waitForURL('**/targets?from=now-6h')

    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('how slow is')
    await page.getByRole('option').first().waitFor()
    await expect.poll(() => page.getByRole('option', { selected: true }).textContent(), { timeout: 10_000 }).toMatch(/How slow is it\?.*Panel$/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/boards\/[\w-]+\?from=now-6h&open=2/)
    await page.waitForSelector('[data-panel="2"][data-shown]')
    await page.goBack()
    await page.waitForURL('**/targets?from=now-6h')

    await page.getByRole('button', { name: '한국어' }).click()
    await page.getByRole('heading', { level: 1, name: '타깃' }).waitFor()
    await page.getByRole('button', { name: '밝은 테마' }).click()
    expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme')).toBe('light')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '타깃' }).waitFor()
    expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme')).toBe('light')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('키보드 단축키').waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P3] explore: write, run, error underlined, history', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}explore`)
    await page.locator('.cm-content').click()
    await page.keyboard.type('up', { delay: 5 })
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/explore?expr=up')
    await page.waitForSelector('main canvas', { state: 'attached' })
    await page.getByText('Table', { exact: true }).click()
    await page.waitForURL('**/explore?tab=table&expr=up')
    await expect.poll(() => page.locator('tbody tr').count(), { timeout: 10_000 }).toBe(4)
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByRole('menuitem', { name: 'up', exact: true }).waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[L4] what is wrong with a query is said in Korean, below the result and at its place; the original words stay', async () => {
    const { context, page } = await openPage(browser, { ...WIDE, language: 'ko' }, [])
    await page.goto(`${server.url}explore?expr=${encodeURIComponent('summ(http_requests_total)')}`)
    const alert = page.locator('main [role=alert]')
    await alert.getByText('없는 함수입니다').waitFor()
    await expect.poll(() => alert.locator('code').textContent(), { timeout: 10_000 }).toContain('unknown function with name')
    await page.locator('.cm-lintRange-error').hover()
    await page.locator('.cm-tooltip-lint').getByText('없는 함수입니다').waitFor()
    await context.close()
  })

  test('[P11] a tab as a part of the path leads to the tab; what is no tab says so under its title', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    for (const [from, to] of [['alerts/rules', '**/alerts?tab=rules'], ['alerts/now?from=now-3h', '**/alerts?from=now-3h'], ['alerting/list', '**/alerts?tab=rules'], ['status/flags', '**/status?tab=flags']] as const) {
      await page.goto(server.url + from)
      await page.waitForURL(to)
    }
    await page.goto(`${server.url}alerts/nonsense`)
    await page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor()
    await page.getByText('Nothing is at /alerts/nonsense.').waitFor()
    await context.close()
  })

  test('[E6] explore: a query is made by choosing, on a phone and by keyboard, and stays editable', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, { width: 390, theme: 'dark', language: 'en' }, complaints)
    const asked = (): string => new URL(page.url()).searchParams.get('expr') ?? ''
    await page.goto(`${server.url}explore`)
    await page.getByRole('button', { name: /^http_requests_total/ }).click()
    await expect.poll(asked, { timeout: 15_000 }).toBe('rate(http_requests_total[$__rate_interval])')
    const form = page.getByRole('region', { name: 'Query A by choosing' })
    await form.getByLabel('Put series together').selectOption({ label: 'sum' })
    await form.getByLabel('One line per').click()
    await page.getByRole('option', { name: /^handler\s*4$/ }).click()
    await expect.poll(asked, { timeout: 15_000 }).toBe('sum by (handler) (rate(http_requests_total[$__rate_interval]))')
    await form.getByRole('button', { name: 'Add a condition' }).click()
    await form.getByPlaceholder('Label').fill('meth')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await form.getByLabel('Values of method').click()
    await page.getByRole('option', { name: /^GET\s*3$/ }).click()
    await expect.poll(asked, { timeout: 15_000 }).toBe('sum by (handler) (rate(http_requests_total{method="GET"}[$__rate_interval]))')
    await page.keyboard.press('Escape')
    // The other way: what is written shows as chosen, and what is richer says so.
    await page.locator('.cm-content').fill('topk(5, http_requests_total{method!="POST"})')
    await expect.poll(() => form.getByLabel('How many lines').inputValue(), { timeout: 15_000 }).toBe('5')
    expect(await form.getByLabel('Comparison').inputValue()).toBe('isNot')
    await page.locator('.cm-content').fill('a / b')
    await form.getByText('This query says more than can be chosen here.').waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P4] a route prefix', async () => {
    const complaints: string[] = []
    const prefixed = await startTestServer(dist, '/watch/haechi')
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${prefixed.url}boards/haechi-orders`)
    await page.waitForSelector('main canvas', { state: 'attached' })
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.waitForURL(/\/watch\/haechi\/alerts(?:\?|$)/)
    await page.waitForSelector('[role=tabpanel] button')
    await context.close()
    await prefixed.close()
    expect(complaints).toEqual([])
  })

  test('[W2] a page asks for its first answers before its code is there, each once, under a prefix too', async () => {
    const complaints: string[] = []
    const prefixed = await startTestServer(dist, '/watch')
    const { context, page } = await openPage(browser, WIDE, complaints)
    const first = ['dashboards/uid/haechi-orders?lang=en', 'haechi/v1/status', 'haechi/v1/session', 'haechi/v1/overview', 'haechi/v1/boards', 'datasources']
    const asked: string[] = []
    let release = (): void => {}
    const code = new Promise<void>(resolve => { release = resolve })
    page.on('request', r => {
      if (r.url().startsWith(`${prefixed.url}api/`)) asked.push(r.url().slice(prefixed.url.length + 4))
    })
    // The page's code is held back until everything has been asked for.
    await page.route(/\/assets\/index-[\w-]+\.js$/, async route => {
      await code
      await route.continue()
    })
    await page.goto(`${prefixed.url}boards/haechi-orders?refresh=off`, { waitUntil: 'commit' })
    await expect.poll(() => asked.toSorted(), { timeout: 20_000 }).toEqual(first.toSorted())
    release()
    await page.waitForSelector('main canvas', { state: 'attached' })
    for (const path of first) expect(asked.filter(a => a === path), path).toEqual([path])
    await context.close()
    await prefixed.close()
    expect(complaints).toEqual([])
  })

  test('[W6] a board opened again asks what it asked last before its code is there, each question once', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    const address = `${server.url}boards/haechi-orders?from=now-6h&to=now&refresh=off`
    const asked: string[] = []
    page.on('request', r => asked.push(...askedQueries(r)))
    await page.goto(address)
    await page.waitForSelector('main canvas', { state: 'attached' })
    await expect.poll(() => page.locator('article[aria-busy]').count(), { timeout: 20_000 }).toBe(0)
    const first = asked.splice(0)
    expect(first.length).toBeGreaterThan(1)
    let release = (): void => {}
    const code = new Promise<void>(resolve => { release = resolve })
    await page.route(/\/assets\/index-[\w-]+\.js$/, async route => {
      await code
      await route.continue()
    })
    await page.goto(address, { waitUntil: 'commit' })
    await expect.poll(() => [...new Set(asked)].toSorted(), { timeout: 20_000 }).toEqual([...new Set(first)].toSorted())
    const early = asked.length
    release()
    await page.waitForSelector('main canvas', { state: 'attached' })
    // On a machine so slow that the answers are old by now they are asked for anew.
    if (await page.evaluate(() => performance.now()) < 10_000) expect(asked.slice(early)).toEqual([])
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[W4] a menu and the search are made when they are opened, and give the focus back', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}targets?refresh=off`)
    const button = page.getByRole('button', { name: /^How often to refresh/ })
    for (const item of ['10 s', '30 s']) {
      await button.focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: item, exact: true }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
      await expect.poll(() => button.evaluate(e => e === document.activeElement), { timeout: 10_000 }).toBe(true)
    }
    for (let i = 0; i < 2; i++) {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('x')
      await page.keyboard.press('Escape')
      await page.getByRole('combobox').waitFor({ state: 'detached' })
      await expect.poll(() => button.evaluate(e => e === document.activeElement), { timeout: 10_000 }).toBe(true)
    }
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[P5] the server goes away and comes back', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    await page.goto(`${server.url}?refresh=1s`)
    await page.waitForSelector(DRAWN, { state: 'attached' })
    server.dead = true
    await page.getByText('Haechi does not answer. What you see is from').waitFor()
    expect(await page.getByRole('heading', { name: 'orders' }).isVisible()).toBe(true)
    await page.waitForSelector('[data-old]')
    await page.screenshot({ path: join(PICTURES, 'lost.png') })
    server.dead = false
    await page.getByText('Haechi does not answer.').waitFor({ state: 'detached' })
    await page.waitForSelector('[data-old]', { state: 'detached' })
    await context.close()
  })

  test('[P5] a restart: said once, and the page goes on by itself', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    await page.goto(`${server.url}?refresh=off`)
    await page.waitForSelector(DRAWN, { state: 'attached' })
    server.starting = true
    await page.getByRole('button', { name: 'Refresh now' }).click()
    await page.getByText('Haechi is starting. This page goes on by itself. reading the write-ahead log, 40 %').waitFor()
    await page.waitForSelector('[data-old]')
    expect(await page.getByText('Haechi is starting').count()).toBe(1)
    await page.screenshot({ path: join(PICTURES, 'starting.png') })
    // A page that is opened meanwhile waits, too.
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.getByText('This continues as soon as it is ready.').waitFor()
    server.starting = false
    await page.getByText('Haechi is starting').first().waitFor({ state: 'detached' })
    await page.waitForSelector('main dl')
    await context.close()
  })

  test('[P6] the password', async () => {
    server.locked = true
    const { context, page } = await openPage(browser, WIDE, [])
    await page.goto(`${server.url}alerts?tab=rules`)
    await page.waitForURL('**/login?next=*')
    await page.getByLabel('User name').fill('admin')
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('User name or password is not right.').waitFor()
    await page.getByRole('textbox', { name: 'Password' }).fill('haechi')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/alerts?tab=rules')
    await page.getByText('HighErrorRate').waitFor()
    await context.close()
  })

  test('[P7] a rule is changed, a channel tested and added', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}alerts?tab=rules`)
    await page.getByRole('button', { name: 'HighErrorRate' }).click()
    await page.getByLabel('Fires above').fill('7,5')
    await page.getByLabel('For at least').fill('2m')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved. The next check uses it.').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('switch', { name: 'Switch HighLatency on or off' }).click({ force: true })
    await page.getByRole('tab', { name: 'Channels' }).click()
    await page.getByRole('button', { name: 'Send a test' }).first().click()
    await page.getByText('Arrived after 231 ms (answer 204).').waitFor()
    await page.getByRole('button', { name: 'Add a channel' }).click()
    await page.getByLabel('Name').fill('Team')
    await page.getByLabel('Webhook address').fill('nonsense')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('Enter an address that begins with').waitFor()
    await page.getByLabel('Webhook address').fill('https://discord.com/api/webhooks/1/secret')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByLabel('Webhook address').waitFor({ state: 'detached' })
    await context.close()
    expect(server.changes.map(c => ({ request: c.request, body: c.body === '' ? undefined : JSON.parse(c.body) as unknown }))).toEqual([
      { request: 'PUT /api/haechi/v1/rules/builtin-errors', body: { enabled: true, forMs: 120_000, threshold: 0.075 } },
      { request: 'PUT /api/haechi/v1/rules/builtin-latency', body: { enabled: false } },
      { request: 'POST /api/haechi/v1/contact-points/c1/test', body: undefined },
      { request: 'POST /api/haechi/v1/contact-points', body: { name: 'Team', type: 'discord', url: 'https://discord.com/api/webhooks/1/secret' } },
    ])
    expect(complaints).toEqual([])
  })

  test('[P8] the first page is small', async () => {
    const { context, page } = await openPage(browser, WIDE, [])
    const names = new Set<string>()
    page.on('response', r => {
      if (r.url().endsWith('.js')) names.add(new URL(r.url()).pathname.replace(/^\//, ''))
    })
    await page.goto(server.url)
    await page.waitForSelector(DRAWN, { state: 'attached' })
    await context.close()
    let bytes = 0
    for (const name of names) bytes += (await stat(join(dist, `${name}.gz`)).catch(() => stat(join(dist, name)))).size
    console.info(`first page: ${names.size} scripts, ${Math.round(bytes / 1000)} kB compressed; all files: ${(await readdir(dist, { recursive: true })).length}`)
    expect(bytes).toBeLessThanOrEqual(300_000)
  })
})
