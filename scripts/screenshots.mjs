// node scripts/screenshots.mjs [URL]: makes the pictures of the READMEs from a running `npm start` (a quarter of an hour old looks best).

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { root } from './lib.mjs'

const url = process.argv[2] ?? 'http://127.0.0.1:9090'
const folder = join(root, 'docs/images')
mkdirSync(folder, { recursive: true })
const PICTURES = [
  { name: 'overview', path: '/', locale: 'en-US', theme: 'dark', height: 500, ready: 'article dd' },
  { name: 'overview-ko', path: '/', locale: 'ko-KR', theme: 'light', height: 500, ready: 'article dd' },
  { name: 'board', path: '/boards/haechi-api-overview', locale: 'en-US', theme: 'dark', height: 830, ready: 'main canvas' },
]
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
for (const { name, path, locale, theme, height, ready } of PICTURES) {
  const context = await browser.newContext({ viewport: { width: 1280, height }, locale, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(url + path)
  await page.locator(ready).first().waitFor()
  await page.waitForTimeout(3000)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await context.close()
  console.log(`docs/images/${name}.png`)
}
await browser.close()
