import { appendFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { beforeAll, describe, expect, test } from 'vitest'
import { crc32c } from '../src/crc32c.ts'
import { isDamaged, repairDirectory, verifyDirectory } from '../src/index.ts'
import { RecordBuffer } from '../src/wal/record.ts'
import { PAGE_BYTES } from '../src/wal/wal-writer.ts'
import { encodeXorChunk, xorChunkBytes } from '../src/xor-chunk.ts'
import { HOUR, MINUTE, SERIES, T0, clock, fill, open, stored } from './fault-fixture.ts'
import type { Line } from './fault-fixture.ts'
import { tempDir } from './temp-dir.ts'

/** A directory with blocks, a deletion, a checkpoint, segments of the log, late samples, and memory-mapped chunks; killed. */
let golden: string
let want: Map<string, number>
beforeAll(async () => {
  golden = tempDir()
  const db = await open(golden, [], { walSegmentBytes: PAGE_BYTES })
  for (let h = 0; h < 8; h += 2) {
    fill(db, T0 + h * HOUR, T0 + (h + 2) * HOUR)
    await db.maintain()
  }
  await db.deleteSeries([[newMatcher('=', 'i', '3')]], T0, T0 + HOUR)
  fill(db, T0 + 8 * HOUR, T0 + 11 * HOUR + 40 * MINUTE)
  expect(db.blocks().length).toBeGreaterThan(1)
  want = await stored(db)
  const blocksEnd = Math.max(...db.blocks().filter(b => b.compaction.hints.length === 0).map(b => b.maxTime))
  await db.close()
  const wal = readdirSync(path.join(golden, 'wal'))
  expect(wal.filter(n => /^\d+$/.test(n)).length).toBeGreaterThan(2)
  expect(wal.some(n => n.startsWith('checkpoint.'))).toBe(true)
  expect(readdirSync(path.join(golden, 'wbl')).length).toBeGreaterThan(0)
  // As Prometheus keeps full chunks: the log has their samples too. Series 1, its first two minutes of the head.
  const chunk = new Uint8Array(xorChunkBytes(2))
  const t = blocksEnd
  const n = encodeXorChunk(Float64Array.of(t, t + MINUTE), new Uint32Array(Float64Array.of(t / 1000, (t + MINUTE) / 1000).buffer), 0, 2, chunk)
  const r = new RecordBuffer()
  r.be64(1)
  r.be64(t)
  r.be64(t + MINUTE)
  r.byte(1)
  r.uvarint(n)
  r.reserve(n)
  r.bytes.set(chunk.subarray(0, n), r.length)
  r.length += n
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32c(r.bytes, 0, r.length))
  mkdirSync(path.join(golden, 'chunks_head'))
  writeFileSync(path.join(golden, 'chunks_head', '000001'), Buffer.concat([Buffer.from([0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0]), r.bytes.subarray(0, r.length), crc, Buffer.alloc(64)]))
}, 60_000)

const copy = (): string => {
  const dir = tempDir()
  cpSync(golden, dir, { recursive: true })
  return dir
}
const flip = (file: string, at = statSync(file).size >> 1): void => {
  const b = readFileSync(file)
  b[at]! ^= 0x10
  writeFileSync(file, b)
}
const tear = (file: string): void => truncateSync(file, statSync(file).size - 5)
/** Numbers of a folder with something in them, in order. */
const numbered = (dir: string): string[] => readdirSync(dir).filter(n => /^\d+$/.test(n) && statSync(path.join(dir, n)).size > 0).sort().map(n => path.join(dir, n))
const wal = (dir: string): string => numbered(path.join(dir, 'wal'))[1]!
const lastOf = (list: string[]): string => list.at(-1)!
const wbl = (dir: string): string => lastOf(numbered(path.join(dir, 'wbl')))
const checkpointDir = (dir: string): string => path.join(dir, 'wal', readdirSync(path.join(dir, 'wal')).find(n => n.startsWith('checkpoint.'))!)
const checkpoint = (dir: string): string => numbered(checkpointDir(dir))[0]!
const block = (dir: string, file: string): string => path.join(dir, readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n)).sort()[0]!, file)
const minutes = (n: number): number => n * (SERIES + 1)

