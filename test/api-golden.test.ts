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

/** Recorded by `api-golden/record.mjs`. */
const RECORDED = JSON.parse(readFileSync(new URL('api-golden/prometheus-3.5.json', import.meta.url), 'utf8')) as readonly Recorded[]

/** Where the answer is another on purpose: a newer release's, or a limit of no time told as what it is. */
const OURS: readonly { readonly of: (r: Recorded) => boolean; readonly changed: (r: Recorded) => Partial<Said> }[] = [
  { of: r => r.params['query'] === 'g offset', changed: r => ({ body: JSON.parse(JSON.stringify(r.body).replace('expected number or duration', 'expected number, duration, step(), or range()')) }) },
  { of: r => r.path === 'query_range' && r.params['query'] === 'sort(g)', changed: r => ({ body: { ...r.body as object, warnings: ['PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)'] } }) },
  { of: r => r.params['timeout'] === '0', changed: () => ({ status: 503, body: { status: 'error', errorType: 'timeout', error: 'query timed out in query execution' } }) },
]

test('[E2] questions to the HTTP API, good and bad, are answered as by Prometheus, by GET and by POST', async () => {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'prometheus.yml'), 'global: {}\n')
  const haechi = await startHaechi({ cwd, args: ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y'] })
  const written = await fetch(`${haechi.url}/api/v1/write`, { method: 'POST', body: Buffer.from(data()), headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' } })
  expect(written.ok).toBe(true)
  const differing: string[] = []
  for (const recorded of RECORDED) {
    const { path, params, ...said } = recorded
    const theirs = { ...said, ...OURS.find(o => o.of(recorded))?.changed(recorded) }
    for (const method of methods(path)) {
      const ours = await ask(haechi.url, [path, params], method)
      try {
        expect(ours).toEqual(theirs)
      } catch {
        differing.push(`${method} ${path} ${JSON.stringify(params)}\n  ours   ${ours.status} ${ours.type} ${JSON.stringify(ours.body)}\n  theirs ${theirs.status} ${theirs.type} ${JSON.stringify(theirs.body)}`)
      }
    }
  }
  expect(differing.join('\n')).toBe('')
})
