import { VirtualClock } from '@haechi/testkit'
import { expect, test } from 'vitest'
import { ConfigWatch } from './config-watch.ts'
import type { Logger } from './logger.ts'

test('[P35] what changed is read once, also where it can not be used; what is read by hand is not read again; a file that is missing for a moment changes nothing', async () => {
  const clock = new VirtualClock(0)
  const said: string[] = []
  const note = (_fields: object, text: string): void => void said.push(text)
  const log = { debug: note, info: note, warn: note, error: note, child: () => log } as unknown as Logger
  let content: string | Error = 'a'
  let reloads = 0
  let broken = false
  const watch = new ConfigWatch({
    clock, log, intervalMs: 1000,
    digest: () => (content instanceof Error ? Promise.reject(content) : Promise.resolve(content)),
    reload: () => {
      reloads++
      return broken ? Promise.reject(new Error('wrong')) : Promise.resolve()
    },
  })
  await watch.note()
  watch.start()
  await clock.advance(5000)
  expect(reloads).toBe(0)
  content = 'b'
  await clock.advance(5000)
  expect(reloads).toBe(1)
  content = new Error('cannot read x: no such file')
  await clock.advance(2000)
  content = 'b'
  await clock.advance(2000)
  expect(reloads).toBe(1)
  expect(said).toContain('The files of the configuration could not be looked at for changes')
  broken = true
  content = 'c'
  await clock.advance(5000)
  expect(reloads).toBe(2)
  content = 'd'
  await watch.note()
  await clock.advance(5000)
  expect(reloads).toBe(2)
  watch.stop()
  content = 'e'
  await clock.advance(5000)
  expect(reloads).toBe(2)
})
