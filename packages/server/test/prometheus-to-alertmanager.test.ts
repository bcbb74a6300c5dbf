import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAlertPipeline, createMemoryStore } from '@haechi/alerting'
import type { HttpRequest } from '@haechi/alerting'
import { peerRun } from '@haechi/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { HaechiServer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'
import { freePort } from './free-port.ts'

const RUN = peerRun()
if (RUN === undefined) process.stderr.write('packages/server/test/prometheus-to-alertmanager.test.ts: skipped, PEERS_DIR names no folder of peers\n')
const none = (): void => {}

describe.skipIf(RUN === undefined)('A4 a real Prometheus has this server as its Alertmanager', () => {
  let server: HaechiServer
  let prometheus: ChildProcess
  let folder = ''
  const sent: HttpRequest[] = []
  const pipeline = createAlertPipeline({
    store: createMemoryStore(), log: { debug: none, info: none, warn: none, error: none }, externalUrl: 'http://localhost:9090',
    clock: {
      nowMs: () => Date.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    },
    post: async r => {
      sent.push(r)
      return { status: 200, headers: {}, body: '' }
    },
  })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haechi-prometheus-'))
    pipeline.configure({ contactPoints: [{ uid: 'w', name: 'hook', type: 'webhook', url: 'http://hook.test/', origin: 'ui' }], route: { groupWaitMs: 0, groupIntervalMs: 1000 } })
    await pipeline.start()
    server = createServer(fakeDeps({ alertmanager: { pipeline, configYaml: () => '' } }), { version: '0.1.0', listen: ['127.0.0.1:0'] })
    const url = new URL((await server.listen())[0]!)
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify({
      global: { evaluation_interval: '1s', external_labels: { cluster: '서울' } }, rule_files: ['rules.yml'], alerting: { alertmanagers: [{ static_configs: [{ targets: [url.host] }] }] },
    }))
    // Prometheus looks for its Alertmanagers every five seconds: what fires before is sent again a minute later.
    await writeFile(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'FromPrometheus', expr: 'vector(1)', for: '7s', labels: { severity: 'page' }, annotations: { summary: '값 {{ $value }}' } }] }] }))
    prometheus = spawn(RUN!, ['prometheus', `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${await freePort()}`, '--log.level=error'], { stdio: 'ignore' })
  }, 30_000)
  afterAll(async () => {
    const ended = new Promise(resolve => prometheus.once('close', resolve))
    prometheus.kill('SIGTERM')
    await ended
    await server.close()
    await pipeline.stop()
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

  test('[A4] its alert arrives, is shown and is told', async () => {
    for (let i = 0; i < 120 && sent.length === 0; i++) await new Promise(resolve => setTimeout(resolve, 250))
    expect(pipeline.alerts().map(a => a.labels)).toEqual([['alertname', 'FromPrometheus', 'cluster', '서울', 'severity', 'page']])
    expect(JSON.parse(sent[0]!.body)).toMatchObject({ status: 'firing', groupKey: '{}:{alertname="FromPrometheus"}', commonAnnotations: { summary: '값 1' }, alerts: [{ generatorURL: expect.stringContaining('/graph?g0.expr=vector%281%29') as string }] })
  }, 60_000)
})
