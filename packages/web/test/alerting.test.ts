import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BROWSER_SUITE, OPENING_MS, closePages, faultsOf, openPage, openPages, whyNoBrowser } from './browser.ts'
import type { Look } from './browser.ts'
import { startTestServer } from './test-server.ts'
import type { TestServer } from './test-server.ts'

const missing = whyNoBrowser()
if (missing !== undefined) console.warn(`skipped: alerts are not handled in a browser, because ${missing}`)

const PHONE: Look = { width: 390, theme: 'dark', language: 'en' }
const LOOKED_AT = [
  { name: 'now', path: 'alerts', ready: 'main dl' },
  { name: 'silence', path: 'alerts?tab=silences&open=new&filter=job%3D%22orders%22', ready: 'main fieldset' },
  { name: 'new-rule', path: 'alerts?tab=rules&open=new', ready: '.cm-content' },
  { name: 'grafana-rule', path: 'alerts?tab=rules&open=g1', ready: '[role=dialog] .cm-content' },
  { name: 'rule', path: 'alerts?tab=rules&open=own-1', ready: '[role=dialog] form' },
  { name: 'policies', path: 'alerts?tab=policies&filter=severity%3Dcritical', ready: 'main [data-end]' },
  { name: 'silence-link', path: 'alerting/silence/new?matcher=job%3Dorders', ready: 'main fieldset' },
  { name: 'channels', path: 'alerts?tab=channels', ready: '[role=tabpanel] li' },
] as const

