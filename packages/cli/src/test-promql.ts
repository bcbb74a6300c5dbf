import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { LocalQueryEngine, TestScriptError, runTestScript } from '@haechi/promql'
import type { EvalOutcome, TestEngine, TestSeries } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { say } from './io.ts'
import type { Io } from './io.ts'

/** Flags of `haechi test promql`. */
export interface TestPromqlOptions {
  /** Every instant query only as written, without the variants that Prometheus' own runner adds. */
  readonly asWritten: boolean
}

/** This engine over a storage in memory, with every feature on, as Prometheus runs such scripts. */
function scriptEngine(): TestEngine {
  const language = { extendedRangeSelectors: true, fillModifiers: true }
  const storage = new MemoryStorage()
  const engine = new LocalQueryEngine(storage, { experimentalFunctions: true, delayedNameRemoval: true, startTimestamps: true, ...language })
  return {
    experimentalFunctions: true,
    nativeHistograms: true,
    startTimestamps: true,
    language,
    load(series: readonly TestSeries[]) {
      for (const { labels, samples } of series) {
        for (let i = 0; i < samples.length; i++) {
          const histogram = samples.histograms?.[i] ?? null
          const startMs = samples.startsMs?.[i] ?? 0
          if (histogram !== null) storage.addHistogram(labels, samples.ts[i]!, histogram, startMs)
          else if (samples.isStale(i)) storage.addStale(labels, samples.ts[i]!)
          else storage.add(labels, samples.ts[i]!, samples.vs[i]!, startMs)
        }
      }
    },
    instant: (expr, tMs) => engine.instant({ expr, tMs }),
    range: (expr, startMs, endMs, stepMs) => engine.range({ expr, startMs, endMs, stepMs }),
    clear: () => storage.clear(),
  }
}

/** `haechi test promql FILES`: runs scripts in the language of Prometheus' own PromQL tests. @returns 0 when every statement passed, else 1 */
export async function testPromql(files: readonly string[], options: TestPromqlOptions, io: Io): Promise<number> {
  let wrong = false
  for (const file of files) {
    let outcomes: EvalOutcome[]
    try {
      outcomes = await runTestScript(await readFile(resolve(io.cwd, file), 'utf8'), scriptEngine, options)
    } catch (err) {
      const missing = (err as NodeJS.ErrnoException).code
      if (!(err instanceof TestScriptError) && missing === undefined) throw err
      io.err(`${file}: ${missing === 'ENOENT' ? say(io, 'there is no such file', '파일이 없습니다') : (err as Error).message}\n`)
      wrong = true
      continue
    }
    const count = (status: EvalOutcome['status']): number => outcomes.filter(o => o.status === status).length
    for (const o of outcomes) if (o.status !== 'passed') io.err(`${file}:${o.line}: ${o.expr}\n  ${o.status === 'excluded' ? say(io, `not run, it needs: ${o.reason}`, `실행하지 않았습니다. 필요한 것: ${o.reason}`) : o.reason}\n`)
    const excluded = count('excluded')
    io.out(`${file}: ${say(io, `${count('passed')} passed, ${count('failed')} failed`, `통과 ${count('passed')}, 실패 ${count('failed')}`)}${excluded === 0 ? '' : say(io, `, ${excluded} not run`, `, 실행 안 함 ${excluded}`)}\n`)
    if (count('passed') < outcomes.length) wrong = true
  }
  return wrong ? 1 : 0
}
