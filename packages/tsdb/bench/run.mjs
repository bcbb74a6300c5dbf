// node packages/tsdb/bench/run.mjs [series] [scrapes]   bundles head-bench.ts and runs it in a process of its own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rolldown } from 'rolldown'

const out = mkdtempSync(path.join(tmpdir(), 'haechi-bench-'))
try {
  const file = path.join(out, 'head-bench.mjs')
  const build = await rolldown({ input: path.join(import.meta.dirname, 'head-bench.ts'), platform: 'node', resolve: { conditionNames: ['haechi:source', 'node', 'import', 'default'] } })
  await build.write({ file, format: 'esm', codeSplitting: false })
  process.exitCode = spawnSync(process.execPath, ['--expose-gc', file, out, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