describe.skipIf(missing !== undefined)('handling alerts', { timeout: 60_000, ...BROWSER_SUITE }, () => {
  let dist: string
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    ({ dist, server, browser } = await openPages())
  }, OPENING_MS)
  beforeEach(async () => {
    await server?.close()
    server = await startTestServer(dist, '')
    server.scenario = 'failing'
  })
  afterAll(() => closePages(browser, server))
  const sent = (request: string): Record<string, unknown>[] => server.changes.filter(c => c.request === request).map(c => JSON.parse(c.body) as Record<string, unknown>)

  test.each([{ width: 1440, theme: 'light', language: 'ko' }, { width: 390, theme: 'dark', language: 'en' }] as const)('[A9] $width px, $theme, $language: nothing too wide, nothing that axe finds', async look => {
    const complaints: string[] = []
    const { context, page } = await openPage(browser, look, complaints)
    const faults = await faultsOf(page, server.url, LOOKED_AT.map(p => ({ ...p, name: `alerting-${p.name}` })), look)
    await context.close()
    expect(faults).toEqual([])
    expect(complaints).toEqual([])
  })

  test('[A5] silenced in two taps on a phone, with what it covers, why and by whom; shown with the reason, ended again', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.addInitScript(() => localStorage.setItem('haechi.author', 'Kim'))
    await page.goto(`${server.url}alerts`)
    await page.getByText('limit outside 1 % to 90 %').first().waitFor()
    // The first tap.
    await page.getByRole('button', { name: 'Silence', exact: true }).first().tap()
    const sheet = page.getByRole('dialog')
    await sheet.getByText('Keeps 1 quiet right now.').waitFor()
    expect(await sheet.getByRole('button', { name: 'Condition job="orders"' }).getAttribute('aria-pressed')).toBe('true')
    expect(await sheet.getByLabel('By', { exact: true }).inputValue()).toBe('Kim')
    const why = await sheet.getByLabel('Why').inputValue()
    expect(why).not.toBe('')
    // The second.
    await sheet.getByRole('button', { name: /^1 h/ }).tap()
    await page.getByRole('heading', { name: 'Kept quiet' }).waitFor()
    await page.getByText(/Silenced until/).waitFor()
    const [made] = sent('POST /api/haechi/v1/silences')
    expect(made).toMatchObject({ createdBy: 'Kim', comment: why, matchers: [{ name: 'alertname', value: 'HighErrorRate', isRegex: false, isEqual: true }, { name: 'job', value: 'orders' }, { name: 'severity', value: 'critical' }] })
    await page.getByRole('button', { name: 'End now' }).tap()
    await page.getByRole('heading', { name: 'Kept quiet' }).waitFor({ state: 'detached' })
    await context.close()
  })

  test('[A6] acknowledged with a name and a note', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.goto(`${server.url}alerts`)
    await page.getByRole('button', { name: 'Acknowledge', exact: true }).first().tap()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Your name').fill('Kim')
    await dialog.getByLabel('Note (optional)').fill('rolling back')
    await dialog.getByRole('button', { name: 'Acknowledge' }).tap()
    await page.getByText(/Kim is on it, since .*: rolling back/).waitFor()
    expect(sent('POST /api/haechi/v1/silences')[0]).toMatchObject({ acknowledgement: true, createdBy: 'Kim', comment: 'rolling back' })
    await context.close()
  })

  test('[A11] a rule is made with a form, and drawn before it is saved', async () => {
    const { context, page } = await openPage(browser, { ...PHONE, width: 1440 }, [])
    await page.goto(`${server.url}alerts?tab=rules`)
    await page.getByText('DiskWillFill').waitFor()
    await page.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.cm-content').fill('rate(http_requests_total[5m])')
    await dialog.getByLabel('Limit').fill('0,5')
    await dialog.getByLabel('Name', { exact: true }).fill('Too many requests')
    await dialog.locator('canvas').first().waitFor()
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(sent('POST /api/haechi/v1/rules')[0]).toMatchObject({ title: 'Too many requests', expr: 'rate(http_requests_total[5m]) > 0.5', forMs: 120_000, labels: { severity: 'warning' } })
    await context.close()
  })

  test('[A11] a Grafana-managed rule is changed, one of a file names it', async () => {
    const { context, page } = await openPage(browser, { ...PHONE, width: 1440 }, [])
    await page.goto(`${server.url}alerts?tab=rules`)
    await page.getByText('Search is slow').click()
    await page.getByText('provisioning/alerting/rules.yaml').waitFor()
    await page.getByText('Checkout is slow').click()
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const dialog = page.getByRole('dialog')
    // Played by the server, with what each step gives now.
    await dialog.getByText('With these settings it would have fired 1 time').waitFor()
    await dialog.locator('canvas').first().waitFor()
    expect(await dialog.getByText('Now: {job="orders"} 0.4').count()).toBe(3)
    await dialog.getByLabel('C: Limit').fill('0.8')
    await dialog.getByLabel('Keeps firing for').fill('10m')
    await dialog.getByRole('button', { name: 'Add an expression' }).click()
    await dialog.getByLabel('D: kind').selectOption('math')
    await dialog.getByLabel('D: Formula').fill('$C == 1')
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    const [saved] = sent('PUT /api/v1/provisioning/alert-rules/g1')
    expect(saved).toMatchObject({ uid: 'g1', title: 'Checkout is slow', condition: 'C', for: '5m', keep_firing_for: '10m', labels: { severity: 'warning', team: 'shop' } })
    expect((saved!['data'] as { model: unknown }[]).map(d => d.model)).toMatchObject([{ expr: 'rate(http_requests_total[5m])' }, { type: 'reduce' }, { conditions: [{ evaluator: { params: [0.8] } }] }, { type: 'math', expression: '$C == 1' }])
    await context.close()
  })

  test('[A11] [A13] what was entered is not lost without a question; a rule is copied, paused, moved, deleted and brought back', async () => {
    const { context, page } = await openPage(browser, { ...PHONE, width: 1440 }, [])
    await page.goto(`${server.url}alerts?tab=rules`)
    await page.getByText('Checkout is slow').click()
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect.poll(() => sent('PUT /api/v1/provisioning/alert-rules/g1')[0], { timeout: 10_000 }).toMatchObject({ uid: 'g1', isPaused: true })
    await page.getByRole('button', { name: 'Duplicate', exact: true }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('Checkout is slow (copy)')
    await dialog.getByLabel('Name', { exact: true }).fill('Basket is slow')
    await page.goBack()
    const question = page.getByRole('dialog', { name: 'Discard your changes?' })
    await question.getByRole('button', { name: 'Keep editing' }).click()
    await question.waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await question.getByRole('button', { name: 'Keep editing' }).click()
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    const [copy] = sent('POST /api/v1/provisioning/alert-rules')
    expect(copy).toMatchObject({ title: 'Basket is slow', condition: 'C', for: '5m' })
    expect(copy).not.toHaveProperty('uid')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('dialog', { name: 'Delete Checkout is slow' }).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Checkout is slow is deleted.').waitFor()
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(() => sent('POST /api/v1/provisioning/alert-rules')[1], { timeout: 10_000 }).toMatchObject({ uid: 'g1', title: 'Checkout is slow' })
    await context.close()
  })

  test('[A16] a heartbeat is set up and says when it was told and what was answered', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.goto(`${server.url}alerts?tab=channels`)
    await page.getByText('Nobody would notice if Haechi died.').waitFor()
    await page.getByRole('button', { name: 'Set up a heartbeat' }).tap()
    await page.getByLabel('Address of the check').fill('https://hc.test/ping')
    await page.getByLabel('Every', { exact: true }).fill('30s')
    await page.getByRole('button', { name: 'Save', exact: true }).tap()
    await page.getByText(/Told 2\d s ago, answered 200\./).waitFor()
    expect(sent('PUT /api/haechi/v1/heartbeat')[0]).toEqual({ url: 'https://hc.test/ping', method: 'POST', intervalMs: 30_000 })
    await context.close()
  })

  test('[A10] [A14] a contact point is tested, changed and added, a mute timing made', async () => {
    const { context, page } = await openPage(browser, { ...PHONE, width: 1440 }, [])
    await page.goto(`${server.url}alerts?tab=channels`)
    await page.getByRole('button', { name: 'Send a test' }).first().click()
    await page.getByText(/Arrived after/).waitFor()
    await page.getByRole('button', { name: 'Change 팀 디스코드' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Team')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByLabel('Name', { exact: true }).waitFor({ state: 'detached' })
    expect(sent('PUT /api/v1/provisioning/contact-points/c1')[0]).toEqual({ uid: 'c1', name: 'Team', type: 'discord', settings: { url: '[REDACTED]', use_discord_username: true }, disableResolveMessage: false })
    await page.getByRole('button', { name: 'Add a channel' }).click()
    await page.getByLabel('Kind').selectOption('telegram')
    await page.getByLabel('Name', { exact: true }).fill('On call')
    await page.getByLabel('Bot token').fill('1:x')
    await page.getByLabel('Chat', { exact: true }).fill('-100')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByLabel('Bot token').waitFor({ state: 'detached' })
    expect(sent('POST /api/haechi/v1/contact-points')[0]).toMatchObject({ name: 'On call', type: 'telegram', settings: { bottoken: '1:x', chatid: '-100' } })
    await page.getByRole('tab', { name: 'Policies' }).click()
    await page.getByRole('button', { name: 'New mute timing' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('weekends')
    await dialog.getByLabel('Sat').check()
    await dialog.getByLabel('Sun').check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(sent('POST /api/v1/provisioning/mute-timings')[0]).toEqual({ name: 'weekends', time_intervals: [{ weekdays: ['sunday', 'saturday'], location: 'Asia/Seoul' }] })
    await context.close()
  })

  test('[A15] the link of a message begins a silence of its alert', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.goto(`${server.url}alerting/silence/new?alertmanager=grafana&matcher=alertname%3DHighErrorRate&matcher=job%3Dorders&orgId=1`)
    // Opening the link was the first tap.
    await page.getByText(/Would keep 1 quiet/).waitFor()
    const why = await page.getByLabel('Why').inputValue()
    expect(why).not.toBe('')
    await page.getByRole('button', { name: 'Silence', exact: true }).tap()
    await expect.poll(() => sent('POST /api/haechi/v1/silences')[0]?.['matchers'], { timeout: 10_000 }).toEqual([{ name: 'alertname', value: 'HighErrorRate', isRegex: false, isEqual: true }, { name: 'job', value: 'orders', isRegex: false, isEqual: true }])
    expect(sent('POST /api/haechi/v1/silences')[0]).toMatchObject({ comment: why })
    await context.close()
  })

  test('[A12] the history is filtered and goes back page by page; each attempt has its answer', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.goto(`${server.url}alerts?tab=deliveries`)
    await page.getByText('May have arrived twice: the attempt before had no answer.').waitFor()
    await page.getByText('Answer', { exact: true }).tap()
    await page.getByText('upstream is gone').waitFor()
    const rows = page.locator('[role=tabpanel] li')
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(50)
    for (const want of [100, 120]) {
      await page.getByRole('button', { name: 'Show older ones' }).tap()
      await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(want)
    }
    await page.getByRole('button', { name: 'Show older ones' }).waitFor({ state: 'detached' })
    await page.getByLabel('Result').selectOption('false')
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(1)
    expect(page.url()).toContain('var-result=false')
    await context.close()
  })

  test('[A8] the way of an alert through the policies is marked', async () => {
    const { context, page } = await openPage(browser, PHONE, [])
    await page.goto(`${server.url}alerts?tab=policies`)
    await page.getByLabel('Labels of an alert').fill('alertname=HighErrorRate, severity=critical')
    await page.getByText('Goes to on-call').waitFor()
    expect(await page.locator('main [data-end]').count()).toBe(1)
    await context.close()
  })
})
