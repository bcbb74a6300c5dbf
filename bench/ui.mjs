// How fast boards are, in real Chromium against a Haechi of its own: a board of six panels, a panel of 50 lines, a long board (Node Exporter Full where its JSON is given),
// and memory over many refreshes. What is asked and how long tasks are stands beside it.
// Beside the time on the wall stands the CPU time of the page's process: on a loaded machine the first grows, the second hardly does.
//
//   node bench/ui.mjs [LONG_BOARD.json]
//
// BENCH_PORT: 22660. BENCH_REFRESHES: 300; 720 are an hour of a refresh every 5 s, in some minutes. BENCH_ONLY=six,fifty,long,memory: these alone.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { loadGenerator, remoteWrite, saveBoard, startBrowser, startHaechi, withConstants } from './boards-setup.mjs'

const [longFile] = process.argv.slice(2)
const only = process.env.BENCH_ONLY?.split(',')
const isWanted = part => only === undefined || only.includes(part)
const refreshes = Number(process.env.BENCH_REFRESHES ?? 300)
const web = process.env.BENCH_WEB ?? fileURLToPath(new URL('../dist/web/', import.meta.url))
const median = list => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const row = (what, value, wanted) => console.log(`| ${what} | ${value} | ${wanted} |`)

/** Compressed bytes of the scripts that the first page names. */
function firstPageBytes() {
  const html = readFileSync(join(web, 'index.html'), 'utf8')
  const names = new Set([...html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+\.js)"/g)].map(m => m[1]))
  const there = readdirSync(join(web, 'assets'))
  return [...names].reduce((n, name) => n + readFileSync(join(web, there.includes(`${name.slice(7)}.gz`) ? `${name}.gz` : name)).length, 0)
}

const panel = (id, expr, unit) => ({ id, type: 'timeseries', title: expr, gridPos: { x: (id - 1) % 3 * 8, y: Math.floor((id - 1) / 3) * 9, w: 8, h: 9 }, fieldConfig: { defaults: { unit }, overrides: [] }, options: {}, targets: [{ refId: 'A', expr, legendFormat: '{{path}}' }] })
const six = { title: 'six', schemaVersion: 42, panels: [1, 2, 3, 4, 5, 6].map(i => panel(i, `rate(bench_${i}_total[5m])`, 'reqps')) }
const fifty = { title: 'fifty', schemaVersion: 42, panels: [{ ...panel(1, 'bench_lines', 'short'), gridPos: { x: 0, y: 0, w: 24, h: 16 } }] }

const haechi = await startHaechi(Number(process.env.BENCH_PORT ?? 22660))
const browser = await startBrowser()
try {
  const endMs = Math.floor(Date.now() / 60_000) * 60_000
  const own = [
    ...[1, 2, 3, 4, 5, 6].flatMap(i => Array.from({ length: 8 }, (_, k) => ({ labels: { __name__: `bench_${i}_total`, path: `/${k}` }, seed: i * 10 + k }))),
    ...Array.from({ length: 50 }, (_, k) => ({ labels: { __name__: 'bench_lines', path: `/${k}` }, seed: k })),
  ]
  await remoteWrite(haechi.url, own, (s, t) => s.labels.__name__.endsWith('_total') ? (t - endMs) / 1000 * (1 + s.seed % 7) + 200_000 : Math.sin(t / 3_600_000 + s.seed) * 10 + s.seed, endMs - 86_400_000, endMs, 60_000)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable')
  // Of the pages' processes: it stands still while others have the processor.
  const system = await browser.newBrowserCDPSession()
  const cpuMs = async () => (await system.send('SystemInfo.getProcessInfo')).processInfo.filter(p => p.type === 'renderer').reduce((sum, p) => sum + p.cpuTime, 0) * 1000
  // Notes when an answer has been read and when a chart was drawn last, without a mark in the product.
  await page.addInitScript(() => {
    const seen = { dataMs: 0, drawnMs: 0, drawings: 0, longTasks: [] }
    globalThis.benchSeen = seen
    // Tasks of 50 ms and more, in which nothing that people press is heard.
    new PerformanceObserver(list => { for (const e of list.getEntries()) seen.longTasks.push(Math.round(e.duration)) }).observe({ type: 'longtask', buffered: true })
    const { text } = Response.prototype
    Response.prototype.text = async function () {
      const body = await text.call(this)
      if (this.url.includes('/query')) seen.dataMs = performance.now()
      return body
    }
    // Answers to several questions come line by line.
    const { read } = ReadableStreamDefaultReader.prototype
    ReadableStreamDefaultReader.prototype.read = async function (...args) {
      const piece = await read.apply(this, args)
      seen.dataMs = performance.now()
      return piece
    }
    const { clearRect } = CanvasRenderingContext2D.prototype
    // uPlot begins each drawing by clearing its canvas.
    CanvasRenderingContext2D.prototype.clearRect = function (...args) {
      seen.drawings++
      clearRect.apply(this, args)
      queueMicrotask(() => { seen.drawnMs = performance.now() })
    }
  })
  console.log('| what | measured | wanted |\n| --- | --- | --- |')
  row('scripts of the first page, gzip', `${(firstPageBytes() / 1000).toFixed(0)} kB`, '300 kB')

  const asked = []
  let requests = 0
  page.on('request', q => {
    const isBatch = q.url().endsWith('/api/haechi/v1/queries')
    if (!isBatch && !q.url().includes('/api/v1/query')) return
    requests++
    for (const text of isBatch ? JSON.parse(q.postData()).queries : [q.postData() ?? '']) asked.push(new URLSearchParams(text.slice(text.indexOf('?') + 1)))
  })
  const longTasks = () => page.evaluate(() => globalThis.benchSeen.longTasks.splice(0))
  const tasksText = list => list.length === 0 ? 'none' : `${list.length}, the longest ${Math.max(...list)} ms`

  /** From navigation to the moment at which every panel in the window is drawn: has its picture, its number or its sentence. */
  const open = async (uid, query, panels) => {
    const before = await cpuMs()
    asked.length = requests = 0
    await page.goto(`${haechi.url}boards/${uid}?${query}`, { waitUntil: 'commit' })
    const wall = await page.evaluate(n => new Promise(resolve => {
      const isDrawn = () => {
        const cards = [...document.querySelectorAll('article')].filter(a => { const box = a.getBoundingClientRect(); return box.top < innerHeight && box.bottom > 0 })
        return cards.length >= n && cards.every(a => a.getAttribute('aria-busy') !== 'true' && a.querySelector('[role="status"]:not([hidden])') === null && (a.querySelector('[class*="plot"]') === null || a.querySelector('canvas') !== null))
      }
      const look = () => isDrawn() ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0)) : requestAnimationFrame(look)
      look()
    }), panels)
    return { wall, cpu: await cpuMs() - before, dataMs: await page.evaluate(() => globalThis.benchSeen.dataMs), long: await longTasks() }
  }
  const timed = list => `${Math.round(median(list.map(x => x.wall)))} ms (best ${Math.round(Math.min(...list.map(x => x.wall)))}; CPU of the page ${Math.round(median(list.map(x => x.cpu)))}; last answer at ${Math.round(median(list.map(x => x.dataMs)))}), median of ${list.length}; tasks over 50 ms in all: ${tasksText(list.flatMap(x => x.long))}`
  await saveBoard(haechi.url, six, 'bench-six')
  if (isWanted('six')) {
    for (let i = 0; i < 4; i++) await open('bench-six', 'from=now-6h&to=now', 6)
    const times = []
    for (let i = 0; i < 9; i++) times.push(await open('bench-six', 'from=now-6h&to=now', 6))
    row('six panels, 6 h, warm: navigation to the last one painted', timed(times), '300 ms')
    row('questions for its data, and requests', `${asked.length} in ${requests}`, '6')
  }

  if (isWanted('fifty')) {
    await saveBoard(haechi.url, fifty, 'bench-fifty')
    await open('bench-fifty', `from=${endMs - 86_400_000}&to=${endMs}`, 1)
    // A refresh with another range, so that all of the answer is new: from the moment at which it has been read to the picture. First the 20 highest lines, then all 50.
    for (const shown of ['20 highest', 'all 50']) {
      if (shown === 'all 50') await page.getByRole('button', { name: 'Show all' }).click()
      const draws = []
      for (let i = 0; i < 14; i++) {
        await page.evaluate(() => { globalThis.benchSeen.drawnMs = globalThis.benchSeen.dataMs = 0 })
        const before = await cpuMs()
        await page.evaluate(to => {
          history.pushState({}, '', `${location.pathname}?from=${to - 86_400_000}&to=${to}`)
          dispatchEvent(new PopStateEvent('popstate'))
        }, endMs - (i + 1) * 600_000 - (shown === 'all 50' ? 300_000 : 0))
        await page.waitForFunction(() => globalThis.benchSeen.drawnMs > globalThis.benchSeen.dataMs && globalThis.benchSeen.dataMs > 0 && globalThis.benchSeen.drawnMs !== 0, undefined, { polling: 'raf' })
        await page.waitForTimeout(120)
        // The first ones are still being compiled.
        if (i > 1) draws.push({ ...await page.evaluate(() => globalThis.benchSeen), cpu: await cpuMs() - before })
      }
      row(`24 h of 50 lines, ${shown} shown: answer read to picture`, `${median(draws.map(d => d.drawnMs - d.dataMs)).toFixed(1)} ms (best ${Math.min(...draws.map(d => d.drawnMs - d.dataMs)).toFixed(1)}; CPU of the whole change ${median(draws.map(d => d.cpu)).toFixed(0)}); tasks over 50 ms: ${tasksText(await longTasks())}`, '16 ms')
    }
  }

  if (longFile !== undefined && isWanted('long')) {
    const bytes = readFileSync(longFile)
    const json = JSON.parse((longFile.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
    const { boardSeries, boardValue } = await loadGenerator()
    await remoteWrite(haechi.url, await boardSeries(withConstants(json), endMs), boardValue, endMs - 3_600_000, endMs, 30_000)
    const uid = await saveBoard(haechi.url, json, 'bench-long')
    const query = `from=${endMs - 3_600_000}&to=${endMs}&refresh=off`
    for (let i = 0; i < 3; i++) await open(uid, query, 3)
    const opened = []
    for (let i = 0; i < 5; i++) opened.push(await open(uid, query, 3))
    row('long board, warm: every panel in the window drawn', timed(opened), '1000 ms')
    await page.waitForTimeout(1000)
    const panels = JSON.stringify(json).split('"targets":').length - 1
    row('questions for its data when it opens', `${asked.length} in ${requests} requests, of ${new Set(asked.map(String)).size} different questions; the board has ${panels} panels with queries`, 'each once, only what is near the window')
    await longTasks()
    for (const rows of ['rows as saved', 'all rows open']) {
      if (rows === 'all rows open') {
        await page.evaluate(() => scrollTo(0, 0))
        for (;;) {
          const closed = page.locator('main [aria-expanded="false"]:not([aria-haspopup])').filter({ hasText: /\d/ }).first()
          if (await closed.count() === 0) break
          await closed.click()
        }
        await page.evaluate(() => scrollTo(0, 0))
        await page.waitForTimeout(1000)
      }
      await longTasks()
      const frames = await page.evaluate(async () => {
        const gaps = []
        let last = performance.now()
        const end = last + 30_000
        while (last < end && scrollY + innerHeight < document.documentElement.scrollHeight - 1) {
          const now = await new Promise(requestAnimationFrame)
          gaps.push(now - last)
          last = now
          scrollBy(0, 24)
        }
        return gaps.slice(2)
      })
      const late = frames.filter(f => f > 25).length
      row(`long board, ${rows}, scrolled from top to bottom, 24 px a frame: median frame, 95th percentile, longest`, `${median(frames).toFixed(1)} ms, ${frames.toSorted((a, b) => a - b)[Math.floor(frames.length * 0.95)].toFixed(1)} ms, ${Math.max(...frames).toFixed(0)} ms; ${late} of ${frames.length} frames late; tasks over 50 ms: ${tasksText(await longTasks())}`, '16.7 ms')
    }
  }

  if (isWanted('memory')) {
    await open('bench-six', 'from=now-6h&to=now&refresh=off', 6)
    await cdp.send('HeapProfiler.enable')
    const heap = async () => {
      await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const of = name => metrics.find(m => m.name === name).value
      return { mb: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') }
    }
    const after = []
    for (let i = 0; i <= refreshes; i++) {
      if (i % Math.ceil(refreshes / 5) === 0) after.push(await heap())
      if (i === refreshes) break
      asked.length = 0
      // The next one when the answers of this one are drawn.
      const drawings = await page.evaluate(() => globalThis.benchSeen.drawings)
      await page.keyboard.press('r')
      await page.waitForFunction(n => globalThis.benchSeen.drawings >= n + 6, drawings, { timeout: 10_000 }).catch(() => {})
    }
    row(`heap after collection, over ${refreshes} refreshes`, `${after.map(n => n.mb.toFixed(1)).join(', ')} MB; nodes ${after[0].nodes} to ${after.at(-1).nodes}, listeners ${after[0].listeners} to ${after.at(-1).listeners}; tasks over 50 ms: ${tasksText(await longTasks())}`, 'flat')
    row('the last of them asked for', `${asked.map(q => `${Math.round(Number(q.get('end')) - Number(q.get('start')))} s`).join(', ')} of 6 h`, 'only what is new')
  }
} finally {
  await browser.close()
  await haechi.stop()
}
