// Holds rules and tests together: every test that begins with a rule (`[P3] …`) names one that its package's SPEC.md has.
// `node scripts/spec.mjs` lists the rules that no test names, too.

import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { files, root } from './lib.mjs'

const RULE = /[A-Z]{1,3}\d{1,3}[a-z]?/
/** A rule where a SPEC.md states it: in bold, at the beginning of a line, an item or a row, or of a sentence. */
const STATED = new RegExp(`\\*\\*((?:${RULE.source})(?:[,–\\- ]+(?:${RULE.source}))*)\\*\\*|(?:^\\s*(?:[-*|] *)?|[.;:)] )\`?((?:${RULE.source})(?:(?:, ?|–|-| and )(?:${RULE.source}))*)\`?(?=[\\s.:|])`, 'gm')
/** The rules at the beginning of a test's name. */
const NAMED = new RegExp(`['"\`]((?:\\[${RULE.source}(?:, ?${RULE.source})*\\] ?)+)`, 'g')

/** Rules that a text states, ranges such as `A1-A4` in full. */
export function rulesIn(text) {
  const out = new Set()
  // **J1**–**J4**
  text = text.replace(/\*\*([–-])\*\*/g, '$1')
  for (const [, bold, plain] of text.matchAll(STATED)) {
    const list = bold ?? plain
    for (const rule of list.match(new RegExp(RULE, 'g'))) out.add(rule)
    for (const [, letters, from, to] of list.matchAll(/([A-Z]{1,3})(\d+)[-–]\1(\d+)/g)) for (let n = Number(from); n <= Number(to); n++) out.add(`${letters}${n}`)
  }
  return out
}

/** Rules that the names of tests begin with. */
export function rulesNamed(text) {
  const out = new Set()
  for (const [, list] of text.matchAll(NAMED)) for (const rule of list.match(new RegExp(RULE, 'g'))) out.add(rule)
  return out
}

/** @returns tests that name a rule that isn't there, as lines, and by package the rules without a test */
export function specFaults() {
  const faults = []
  const untested = new Map()
  const specs = new Map(readdirSync(join(root, 'packages')).map(name => [name, rulesIn([...files([`packages/${name}`])].filter(path => /[/\\]SPEC\.md$/.test(path)).map(path => readFileSync(path, 'utf8')).join('\n'))]))
  const all = new Set([...specs.values()].flatMap(rules => [...rules]))
  for (const [name, own] of specs) {
    if (own.size === 0) continue
    // The app puts the parts together: its tests may hold any of their rules.
    const rules = name === 'app' ? all : own
    const tested = new Set()
    for (const path of files([`packages/${name}`])) {
      if (!/\.test\.tsx?$|[/\\]suite[/\\].*\.ts$/.test(path)) continue
      for (const rule of rulesNamed(readFileSync(path, 'utf8'))) {
        tested.add(rule)
        if (!rules.has(rule)) faults.push(`${relative(root, path)}: names [${rule}], which no SPEC.md of the package has`)
      }
    }
    const open = [...own].filter(rule => !tested.has(rule))
    if (open.length > 0) untested.set(name, open)
  }
  return { faults, untested }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { faults, untested } = specFaults()
  for (const line of faults) console.error(line)
  for (const [name, rules] of untested) console.log(`${name}: no test begins with ${rules.join(', ')}`)
  console.log(faults.length === 0 ? 'rules: every test names one that is there' : `rules: ${faults.length} tests name one that is not there`)
  process.exit(faults.length === 0 ? 0 : 1)
}
