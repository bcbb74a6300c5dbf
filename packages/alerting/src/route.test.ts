import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labelValue, labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HAS_AMTOOL, amtool } from '../test/amtool.ts'
import { parseAlertmanagerConfig } from './config/alertmanager-config.ts'
import { allRoutes, matchRoutes, routeTree } from './route.ts'
import type { Route } from './route.ts'

/** A tree as a configuration writes it. */
interface Plain {
  receiver?: string
  matchers?: string[]
  match?: Record<string, string>
  match_re?: Record<string, string>
  continue?: boolean
  group_by?: string[]
  group_wait?: string
  routes?: Plain[]
}
const RECEIVERS = ['r0', 'r1', 'r2', 'r3']
const configText = (route: Plain): string => JSON.stringify({ route, receivers: RECEIVERS.map(name => ({ name })) })
const tree = (route: Plain): Route => routeTree(parseAlertmanagerConfig(configText(route), 'alertmanager.yml').routing.route)

/** What the documentation says, said naively: every node that a label set reaches, by walking all paths and crossing out what comes behind a first match. */
function naive(node: Plain, labels: Record<string, string>, receiver: string): string[] | undefined {
  const holds = (text: string): boolean => {
    const [, name, op, value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text)!
    const have = labels[name!] ?? ''
    const same = op!.endsWith('~') ? new RegExp(`^(?:${value!})$`).test(have) : have === value
    return op!.startsWith('!') ? !same : same
  }
  if (!(node.matchers ?? []).every(holds)) return undefined
  if (!Object.entries(node.match ?? {}).every(([n, v]) => (labels[n] ?? '') === v)) return undefined
  if (!Object.entries(node.match_re ?? {}).every(([n, v]) => new RegExp(`^(?:${v})$`).test(labels[n] ?? ''))) return undefined
  const own = node.receiver ?? receiver
  const below: string[] = []
  for (const child of node.routes ?? []) {
    const found = naive(child, labels, own)
    if (found === undefined) continue
    below.push(...found)
    if (child.continue !== true) break
  }
  return below.length === 0 ? [own] : below
}

const value = fc.constantFrom('x', 'y', 'z')
const matcher = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.tuple(fc.constantFrom('=', '!='), fc.oneof(value, fc.constant(''))), fc.tuple(fc.constantFrom('=~', '!~'), fc.constantFrom('x|y', '.+', '', 'z.*'))))
  .map(([name, [op, text]]) => `${name}${op}"${text}"`)
const optional = <T>(a: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(a, { nil: undefined })
const node = fc.letrec<{ node: Plain }>(tie => ({
  node: fc.record({
    receiver: optional(fc.constantFrom(...RECEIVERS)), matchers: optional(fc.array(matcher, { maxLength: 2 })), match: optional(fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 1 })),
    match_re: optional(fc.dictionary(fc.constantFrom('b', 'c'), fc.constantFrom('x|y', '.*'), { maxKeys: 1 })), continue: optional(fc.boolean()), group_by: optional(fc.constantFrom(['a'], ['...'], [])),
    group_wait: optional(fc.constantFrom('0s', '7s')), routes: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant([]), fc.array(tie('node'), { maxLength: 3 })),
  }) as fc.Arbitrary<Plain>,
})).node
const root: fc.Arbitrary<Plain> = fc.array(node, { maxLength: 4 }).map(routes => ({ receiver: 'r0', routes }))
const labelSet = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { minKeys: 1 })

describe('[A53] routes', () => {
  test('[A53] any tree sends any alert where the naive reading sends it', () => {
    fc.assert(fc.property(root, labelSet, (plain, labels) => {
      expect(matchRoutes(tree(plain), labelsFromObject(labels)).map(r => r.receiver)).toEqual(naive(plain, labels, ''))
    }), { numRuns: 400 })
  })
  test('[A53] every alert goes somewhere, and each route that gets it matches with all above it', () => {
    fc.assert(fc.property(root, labelSet, (plain, labels) => {
      const top = tree(plain)
      const set: Labels = labelsFromObject(labels)
      const found = matchRoutes(top, set)
      expect(found.length).toBeGreaterThan(0)
      for (const r of found) {
        const path = allRoutes(top).filter(above => r.id === above.id || r.id.startsWith(`${above.id}/`))
        expect(path.every(above => above.matchers.every(m => (m.pattern === undefined ? (labelValue(set, m.name) === m.value) === (m.type === '=') : m.pattern.matches(labelValue(set, m.name)) === (m.type === '=~'))))).toBe(true)
      }
    }))
  })
  test('[A53] receiver, grouping and timers come from above; matchers, continue and time intervals do not', () => {
    const config = parseAlertmanagerConfig(`
route:
  receiver: a
  group_by: [x]
  group_wait: 1s
  repeat_interval: 3h
  routes:
    - matchers: [q="1"]
      continue: true
      mute_time_intervals: [t]
      group_interval: 9s
      routes:
        - match: { z: "1", b: "2" }
          receiver: b
          group_by: ['...']
        - { group_by: [] }
receivers: [{ name: a }, { name: b }]
time_intervals: [{ name: t, time_intervals: [] }]
`, 'f')
    const all = allRoutes(routeTree(config.routing.route))
    expect(all.map(r => [r.key, r.receiver, r.groupBy, r.groupWaitMs, r.groupIntervalMs, r.repeatIntervalMs, r.continues, r.muteTimeIntervals])).toEqual([
      ['{}', 'a', ['x'], 1000, 300_000, 10_800_000, false, []],
      ['{}/{q="1"}', 'a', ['x'], 1000, 9000, 10_800_000, true, ['t']],
      ['{}/{q="1"}/{b="2",z="1"}', 'b', ['...'], 1000, 9000, 10_800_000, false, []],
      ['{}/{q="1"}/{}', 'a', [], 1000, 9000, 10_800_000, false, []],
    ])
  })
})

describe.skipIf(!HAS_AMTOOL)('[A54] the real amtool routes the same', () => {
  test('[A54] random trees', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'haechi-routes-'))
    const cases = fc.sample(fc.tuple(root, labelSet), { numRuns: 60, seed: 11 })
    const path = join(folder, 'alertmanager.yml')
    const several = { count: 0 }
    for (const [plain, labels] of cases) {
      await writeFile(path, configText(plain))
      const said = await amtool(['config', 'routes', 'test', `--config.file=${path}`, ...Object.entries(labels).map(([n, v]) => `${n}=${v}`)])
      const ours = matchRoutes(tree(plain), labelsFromObject(labels)).map(r => r.receiver).join(',')
      if (ours !== 'r0') several.count++
      expect([configText(plain), labels, said.split('\n')[0]]).toEqual([configText(plain), labels, ours])
    }
    expect(several.count).toBeGreaterThan(15)
    await rm(folder, { recursive: true })
  }, 60_000)
})
