// Imports every board of a folder into a Haechi of its own, fills it with data made from the boards' own queries, opens each in real Chromium, scrolls through it with
// all rows open, and prints what each panel shows.
//
//   node bench/boards.mjs FOLDER [name…]
//
// BENCH_PORT: 22650, the first of 50. PICTURES: a folder for a picture of each board.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadGenerator, readBoards, remoteWrite, saveBoard, startBrowser, startHaechi, withConstants } from './boards-setup.mjs'

const [folder, ...only] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node bench/boards.mjs FOLDER [name…]')
const boards = readBoards(folder).filter(b => only.length === 0 || only.some(o => b.name.includes(o)))
const { boardSeries, boardValue } = await loadGenerator()
const endMs = Math.floor(Date.now() / 60_000) * 60_000
const startMs = endMs - 3_600_000
const PORT = Number(process.env.BENCH_PORT ?? 22650)
const browser = await startBrowser()
const pictures = process.env.PICTURES
if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
const sum = { panels: 0, drawn: 0, text: 0, empty: 0, other: 0, error: 0 }
const remarks = []
try {
  console.log('| board | series | panels | drawn | text | empty | placeholders | errors | ms |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  // Each board has a server to itself: the variables of one would list what another asked for.
  for (const [i, b] of boards.entries()) {
    const haechi = await startHaechi(PORT + i % 50)
    try {
      await oneBoard(haechi, b)
    } finally {
      await haechi.stop()
    }
  }
  const good = sum.drawn + sum.text
  const supported = sum.panels - sum.other
  console.log(`| all | | ${sum.panels} | ${sum.drawn} | ${sum.text} | ${sum.empty} | ${sum.other} | ${sum.error} | |`)
  console.log(`\nof all panels ${(good / sum.panels * 100).toFixed(2)} % show something; of those of supported types and sources ${(good / supported * 100).toFixed(2)} %, without an error ${((supported - sum.error) / supported * 100).toFixed(2)} %\n\n${remarks.join('\n')}`)
} finally {
  await browser.close()
}

async function oneBoard(haechi, b) {
  const series = await boardSeries(withConstants(b.json), endMs)
  await remoteWrite(haechi.url, series, boardValue, startMs - 900_000, endMs, 5000)
  const uid = await saveBoard(haechi.url, b.json, 'bench')
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.on('pageerror', error => remarks.push(`${b.name}: page error: ${error.message}`))
  page.on('console', m => { if (m.type() === 'error' && !m.text().includes('Failed to load resource')) remarks.push(`${b.name}: console: ${m.text()}`) })
  const began = performance.now()
  await page.goto(`${haechi.url}boards/${uid}?from=${startMs}&to=${endMs}&refresh=off`)
  const found = await walk(page)
  const ms = Math.round(performance.now() - began)
  if (pictures !== undefined) {
    await page.evaluate(() => scrollTo(0, 0))
    await page.screenshot({ path: join(pictures, `${b.name}.png`) })
  }
  const count = state => found.filter(f => f.state === state).length
  const row = { panels: found.length, drawn: count('drawn'), text: count('text'), empty: count('empty'), other: count('other'), error: count('error') }
  for (const k of Object.keys(sum)) sum[k] += row[k]
  for (const f of found) if (f.state === 'error' || f.state === 'empty' || f.state === 'other') remarks.push(`${b.name}: ${f.state}: ${f.title}: ${f.why}`)
  console.log(`| ${b.name} | ${series.length} | ${row.panels} | ${row.drawn} | ${row.text} | ${row.empty} | ${row.other} | ${row.error} | ${ms} |`)
  await context.close()
}

/** Opens closed rows, scrolls to every panel and waits until it has settled; what each shows. */
async function walk(page) {
  await page.waitForSelector('article, [role=note], [role=alert]', { timeout: 20_000 })
  await page.waitForTimeout(150)
  for (let n = 0; n < 200; n++) {
    const closed = page.locator('main button[aria-expanded=false][class*=rowButton]').first()
    if (await closed.count() === 0) break
    await closed.click()
  }
  return await page.evaluate(async () => {
    const settled = article => {
      if (article.getAttribute('aria-busy') === 'true' || article.querySelector('[role=status][aria-label=Loading]')) return false
      const text = article.querySelector('[role=note] strong, [role=alert] strong')
      return text !== null || article.querySelector('canvas, svg[role=img], table, [role=img], [role=meter], dl, ul, a, p, h1, h2, li, [class*=stat], [class*=text]') !== null
    }
    const out = []
    const seen = new Set()
    for (let i = 0; i < document.querySelectorAll('main article').length; i++) {
      const article = document.querySelectorAll('main article')[i]
      if (seen.has(article)) continue
      seen.add(article)
      article.scrollIntoView({ block: 'center' })
      for (let t = 0; t < 400 && !settled(article); t++) await new Promise(resolve => setTimeout(resolve, 25))
      const title = article.getAttribute('aria-label') ?? ''
      const note = article.querySelector('[class*=note][role=note], [class*=note][role=alert]')
      if (!settled(article)) out.push({ title, state: 'error', why: 'did not settle' })
      else if (note?.getAttribute('role') === 'alert') out.push({ title, state: 'error', why: note.textContent })
      else if (note !== null && /can't be drawn|does not have|has no query/.test(note.textContent)) out.push({ title, state: 'other', why: note.textContent })
      else if (note !== null && !/^No (?:alert|board)/.test(note.textContent)) out.push({ title, state: 'empty', why: note.textContent })
      else out.push({ title, state: article.querySelector('[class*=TextView], [class*=_text_]') === null ? 'drawn' : 'text', why: '' })
    }
    return out
  })
}
