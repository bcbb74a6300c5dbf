import { statSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { HeadAppender } from '../src/head-appender.ts'
import { HeadCore } from '../src/head-core.ts'
import { SILENT } from '../src/logger.ts'
import { WalWriter } from '../src/wal/wal-writer.ts'
import { tempDir } from './temp-dir.ts'

test('[O1b] when the log of late samples cannot be written, the batch is in neither log nor memory, and the next one works', () => {
  const dir = tempDir()
  const core = new HeadCore(Infinity)
  core.wal = new WalWriter(dir, 0, { compress: 'none', logger: SILENT })
  const wbl = new WalWriter(tempDir(), 0, { compress: 'none', logger: SILENT })
  core.wbl = wbl
  core.oooWindowMs = 1000
  const a = new HeadAppender(core)
  const ref = a.series(['__name__', 'x'])
  a.append(ref, 5000, 1)
  a.commit()
  const size = (): number => statSync(path.join(dir, '00000000')).size
  const before = size()
  const { flush } = wbl
  wbl.flush = () => {
    wbl.discard()
    throw new Error('no space left on device')
  }
  const add = (): void => {
    a.append(ref, 6000, 2)
    a.append(a.series(['__name__', 'new']), 6000, 2)
    a.append(ref, 4500, 3)
  }
  add()
  expect(() => a.commit()).toThrow('no space')
  expect(size()).toBe(before)
  expect(core.store.extras.oooChunkCount).toBe(0)
  wbl.flush = flush
  add()
  expect(a.commit()).toMatchObject({ appended: 3 })
  expect(size()).toBeGreaterThan(before)
  expect(core.store.extras.oooChunkCount).toBe(1)
  core.wal.close()
  wbl.close()
})