const NOTHING = 0
/** What a page of the log holds at most, records of a minute taking about 230 bytes. */
const PAGE = minutes(150)

describe('a damaged directory opens, says what is wrong, and loses what the damage covers', () => {
  const cases: readonly (readonly [name: string, damage: (dir: string) => void, loses: number, says: RegExp | undefined, level: 'warn' | 'error'])[] = [
    ['torn WAL', dir => tear(lastOf(numbered(path.join(dir, 'wal')))), minutes(1), /Cut an unfinished write/, 'warn'],
    ['WAL with half a record behind it', dir => appendFileSync(lastOf(numbered(path.join(dir, 'wal'))), Buffer.from([1, 0, 200, 1, 2, 3])), NOTHING, /Cut an unfinished write/, 'warn'],
    ['torn WBL', dir => tear(wbl(dir)), minutes(1), /Cut an unfinished write/, 'warn'],
    ['torn checkpoint', dir => tear(checkpoint(dir)), PAGE, /damaged part was taken out/, 'error'],
    ['flipped bit in the WAL', dir => flip(wal(dir)), PAGE, /damaged part was taken out/, 'error'],
    ['flipped bit in the WBL', dir => flip(wbl(dir)), PAGE, /damaged part was taken out/, 'error'],
    // The description of a series is lost with its page: what the log says of it cannot be told from others.
    ['flipped bit in the checkpoint', dir => flip(checkpoint(dir)), Infinity, /damaged part was taken out/, 'error'],
    ['flipped bit in chunks_head', dir => flip(path.join(dir, 'chunks_head/000001'), 40), NOTHING, /memory-mapped chunks is damaged/, 'warn'],
    ['missing WAL segment', dir => rmSync(wal(dir)), 3 * PAGE, /Segments of the write-ahead log are missing/, 'error'],
    ['missing checkpoint', dir => rmSync(checkpointDir(dir), { recursive: true }), Infinity, /Segments of the write-ahead log are missing/, 'error'],
    ['missing WAL', dir => rmSync(path.join(dir, 'wal'), { recursive: true }), Infinity, undefined, 'error'],
    ['missing WBL', dir => rmSync(path.join(dir, 'wbl'), { recursive: true }), minutes(40), undefined, 'error'],
    ['missing chunks_head', dir => rmSync(path.join(dir, 'chunks_head'), { recursive: true }), NOTHING, undefined, 'error'],
  ]
  test.each(cases)('[F1] %s', async (name, damage, loses, says, level) => {
    const dir = copy()
    damage(dir)
    const lines: Line[] = []
    let db = await open(dir, lines)
    const left = await stored(db)
    let lost = 0
    for (const [key, bits] of want) {
      if (left.get(key) === undefined) lost++
      else expect(left.get(key), key).toBe(bits)
    }
    for (const key of left.keys()) expect(want.has(key), `${key} is from nowhere`).toBe(true)
    expect(lost).toBeLessThanOrEqual(loses)
    if (loses === Infinity) expect(left.size, 'what is in blocks stays').toBeGreaterThan(want.size / 3)
    if (says === undefined) expect(lines).toEqual([])
    else {
      const line = lines.find(l => says.test(l.message))!
      expect(lines.map(l => l.message).join('\n')).toMatch(says)
      expect(line.level).toBe(level)
      expect(line.fields).toMatchObject({ file: expect.stringContaining(dir) as string })
      if (!/unfinished/.test(line.message)) expect(line.fields['next']).toMatch(/^haechi tsdb (verify|repair) /)
      if (!/missing|chunks/.test(line.message)) expect(line.fields['bytes']).toBeGreaterThan(0)
    }
    // It goes on: new samples are taken, and stay.
    const more = fill(db, T0 + 11 * HOUR + 41 * MINUTE, T0 + 11 * HOUR + 45 * MINUTE)
    expect(more).toBe(minutes(4))
    const all = await stored(db)
    expect(all.size).toBe(left.size + more)
    await db.close()
    // What was mended is not found again; what only the user can mend is, until the command that was named has run.
    if (says?.test('missing') === true || lines.some(l => / repair /.test(String(l.fields['next'])))) repairDirectory(dir, clock.nowMs)
    const again: Line[] = []
    db = await open(dir, again)
    expect(await stored(db)).toEqual(all)
    expect(again.filter(l => l.level === 'error' && name !== 'missing checkpoint')).toEqual([])
    await db.close()
  })

  const blockCases: readonly (readonly [name: string, damage: (dir: string) => void, back: 'all' | 'most' | 'none'])[] = [
    ['flipped bit in meta.json', dir => flip(block(dir, 'meta.json'), 0), 'all'],
    ['flipped bit in the symbols of the index', dir => flip(block(dir, 'index'), 12), 'all'],
    ['flipped bit in the tombstones', dir => flip(block(dir, 'tombstones')), 'most'],
    ['missing meta.json', dir => rmSync(block(dir, 'meta.json')), 'all'],
    ['missing index', dir => rmSync(block(dir, 'index')), 'none'],
    ['missing chunk file', dir => rmSync(block(dir, 'chunks/000001')), 'none'],
    ['missing chunks', dir => rmSync(block(dir, 'chunks'), { recursive: true }), 'none'],
    ['empty index', dir => writeFileSync(block(dir, 'index'), ''), 'none'],
  ]
  test.each(blockCases)('[F2] block with %s: set aside with its name, and the command that is named brings back what can be read', async (_, damage, back) => {
    const dir = copy()
    damage(dir)
    const lines: Line[] = []
    let db = await open(dir, lines)
    const left = await stored(db)
    expect(left.size).toBeLessThan(want.size)
    for (const [key, bits] of left) expect(want.get(key)).toBe(bits)
    expect(lines).toHaveLength(1)
    const [line] = lines
    expect(line).toMatchObject({ level: 'error', message: 'A block is damaged and was set aside; its samples are missing from answers', fields: { reason: expect.stringMatching(/./) as string, bytes: expect.any(Number) as number, movedTo: expect.stringContaining('damaged-') as string, next: `stop Haechi, then: haechi tsdb repair ${dir}` } })
    await db.close()
    repairDirectory(dir, clock.nowMs)
    expect(isDamaged(verifyDirectory(dir))).toBe(false)
    // A second repair finds nothing to do.
    const before = readdirSync(dir).sort()
    repairDirectory(dir, clock.nowMs)
    expect(readdirSync(dir).sort()).toEqual(before)
    const again: Line[] = []
    db = await open(dir, again)
    expect(again).toEqual([])
    const repaired = await stored(db)
    if (back === 'all') expect(repaired).toEqual(want)
    // Deletions that could not be read are not in force any more.
    if (back === 'most') for (const key of want.keys()) expect(repaired.has(key)).toBe(true)
    if (back === 'none') expect(repaired).toEqual(left)
    await db.close()
  })

  test('[F3] a damaged chunk of a block: a query that needs it says file and reason, others are answered, and the repair costs that chunk', async () => {
    const dir = copy()
    flip(block(dir, 'chunks/000001'), 60)
    const db = await open(dir)
    const question = db.querier(T0, T0 + 20 * HOUR)
    await expect(stored(db)).rejects.toThrow(/chunks.*(checksum|cannot be read|damaged)/)
    const late = await question.select([newMatcher('!=', '__name__', '')], T0 + 7 * HOUR, T0 + 20 * HOUR)
    expect(late.size).toBeGreaterThan(5)
    question.close()
    await db.close()
    const report = repairDirectory(dir, clock.nowMs)
    expect(report.actions).toMatchObject([{ kind: 'rewritten', loss: { chunks: 1 } }])
    const again = await open(dir)
    const left = await stored(again)
    expect(want.size - left.size).toBeGreaterThan(0)
    expect(want.size - left.size).toBeLessThan(200)
    await again.close()
  })

  test('[F4] tombstones that are missing although the meta counts them are said', async () => {
    const dir = copy()
    const file = readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n)).map(n => path.join(dir, n)).find(d => /numTombstones/.test(readFileSync(path.join(d, 'meta.json'), 'utf8')))!
    rmSync(path.join(file, 'tombstones'))
    const lines: Line[] = []
    const db = await open(dir, lines)
    expect(lines).toMatchObject([{ level: 'error', message: 'The deletions of a block are missing; what was deleted is answered again', fields: { file: path.join(file, 'tombstones') } }])
    await db.close()
  })
})
