import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'

/** A new empty directory that is removed when the test file ends. */
export function tempDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'haechi-tsdb-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
