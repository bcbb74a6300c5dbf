import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { storageSuite } from '@haechi/storage/suite'
import { afterAll } from 'vitest'
import { openHead } from '../src/index.ts'

const dirs: string[] = []
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

function newDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'haechi-tsdb-laws-'))
  dirs.push(dir)
  return dir
}

storageSuite('tsdb', () => openHead({ dataDir: newDir(), retentionMs: Infinity }), {
  reopen: () => openHead({ dataDir: dirs.at(-1)!, retentionMs: Infinity }),
  makeLimited: limit => openHead({ dataDir: newDir(), retentionMs: Infinity, maxSeries: limit }),
})
