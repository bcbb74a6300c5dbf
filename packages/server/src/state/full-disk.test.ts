import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { smallDisk } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { StateError, openState } from './open-state.ts'
import { StateWriteError } from './state-write-error.ts'

const disk = smallDisk(3)
if (typeof disk === 'string') process.stderr.write(`tests of the state database on a full and on a read-only disk are skipped: ${disk}\n`)
afterAll(() => {
  if (typeof disk !== 'string') disk.remove()
})

const log = { debug() {}, info() {}, warn() {}, error() {} }
const large = 'x'.repeat(200_000)

describe.skipIf(typeof disk === 'string')('S10 a disk that takes nothing', () => {
  if (typeof disk === 'string') return
  const path = join(disk.dir, 'state.db')

  test('[S10] full: a change is refused with file and reason and leaves nothing, what was there is read, and later changes are kept', async () => {
    const state = await openState(path, { log })
    await state.settings.set('before', { n: 1 })
    disk.fill()
    const refused = await state.settings.set('large', large).catch((err: unknown) => err)
    expect(refused).toBeInstanceOf(StateWriteError)
    expect((refused as Error).message).toBe(`${path} can't be written: no space left on the device`)
    // In a transaction, which SQLite ends by itself.
    await expect(state.dashboards.save('a', 'a', { title: 'a', text: large }, '')).rejects.toThrow("can't be written: no space left on the device")
    const alert = { fingerprint: '1', labels: ['alertname', 'A'], annotations: [], startsAtMs: 1, endsAtMs: 2, updatedAtMs: 1, generatorUrl: large } as never
    await expect(state.alerting.putAlerts([alert])).rejects.toThrow("can't be written: no space left on the device")
    expect(await state.settings.get('before')).toEqual({ n: 1 })
    expect(await state.settings.get('large')).toBeUndefined()
    expect(existsSync(`${path}.probe`)).toBe(false)
    disk.free()
    await state.settings.set('large', large)
    await state.alerting.putAlerts([alert])
    await state.close()
    const again = await openState(path, { log })
    expect(await again.settings.get('large')).toBe(large)
    expect((await again.alerting.load()).alerts).toHaveLength(1)
    expect(again.movedAside).toBeUndefined()
    await again.close()
  })

  test('[S10] read-only: a start is refused in a sentence that names the file, and the file stays as it is', async () => {
    disk.readOnly(true)
    try {
      const refused = await openState(path, { log }).catch((err: unknown) => err)
      expect(refused).toBeInstanceOf(StateError)
      expect(refused).toMatchObject({ code: 'io', message: `${path}: cannot open the state database: the file system is read-only` })
    } finally {
      disk.readOnly(false)
    }
    const state = await openState(path, { log })
    expect(await state.settings.get('before')).toEqual({ n: 1 })
    await state.close()
  })
})
