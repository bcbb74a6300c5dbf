import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DataDirError } from '../src/index.ts'
import { PAGE_BYTES } from '../src/wal/wal-writer.ts'
import { HOUR, MINUTE, SERIES, T0, fill, labels, open, stored } from './fault-fixture.ts'
import { tempDir } from './temp-dir.ts'

/** A disk that can be full: bytes and new files that it still takes. A write that does not fit writes what does, and the next fails. */
const disk = vi.hoisted(() => ({ left: Infinity, files: Infinity }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const full = (call: string): Error => Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC', errno: -28, syscall: call })
  return {
    ...fs,
    openSync(file: string, flags?: string, mode?: number): number {
      if (flags !== undefined && flags !== 'r' && flags !== 'r+' && !(flags === 'w' && fs.existsSync(file))) {
        if (disk.files < 1) throw full('open')
        disk.files--
      }
      return fs.openSync(file, flags ?? 'r', mode)
    },
    writeSync(fd: number, b: Uint8Array | string, offset?: number, length?: number, position?: number): number {
      const bytes = typeof b === 'string' ? Buffer.from(b) : b
      const n = Math.min(length ?? bytes.length, disk.left)
      if (n <= 0 && (length ?? bytes.length) > 0) throw full('write')
      disk.left -= n
      return fs.writeSync(fd, bytes, offset ?? 0, n, position ?? null)
    },
    writeFileSync(file: number | string, content: string | Uint8Array): void {
      if (content.length > disk.left) {
        disk.left = 0
        throw full('write')
      }
      disk.left -= content.length
      fs.writeFileSync(file, content)
    },
  }
})

