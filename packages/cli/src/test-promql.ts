import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { TestScriptError, memoryTestEngine, runTestScript } from '@haechi/promql'
import type { EvalOutcome } from '@haechi/promql'
import { say } from './io.ts'
import type { Io } from './io.ts'

/** Flags of `haechi test promql`. */
export interface TestPromqlOptions {
  /** Every instant query only as written, without the variants that Prometheus' own runner adds. */
  readonly asWritten: boolean
}

/** `haechi test promql FILES`: runs scripts in the language of Prometheus' own PromQL tests. @returns 0 when every statement passed, else 1 */
export async function testPromql(files: readonly string[], options: TestPromqlOptions, io: Io): Promise<number> {
  let wrong = false
  for (const file of files) {
    let outcomes: EvalOutcome[]
    try {
      outcomes = await runTestScript(await readFile(resolve(io.cwd, file), 'utf8'), memoryTestEngine, options)
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
