// Adapter of the comparison harness: Haechi beside Prometheus and VictoriaMetrics. How it is used: README.md.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The server to measure: BENCH_HAECHI (a built haechi.js), or this checkout's. */
const entry = process.env.BENCH_HAECHI ?? fileURLToPath(new URL('../dist/haechi.js', import.meta.url))

/** Bytes of the files below `dir` whose path (relative, with slashes) passes. */
function bytesBelow(dir, passes, below = '') {
  let sum = 0
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) sum += bytesBelow(dir, passes, path)
    else if (passes(path)) sum += statSync(join(dir, path), { throwIfNoEntry: false })?.size ?? 0
  }
  return sum
}

export default {
  name: 'haechi',
  title: 'Haechi',
  role: 'candidate',
  command: process.execPath,
  args: [entry, '--config.file={config}', '--storage.tsdb.path={datadir}', '--web.listen-address=127.0.0.1:{port}', '--storage.tsdb.retention.time=30d',
    '--web.enable-remote-write-receiver', '--web.enable-admin-api', '--log.level=warn'],
  version: { args: [entry, '--version'], pattern: /version (\S+)/ },
  ready: { path: '/-/ready', status: 200 },
  capabilities: { scrape: true, remoteWrite: true, query: true },
  // Queries are computed, not taken from earlier answers; the dashboard suite shows both.
  freshQueryParams: { nocache: '1' },
  /** As of Prometheus: a snapshot writes the head as a block next to hard links of the blocks. */
  async compactBytes(system) {
    const r = await system.client.request('POST', '/api/v1/admin/tsdb/snapshot', { keep: true })
    if (r.status !== 200) throw new Error(`snapshot: HTTP ${r.status}`)
    const dir = join(system.dataDir, 'snapshots', JSON.parse(r.body.toString()).data.name)
    const parts = { chunks: bytesBelow(dir, p => p.includes('/chunks/')), index: bytesBelow(dir, p => p.endsWith('/index')) }
    return { total: bytesBelow(dir, () => true), parts, how: 'blocks of a snapshot (head included)' }
  },
  diskParts(dataDir) {
    return { wal: bytesBelow(dataDir, p => p.startsWith('wal/')), blocks: bytesBelow(dataDir, p => /^[0-9A-Z]{26}\//.test(p)) }
  },
}
