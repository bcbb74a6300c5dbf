import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AXE, BROWSER_SUITE, OPENING_MS, PICTURES, closePages, faultsOf, openPage, openPages, seriousFaults, whyNoBrowser } from './browser.ts'
import type { Look } from './browser.ts'
import type { TestServer } from './test-server.ts'

const missing = whyNoBrowser()
if (missing !== undefined) console.warn(`skipped: boards are not edited in a browser, because ${missing}`)

const WIDE: Look = { width: 1440, theme: 'dark', language: 'en' }
const LOOKS: readonly Look[] = [WIDE, { width: 1440, theme: 'light', language: 'ko' }, { width: 390, theme: 'dark', language: 'ko' }]
const LOOKED_AT = [
  { name: 'edit', path: 'boards/haechi-orders?tab=edit', ready: 'main article canvas' },
  { name: 'edit-panel', path: 'boards/haechi-orders?tab=edit&open=4', ready: '.cm-content' },
  { name: 'edit-settings', path: 'boards/haechi-orders?tab=edit&open=settings', ready: 'main [role=tabpanel] input' },
  { name: 'import', path: 'boards/import', ready: 'main textarea' },
] as const

const FILE = {
  __inputs: [{ name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' }, { name: 'VAR_WINDOW', label: 'Window', type: 'constant', value: '5m' }], title: 'From elsewhere', uid: 'elsewhere', mystery: { kept: true },
  panels: [
    { id: 1, type: 'timeseries', title: 'Rate', gridPos: { x: 0, y: 0, w: 12, h: 8 }, datasource: { type: 'prometheus', uid: '${DS_PROMETHEUS}' }, targets: [{ refId: 'A', expr: 'rate(http_requests_total[${VAR_WINDOW}]) + not_here_total' }] },
    { id: 2, type: 'canvas', title: 'Picture', gridPos: { x: 12, y: 0, w: 12, h: 8 } },
  ],
}

describe.skipIf(missing !== undefined)('editing boards', { timeout: 60_000, ...BROWSER_SUITE }, () => {
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    ({ server, browser } = await openPages())
  }, OPENING_MS)
  afterAll(() => closePages(browser, server))
  const sent = (path: string): Record<string, unknown>[] => server.changes.filter(c => c.request === `POST ${path}`).map(c => JSON.parse(c.body) as Record<string, unknown>)
  /** The page of a board outside of the editor. */
  const viewOf = (uid: string) => (url: URL): boolean => url.pathname.endsWith(`/boards/${uid}`) && !url.search.includes('tab=edit')
  const button = (page: Page, name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('button', { name, exact: true })

  test.each(LOOKS)('[B1] $width px, $theme, $language: nothing too wide, nothing that axe finds', async look => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, look, complaints)
    const faults = await faultsOf(page, server.url, LOOKED_AT, look)
    await context.close()
    expect(complaints).toEqual([])
    expect(faults).toEqual([])
  })

  test('[B2] a panel is added, asked, given a unit and saved; a version is brought back', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/walk`)
    await button(page, 'Edit').click()
    await button(page, 'Add').click()
    await page.getByRole('menuitem', { name: 'Lines over time' }).click()
    await page.getByRole('textbox', { name: 'Title' }).fill('Rate of everything')
    await page.locator('.cm-content').click()
    await page.keyboard.type('up')
    await page.keyboard.press('Control+Enter')
    await page.locator('main article canvas').first().waitFor({ state: 'attached' })
    await page.getByLabel('Unit').first().click()
    await page.keyboard.type('requests/sec')
    await page.getByRole('option', { name: /requests\/sec \(rps\)/ }).click()
    await button(page, 'Back to the board').click()
    await page.getByRole('heading', { name: 'Rate of everything' }).waitFor()
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').getByLabel('What did you change?').fill('a rate')
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForURL(viewOf('walk'))
    const saved = sent('/api/dashboards/db').at(-1) as { dashboard: { panels: Record<string, unknown>[] }; message: string }
    expect(saved.message).toBe('a rate')
    expect(saved.dashboard.panels).toHaveLength(7)
    expect(saved.dashboard.panels.at(-1)).toMatchObject({ title: 'Rate of everything', fieldConfig: { defaults: { unit: 'reqps' } }, targets: [{ refId: 'A', expr: 'up' }] })
    expect(saved.dashboard.panels.find(p => p['type'] === 'canvas')).toMatchObject({ title: 'Something else' })
    await page.reload()
    await page.getByRole('heading', { name: 'Rate of everything' }).waitFor()

    // A second version without the panel, and the way back.
    await button(page, 'Edit').click()
    await button(page, 'Remove Rate of everything').click()
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForURL(viewOf('walk'))
    await expect.poll(() => page.getByRole('heading', { name: 'Rate of everything' }).count(), { timeout: 10_000 }).toBe(0)
    await button(page, 'More').last().click()
    await page.getByRole('menuitem', { name: 'Versions' }).click()
    await page.getByRole('dialog').getByText('a rate').click()
    await page.getByRole('dialog').getByText('panels › Rate of everything').waitFor()
    await button(page, 'Bring back version 1').click()
    await page.getByRole('heading', { name: 'Rate of everything' }).waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B3] panels are moved by keyboard, undone, and leaving asks', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/moves?tab=edit`)
    const handle = page.getByRole('button', { name: /^Move Requests per second: / })
    await handle.focus()
    await page.keyboard.press('Shift+ArrowLeft')
    await page.getByRole('button', { name: /^Move Requests per second: column 0, line 0, 7 wide/ }).waitFor()
    await button(page, 'Undo').click()
    await page.getByRole('button', { name: /^Move Requests per second: column 0, line 0, 8 wide/ }).waitFor()
    await button(page, 'Redo').click()
    await page.getByRole('button', { name: /7 wide/ }).waitFor()
    await page.getByRole('link', { name: 'Explore' }).click()
    await page.getByRole('dialog').getByText('Your changes to this board are not saved yet.').waitFor()
    await button(page, 'Stay here').click()
    await page.getByRole('link', { name: 'Explore' }).click()
    await button(page, 'Discard the changes').click()
    await page.waitForURL('**/explore*')
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B4] a conflict is told and decided', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    const put = async (title: string): Promise<void> => {
      await fetch(`${server.url}api/dashboards/db`, { method: 'POST', body: JSON.stringify({ dashboard: { uid: 'both', title, panels: [] }, overwrite: true }) })
    }
    await put('Mine')
    await page.goto(`${server.url}boards/both?tab=edit&open=settings`)
    await page.getByRole('textbox', { name: 'Title' }).fill('Mine, better')
    await put('Theirs')
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody else has saved this board in the meantime.').waitFor()
    await button(page, 'Save over theirs').click()
    await page.waitForURL(viewOf('both'))
    expect(sent('/api/dashboards/db').at(-1)).toMatchObject({ overwrite: true, dashboard: { title: 'Mine, better' } })
    await context.close()
    expect(complaints.filter(c => !c.includes('412'))).toEqual([])
  })

  test('[B5] a variable is made and offers its values', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/vars?tab=edit&open=settings`)
    await page.getByRole('tab', { name: 'Variables' }).click()
    await button(page, 'Add a variable').click()
    await page.getByLabel('Name', { exact: true }).fill('service')
    await page.getByRole('region', { name: 'Values now' }).getByText('orders').waitFor()
    await page.getByRole('tab', { name: 'JSON' }).click()
    await page.getByLabel('The board as JSON').fill('{\n  "title": "x",\n}')
    await page.getByText('Line 3, column 1').waitFor()
    await button(page, 'Take back').click()
    await button(page, 'Back to the board').click()
    await page.getByRole('group', { name: 'Variables' }).getByText('service').waitFor()
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B6] a board of Grafana is told before it is imported', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/import`)
    await page.getByLabel('Or paste its JSON').fill('{ "title": ')
    await page.getByText('Line 1, column 12: the text ends too early.').waitFor()
    await page.getByLabel('Or paste its JSON').fill(JSON.stringify(FILE))
    await page.getByText('1 of 2 panels can be drawn.').waitFor()
    await page.getByText('1 of 2 metrics that it asks for don\'t exist here').waitFor()
    await page.getByText('not_here_total', { exact: true }).waitFor()
    await page.getByLabel('Window').fill('2m')
    await page.screenshot({ path: join(PICTURES, 'import-found-1440-dark-en.png'), fullPage: true })
    await button(page, 'Import').click()
    await page.waitForURL(viewOf('elsewhere'))
    const { dashboard } = sent('/api/dashboards/db').at(-1) as { dashboard: Record<string, unknown> }
    expect(dashboard).toMatchObject({ title: 'From elsewhere', mystery: { kept: true }, panels: [{ datasource: { uid: 'PBFA97CFB590B2093' }, targets: [{ expr: 'rate(http_requests_total[2m]) + not_here_total' }] }, { type: 'canvas' }] })
    expect(Object.keys(dashboard)).not.toContain('__inputs')
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B10] data is transformed, linked and overridden by forms, by keyboard alone', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/forms?tab=edit&open=4`)
    await page.getByRole('tab', { name: /^Transformations/ }).focus()
    await page.keyboard.press('Enter')
    await button(page, 'Add a transformation').press('Enter')
    await page.getByRole('textbox', { name: 'What is to be done?' }).fill('calculate a column')
    await page.keyboard.press('Enter')
    const step = page.getByRole('region', { name: 'Step 1: Calculate a column' })
    await step.getByLabel('Right').fill('100')
    await step.getByLabel('Name of the new column').fill('In percent')
    await step.getByText('Data after this step').press('Enter')
    await step.getByRole('columnheader', { name: 'Time' }).first().waitFor()
    await button(page, 'Add a transformation').press('Enter')
    await page.getByRole('textbox', { name: 'What is to be done?' }).fill('limit')
    await page.keyboard.press('Enter')
    await button(page, 'Do step 2 earlier').press('Enter')
    await button(page, 'Skip step 1').press('Enter')
    await page.getByRole('region', { name: 'Step 1: Limit' }).getByText('(skipped)').waitFor()
    await page.getByRole('tab', { name: /^Queries/ }).press('Enter')
    await button(page, 'Add an expression').press('Enter')
    await page.getByRole('textbox', { name: 'B: Formula' }).fill('$A > 20')
    await page.getByText('Links of the panel').press('Enter')
    await page.getByRole('button', { name: 'Add a link' }).last().press('Enter')
    await page.getByRole('group', { name: 'Link 1' }).getByLabel('Address').fill('/d/other?${__url_time_range}')
    await page.getByRole('tab', { name: 'Overrides' }).press('Enter')
    await button(page, 'Add an override').press('Enter')
    const override = page.getByRole('region', { name: 'Override 1' })
    await override.getByLabel('For').selectOption('byType')
    await override.getByLabel('Add a setting').selectOption('custom.lineStyle')
    await override.getByLabel('Line', { exact: true }).selectOption('dash')
    await page.screenshot({ path: join(PICTURES, 'edit-forms-1440-dark-en.png'), fullPage: true })
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForURL(viewOf('forms'))
    const { dashboard } = sent('/api/dashboards/db').at(-1) as { dashboard: { panels: Record<string, unknown>[] } }
    expect(dashboard.panels.find(p => p['id'] === 4)).toMatchObject({
      transformations: [{ id: 'limit', disabled: true, options: { limitField: 10 } }, { id: 'calculateField', options: { mode: 'binary', alias: 'In percent', binary: { operator: '*', right: { fixed: '100' } } } }],
      targets: [{ refId: 'A' }, { refId: 'B', type: 'math', expression: '$A > 20', datasource: { type: '__expr__', uid: '__expr__' } }],
      links: [{ url: '/d/other?${__url_time_range}', targetBlank: false }],
      fieldConfig: { overrides: [{ matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } }] }] },
    })
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B10] on a phone the forms fit, and axe finds nothing in them', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, { width: 390, theme: 'light', language: 'en' }, complaints)
    const axe = await readFile(AXE, 'utf8')
    const faults = async (name: string): Promise<string[]> => {
      await page.screenshot({ path: join(PICTURES, `${name}-390-light-en.png`), fullPage: true })
      await page.evaluate(axe)
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      return [...(tooWide > 0 ? [`${name}: ${tooWide} px too wide`] : []), ...(await seriousFaults(page)).map(f => `${name}: ${f}`)]
    }
    await page.goto(`${server.url}boards/phone?tab=edit&open=4`)
    await page.getByRole('tab', { name: /^Transformations/ }).click()
    for (const name of ['organize', 'filter rows', 'group']) {
      await button(page, 'Add a transformation').click()
      await page.getByRole('textbox', { name: 'What is to be done?' }).fill(name)
      await page.keyboard.press('Enter')
    }
    await button(page, 'Add a condition').click()
    await page.getByRole('switch', { name: 'Show Time' }).waitFor({ state: 'attached' })
    const found = await faults('edit-transformations')
    await page.goto(`${server.url}boards/phone?tab=edit&open=settings`)
    await page.getByRole('tab', { name: 'Annotations' }).click()
    await button(page, 'Add an annotation').click()
    await button(page, 'Add annotations by tags').click()
    await page.getByLabel('In panels').last().selectOption('only')
    await page.getByText('Without a tag nothing is shown.').waitFor()
    found.push(...await faults('edit-annotations'))
    await context.close()
    expect(complaints).toEqual([])
    expect(found).toEqual([])
  })

  test('[B11] an annotation is written with Ctrl and a drag, changed by a click, and deleted from the list', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/notes`)
    const panel = page.locator('[data-panel="4"]')
    const over = panel.locator('.u-over')
    await over.waitFor()
    const box = (await over.boundingBox())!
    const [left, right, middle] = [box.x + box.width * 0.3, box.x + box.width * 0.5, box.y + box.height / 2]
    await page.keyboard.down('Control')
    await page.mouse.move(left, middle)
    await page.mouse.down()
    await page.mouse.move(right, middle, { steps: 5 })
    await page.mouse.up()
    await page.keyboard.up('Control')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What happened?').fill('Version 2.3 is out')
    await dialog.getByLabel('Only in this panel').check({ force: true })
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    const [first] = sent('/api/annotations') as { time: number; timeEnd: number; panelId: number }[]
    expect(first).toMatchObject({ dashboardUID: 'notes', panelId: 4, text: 'Version 2.3 is out', tags: [] })
    expect(first!.timeEnd).toBeGreaterThan(first!.time)
    // It is drawn once it has been asked for again; then a click into it opens it.
    await expect.poll(async () => {
      // A click beside an open dialog would close it.
      if (await dialog.count() === 0) {
        await page.mouse.click((left + right) / 2, middle)
        await dialog.waitFor({ timeout: 1500 }).catch(() => {})
      }
      return await dialog.count()
    }, { timeout: 15_000 }).toBe(1)
    await dialog.getByLabel('What happened?').fill('Version 2.4 is out')
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes.some(c => c.request === 'PUT /api/annotations/1' && c.body.includes('2.4'))).toBe(true)
    await panel.getByRole('button', { name: /^Menu of/ }).click({ force: true })
    await page.getByRole('menuitem', { name: 'Annotations' }).click()
    await page.getByRole('button', { name: 'Change “Version 2.4 is out”' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.screenshot({ path: join(PICTURES, 'note-1440-dark-en.png') })
    await page.getByRole('button', { name: 'Yes, delete it' }).click()
    await expect.poll(() => server.changes.some(c => c.request === 'DELETE /api/annotations/1'), { timeout: 10_000 }).toBe(true)
    await context.close()
    expect(complaints).toEqual([])
  })

  test('[B7] an alert is made of a panel', async () => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, WIDE, complaints)
    await page.goto(`${server.url}boards/haechi-orders`)
    await button(page, 'Menu of Is it failing?').click({ force: true })
    await page.getByRole('menuitem', { name: 'Make an alert' }).click()
    await expect.poll(() => page.getByLabel('Limit').inputValue(), { timeout: 10_000 }).toBe('1')
    await page.screenshot({ path: join(PICTURES, 'panel-alert-1440-dark-en.png') })
    await button(page, 'Make the alert').click()
    await button(page, 'Open the rule').waitFor()
    expect(sent('/api/haechi/v1/rules').at(-1)).toMatchObject({ title: 'Is it failing?', expr: 'errors:orders > 0.01', unit: 'percentunit', forMs: 120_000, labels: { severity: 'warning' } })
    await context.close()
    expect(complaints).toEqual([])
  })
})
