import { existsSync, readFileSync } from 'node:fs'
import { labelsToObject } from '@haechi/model'
import { REFERENCE_FOLDER } from '@haechi/testkit'
import { expect, test } from 'vitest'
import { postedAlerts } from './bodies.ts'

const FILE = `${REFERENCE_FOLDER}/fixtures/webhooks/prometheus-posts-to-alertmanager.ndjson`
interface Posted { readonly path: string; readonly body: readonly { readonly labels: Record<string, string>; readonly annotations: Record<string, string>; readonly startsAt: string; readonly endsAt: string; readonly generatorURL: string }[] }

test.skipIf(!existsSync(FILE))('every recorded post of a real Prometheus is taken as it says (the folder `shared` beside the repository)', () => {
  const posts = readFileSync(FILE, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Posted).filter(p => p.path.endsWith('/alerts'))
  expect(posts.length).toBeGreaterThan(0)
  for (const { body } of posts) {
    expect(postedAlerts(body).map(a => [labelsToObject(a.labels), labelsToObject(a.annotations), a.startsAtMs, a.endsAtMs, a.generatorUrl]))
      .toEqual(body.map(a => [a.labels, a.annotations, Date.parse(a.startsAt), Date.parse(a.endsAt), a.generatorURL]))
  }
})
