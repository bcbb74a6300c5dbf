import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, data, methods } from './api-golden/cases.mjs'
import type { Said } from './api-golden/cases.mjs'
import { newFolder, startHaechi } from './support/haechi.ts'

interface Recorded extends Said {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Recorded by `api-golden/record.mjs` from an engine of 3.14; answers about metadata from 3.5.3. */
const RECORDED = JSON.parse(readFileSync(new URL('api-golden/prometheus-3.14.json', import.meta.url), 'utf8')) as readonly Recorded[]

test('[E2] questions to the HTTP API, good and bad, are answered as by Prometheus, by GET and by POST', async () => {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'prometheus.yml'), 'global: {}\n')
  const haechi = await startHaechi({ cwd, args: ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y', '--enable-feature=exemplar-storage'] })
  const written = await fetch(`${haechi.url}/api/v1/write`, { method: 'POST', body: Buffer.from(data()), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
  expect(written.ok).toBe(true)
  const differing: string[] = []
  for (const recorded of RECORDED) {
    const { path, params, ...said } = recorded
    for (const method of methods(path)) {
      const ours = await ask(haechi.url, [path, params], method)
      try {
        expect(ours).toEqual(said)
      } catch {
        differing.push(`${method} ${path} ${JSON.stringify(params)}\n  ours   ${ours.status} ${ours.type} ${JSON.stringify(ours.body)}\n  theirs ${said.status} ${said.type} ${JSON.stringify(said.body)}`)
      }
    }
  }
  expect(differing.join('\n')).toBe('')
})