describe('a full disk', () => {
  afterEach(() => {
    disk.left = disk.files = Infinity
  })

  /** What an error says, causes included. */
  const words = (err: unknown): string => (err instanceof Error ? `${err.message} ${words(err.cause)}` : '')
  const leftovers = (dir: string): string[] => readdirSync(dir, { recursive: true }).map(String).filter(n => /tmp/.test(n))

  test('[F5] appending: a batch is refused as a whole, wherever in it the disk fills, in WAL and WBL and across segments; the next one is taken', async () => {
    for (const left of [0, 1, 6, 300, 5000, PAGE_BYTES, PAGE_BYTES + 77, 2 * PAGE_BYTES, 2 * PAGE_BYTES + 50, 4 * PAGE_BYTES]) {
      const dir = tempDir()
      let db = await open(dir)
      fill(db, T0, T0 + 20 * MINUTE)
      const before = await stored(db)
      const a = db.appender()
      // More than a segment has room for, each series new, some of it late.
      const batch = (): void => {
        for (let k = 0; k < 40; k++) for (let i = 0; i < SERIES; i++) a.append(a.series(labels(1000 + i)), T0 + HOUR + k * 1000 + i, k)
        for (let k = 0; k < 12_000; k++) a.append(a.series(labels(2000 + (k % 50))), T0 + HOUR + k, Math.sin(k))
        for (let i = 0; i < SERIES; i++) a.append(a.series(labels(i)), T0 + 30_000 + left % 1000, 7)
      }
      disk.left = left
      batch()
      let refused: unknown
      try {
        a.commit()
      } catch (err) {
        refused = err
      }
      expect(words(refused), `${left} bytes left`).toMatch(/(cannot write to the write-ahead log|cannot begin the segment) .*(wal|wbl).*ENOSPC/)
      expect(await stored(db)).toEqual(before)
      disk.left = Infinity
      // What a process that is killed now leaves.
      const killed = tempDir()
      cpSync(dir, killed, { recursive: true })
      rmSync(path.join(killed, 'lock'))
      const other = await open(killed)
      expect(await stored(other), `${left} bytes left: nothing of the batch is in the logs`).toEqual(before)
      expect(other.report.replay).toMatchObject({ lost: [], tornBytes: 0, badRecords: 0 })
      await other.close()
      batch()
      expect(a.commit().appended).toBe(40 * SERIES + 12_000 + SERIES)
      const after = await stored(db)
      await db.close()
      db = await open(dir)
      expect(await stored(db)).toEqual(after)
      await db.close()
    }
  }, 60_000)

  test('[F5] a segment that cannot be begun refuses the batch, and the log goes on when it can', async () => {
    const dir = tempDir()
    const db = await open(dir)
    fill(db, T0, T0 + 5 * MINUTE)
    disk.files = 0
    const a = db.appender()
    const batch = (): void => {
      for (let k = 0; k < 12_000; k++) a.append(a.series(labels(k % 50)), T0 + HOUR + k, Math.sin(k))
    }
    batch()
    expect(() => a.commit()).toThrow('cannot begin the segment')
    disk.files = Infinity
    batch()
    expect(a.commit().appended).toBe(12_000)
    const all = await stored(db)
    await db.close()
    const again = await open(dir)
    expect(await stored(again)).toEqual(all)
    expect(again.report.replay.lost).toEqual([])
    await again.close()
  })

  test.each([0, 100, 3000, 9000])('[F6] blocks, merging, checkpoints and cleaning with %i bytes left: an error that says so, nothing half, nothing lost, and the next round does it', async left => {
    const dir = tempDir()
    let db = await open(dir)
    fill(db, T0, T0 + 7 * HOUR)
    const before = await stored(db)
    disk.left = left
    // Rounds, as the timer makes them.
    for (let round = 0; round < 3; round++) {
      let err: unknown
      try {
        await db.maintain()
      } catch (e) {
        err = e
      }
      if (round === 0) expect(words(err)).toMatch(/ENOSPC/)
      expect(leftovers(dir)).toEqual([])
      expect(await stored(db)).toEqual(before)
      disk.left = left
    }
    disk.left = Math.min(left, 2000)
    await expect(db.snapshot(false)).rejects.toThrow(/ENOSPC/)
    expect(existsSync(path.join(dir, 'snapshots')) ? readdirSync(path.join(dir, 'snapshots')) : []).toEqual([])
    disk.left = Infinity
    await db.maintain()
    expect(db.blocks().length).toBeGreaterThan(1)
    expect(await stored(db)).toEqual(before)
    await db.snapshot(false)
    disk.left = 0
    await expect(db.deleteSeries([[newMatcher('=', 'i', '3')]], T0, T0 + 20 * HOUR)).rejects.toSatisfy(e => /ENOSPC/.test(words(e)))
    expect(leftovers(dir)).toEqual([])
    expect(await stored(db)).toEqual(before)
    disk.left = Infinity
    await db.deleteSeries([[newMatcher('=', 'i', '3')]], T0, T0 + 20 * HOUR)
    const deleted = await stored(db)
    expect(deleted.size).toBeLessThan(before.size)
    disk.left = 0
    await expect(db.cleanTombstones()).rejects.toSatisfy(e => /ENOSPC/.test(words(e)))
    expect(leftovers(dir)).toEqual([])
    expect(await stored(db)).toEqual(deleted)
    disk.left = Infinity
    await db.cleanTombstones()
    expect(await stored(db)).toEqual(deleted)
    await db.close()
    db = await open(dir)
    expect(db.report).toMatchObject({ damagedBlocks: [], replay: { lost: [], badRecords: 0 } })
    expect(await stored(db)).toEqual(deleted)
    await db.close()
  }, 60_000)

  test('[F7] a start on a full disk is refused in a sentence and leaves no lock; with space it succeeds', async () => {
    const dir = tempDir()
    const first = await open(dir)
    fill(first, T0, T0 + 5 * HOUR)
    await first.maintain()
    const want = await stored(first)
    await first.close()
    disk.left = 0
    await expect(open(dir)).rejects.toSatisfy(e => e instanceof DataDirError && /^cannot write to the data directory .*no space left on the device$/.test(e.message))
    disk.left = Infinity
    disk.files = 1
    await expect(open(dir)).rejects.toSatisfy(e => e instanceof DataDirError && e.message.endsWith('no space left on the device'))
    disk.files = Infinity
    const db = await open(dir)
    expect(await stored(db)).toEqual(want)
    await db.close()
  })
})
