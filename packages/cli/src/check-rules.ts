import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { compareLabels } from '@haechi/model'
import { parseRuleFile } from '@haechi/rules'
import type { RuleGroup } from '@haechi/rules'
import type { Io } from './io.ts'

/** Flags of `haechi check rules`, as promtool has them. */
export interface CheckRulesOptions {
  readonly lint: 'all' | 'duplicate-rules' | 'none'
  /** Findings of the lint are exit code 3. */
  readonly lintFatal: boolean
}

/** `haechi check rules`, with promtool's words and places. @returns 0 when all files can be used, 1 if not, 3 for findings that are fatal */
export async function checkRules(files: readonly string[], options: CheckRulesOptions, io: Io): Promise<number> {
  for (const file of files) {
    if ((await stat(resolve(io.cwd, file)).catch(() => undefined)) !== undefined) continue
    io.err(`haechi: path '${file}' does not exist, try --help\n`)
    return 1
  }
  let code = 0
  for (const file of files) {
    io.out(`Checking ${file}\n`)
    let groups: RuleGroup[]
    try {
      groups = parseRuleFile(await readFile(resolve(io.cwd, file), 'utf8'), file)
    } catch (err) {
      io.err('  FAILED:\n')
      for (const problem of (err as { problems?: readonly string[] }).problems ?? [(err as Error).message]) io.err(`${problem}\n`)
      code = 1
      continue
    }
    const twice = options.lint === 'none' ? [] : duplicates(groups)
    if (twice.length === 0) io.out(`  SUCCESS: ${groups.reduce((n, g) => n + g.rules.length, 0)} rules found\n`)
    else {
      io.err('  FAILED:\n')
      io.err(`lint error ${twice.length} duplicate rule(s) found.\n${twice.map(duplicateText).join('')}Might cause inconsistency while recording expressions\n`)
      if (options.lintFatal && code === 0) code = 3
    }
    io.out('\n')
  }
  return code
}

type Named = Pick<RuleGroup['rules'][number], 'name' | 'labels'>

/** Rules that share name and labels with another one, each once. */
function duplicates(groups: readonly RuleGroup[]): Named[] {
  const order = (a: Named, b: Named): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : compareLabels(a.labels, b.labels))
  const rules: Named[] = groups.flatMap(g => g.rules).sort(order)
  const out: Named[] = []
  for (const [i, r] of rules.entries()) {
    if (i > 0 && order(rules[i - 1]!, r) === 0 && (out.length === 0 || order(out.at(-1)!, r) !== 0)) out.push(r)
  }
  return out
}

function duplicateText(r: Named): string {
  let labels = ''
  for (let i = 0; i < r.labels.length; i += 2) labels += `\t${r.labels[i]!}: ${r.labels[i + 1]!}\n`
  return `Metric: ${r.name}\nLabel(s):\n${labels}`
}
