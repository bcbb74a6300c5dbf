import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAlertPipeline, createMemoryStore, outgoingAlerts } from '@haechi/alerting'
import { loadAlertmanagerConfig, loadConfig } from '@haechi/config'
import type { HaechiConfig } from '@haechi/config'
import { relabel } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { createRuleManager } from '@haechi/rules'
import type { RuleManager } from '@haechi/rules'
import type { InstantQuery, QueryEngine } from '@haechi/storage'
import { MemoryStorage, VirtualClock } from '@haechi/testkit'
import { EXTERNAL_URL, RECORDER_URL, RESEND_MS, RESTARTING_RESEND_MS, RESTART_STEP, SILENCE, STEPS, scenarioFile, scenarioSeries, told } from './scenario.ts'
import type { Arrived, Told } from './scenario.ts'

const T0 = 1_800_000_000_000
/** What an evaluation takes: times that are read in one are a little later than its own. */
const EVALUATION_MS = 5
const none = (): void => {}
const log = { debug: none, info: none, warn: none, error: none }

/** Puts the files of this folder where a server reads them. @returns the path of its `prometheus.yml` */
export function writeServerFiles(folder: string, rules: string, alertmanager: string): string {
  writeFileSync(join(folder, rules), scenarioFile(rules))
  const path = join(folder, `prometheus-${rules}`)
  writeFileSync(path, scenarioFile('prometheus.yml').replaceAll('__RULES__', rules).replaceAll('__ALERTMANAGER__', alertmanager))
  return path
}

/** Runs all scenarios through rules and pipeline on a virtual clock. @param restartedStep step of the first evaluation of the second server after its restart */
export async function replayed(restartedStep: number): Promise<Told[]> {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-scenarios-'))
  try {
    writeFileSync(join(folder, 'alertmanager.yml'), scenarioFile('alertmanager.yml'))
    const file = await loadAlertmanagerConfig(join(folder, 'alertmanager.yml'))
    let busy = 0
    const clock = new VirtualClock(T0 - 3000, () => busy > 0)
    const during = async <T>(work: Promise<T>): Promise<T> => {
      busy++
      try {
        return await work
      } finally {
        busy--
      }
    }
    const arrived: Arrived[] = []
    const pipeline = createAlertPipeline({
      store: createMemoryStore(), clock, log, externalUrl: EXTERNAL_URL,
      post: async r => {
        arrived.push({ tMs: clock.nowMs(), path: r.url.slice(RECORDER_URL.length), body: JSON.parse(r.body) as unknown })
        return { status: 200, headers: {}, body: '' }
      },
    })
    pipeline.configure({ contactPoints: file.contactPoints, routing: file.routing, resolveTimeoutMs: file.resolveTimeoutMs, templates: file.templates })
    await pipeline.start()
    await pipeline.setSilence({ matchers: [{ name: 'scenario', value: 'silence', isRegex: false, isEqual: true }], startsAtMs: T0 + SILENCE.fromStep * 1000, endsAtMs: T0 + SILENCE.toStep * 1000, createdBy: 'scenario', comment: 'scenario' })
    const storage = new MemoryStorage()
    for (const s of scenarioSeries()) {
      for (const [i, step] of s.steps.entries()) {
        const value = s.values[i]
        if (value === undefined) storage.addStale(s.labels, T0 + step * 1000)
        else storage.add(s.labels, T0 + step * 1000, value)
      }
    }
    const server = (config: HaechiConfig, resendMs: number): RuleManager => {
      const engine = new LocalQueryEngine(storage, {}, () => clock.nowMs())
      const query: QueryEngine = Object.assign(Object.create(engine) as QueryEngine, { instant: (q: InstantQuery) => during(engine.instant(q)) })
      const rules = createRuleManager({
        query, appendable: storage, log, externalUrl: EXTERNAL_URL, externalLabels: config.externalLabels, resendDelayMs: resendMs, forGracePeriodMs: 1000,
        clock: { nowMs: () => clock.nowMs() + EVALUATION_MS, after: (ms, run) => clock.after(ms + EVALUATION_MS, run) },
        notify: alerts => during(pipeline.put(outgoingAlerts(alerts, config.externalLabels, labels => relabel(labels, config.alertRelabelConfigs)))),
      })
      rules.load(config.ruleGroups)
      rules.start()
      return rules
    }
    const first = await loadConfig(writeServerFiles(folder, 'rules.yml', 'alertmanager.test'))
    const second = await loadConfig(writeServerFiles(folder, 'restart.yml', 'alertmanager.test'))
    const lasting = server(first, RESEND_MS)
    let restarted = server(second, RESTARTING_RESEND_MS)
    const until = (ms: number): Promise<void> => clock.advance(ms - clock.nowMs())
    await until(T0 + (RESTART_STEP + 1) * 1000)
    await restarted.stop()
    await until(T0 + restartedStep * 1000)
    restarted = server(second, RESTARTING_RESEND_MS)
    await until(T0 + (STEPS + 1) * 1000)
    await lasting.stop()
    await restarted.stop()
    await pipeline.stop()
    return told(arrived, T0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
