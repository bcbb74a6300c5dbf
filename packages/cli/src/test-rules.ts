import { readFile, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { globBeside } from '@haechi/config'
import { compilePattern } from '@haechi/model'
import type { Pattern } from '@haechi/model'
import { parseRuleFile, parseRuleTestFile, runRuleTest } from '@haechi/rules'
import type { RuleGroup, RuleTest } from '@haechi/rules'
import type { Io } from './io.ts'
import { junitXml } from './junit.ts'
import type { TestSuite } from './junit.ts'

/** Flags of `haechi test rules`, as promtool has them. */
export interface TestRulesOptions {
  /** Patterns of test names, found anywhere in them; none: all tests. */
  readonly run: readonly string[]
  readonly diff: boolean
  readonly debug: boolean
  readonly ignoreUnknownFields: boolean
  /** Where the results go as JUnit XML. */
  readonly junit: string | undefined
}

/** What files and their tests came to. */
interface FileOutcome { readonly failures: readonly string[]; readonly suite: TestSuite }

/** `haechi test rules`, with promtool's words and places: what passes goes to standard output, failures to standard error. @returns 0 when everything passed, else 1 */
export async function testRules(files: readonly string[], options: TestRulesOptions, io: Io): Promise<number> {
  const wanted = readPatterns(options.run, io)
  if (wanted === 'wrong') return 1
  for (const file of files) {
    if ((await stat(resolve(io.cwd, file)).catch(() => undefined)) !== undefined) continue
    io.err(`haechi: path '${file}' does not exist, try --help\n`)
    return 1
  }
  let failed = false
  const suites: TestSuite[] = []
  for (const file of files) {
    const { failures, suite } = await testFile(file, wanted, options, io)
    suites.push(suite)
    if (failures.length === 0) io.out('  SUCCESS\n')
    else {
      failed = true
      io.err('  FAILED:\n')
      for (const failure of failures) {
        io.err(`${failure}\n`)
        io.out('\n')
      }
    }
    io.out('\n')
  }
  if (options.junit !== undefined) await writeFile(resolve(io.cwd, options.junit), junitXml(suites, new Date().toISOString().slice(0, 19)))
  return failed ? 1 : 0
}

function readPatterns(run: readonly string[], io: Io): Pattern | undefined | 'wrong' {
  if (run.length === 0) return undefined
  try {
    return compilePattern(`(?s:.*(?:${run.join('|')}).*)`)
  } catch (err) {
    io.err(`haechi: --run: ${(err as Error).message}\n`)
    return 'wrong'
  }
}

async function testFile(file: string, wanted: Pattern | undefined, options: TestRulesOptions, io: Io): Promise<FileOutcome> {
  const path = resolve(io.cwd, file)
  const broken = (err: unknown): FileOutcome => ({ failures: [(err as Error).message], suite: { name: file, cases: [], errors: [(err as Error).message] } })
  let input
  const ruleFiles: string[] = []
  try {
    input = parseRuleTestFile(await readFile(path, 'utf8'), file, options.ignoreUnknownFields)
    for (const pattern of input.ruleFiles) {
      const found = await globBeside(pattern, path)
      if (found.length === 0) io.err(`  WARNING: no file match pattern ${pattern}\n`)
      for (const f of found) if (!ruleFiles.includes(f)) ruleFiles.push(f)
    }
    const twice = input.groupEvalOrder.find((name, i) => input!.groupEvalOrder.indexOf(name) !== i)
    if (twice !== undefined) throw new Error(`group name repeated in evaluation order: ${twice}`)
  } catch (err) {
    return broken(err)
  }
  const failures: string[] = []
  const cases: { name: string; failures: readonly string[] }[] = []
  const debug = options.debug ? { debug: (line: string) => io.out(`${line}\n`), nowMs: () => performance.now() } : {}
  for (const [i, test] of input.tests.entries()) {
    if (wanted !== undefined && !wanted.matches(test.name)) continue
    const groups = await readGroups(ruleFiles, path, file, test)
    const found = Array.isArray(groups) ? await runRuleTest(input, test, groups, { diff: options.diff, ...debug }) : groups.problems
    failures.push(...found)
    cases.push({ name: test.name === '' ? `unnamed#${i}` : test.name, failures: found })
  }
  return { failures, suite: { name: file, cases, errors: [] } }
}

/** The groups of all rule files, named as the user would from where he stands. @returns or what is wrong with them */
async function readGroups(ruleFiles: readonly string[], testPath: string, testFile: string, test: RuleTest): Promise<RuleGroup[] | { readonly problems: readonly string[] }> {
  const base = testPath.slice(0, testPath.length - testFile.length)
  const groups: RuleGroup[] = []
  const problems: string[] = []
  for (const path of ruleFiles) {
    const shown = base !== '' && path.startsWith(base) ? path.slice(base.length) : path
    try {
      groups.push(...parseRuleFile(await readFile(path, 'utf8'), shown, { intervalMs: test.intervalMs }))
    } catch (err) {
      problems.push(...((err as { problems?: readonly string[] }).problems ?? [(err as Error).message]))
    }
  }
  return problems.length > 0 ? { problems } : groups
}
