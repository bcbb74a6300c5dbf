import type { SilenceMatcherView } from '@haechi/server'
import type { PolicyJson } from '../../api/alerting.ts'
import { operatorOf } from './matchers.ts'

/** Whether two answers of the server are the same tree: what is about to be changed is what was looked at. */
export function isSameTree(a: PolicyJson, b: PolicyJson): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Whether the policy at a place is still the one that has these matchers; written in an older form it counts as the same. */
export function isStillAt(tree: PolicyJson, path: readonly number[], matchers: readonly SilenceMatcherView[]): boolean {
  const policy = policyAt(tree, path)
  if (policy?.object_matchers === undefined) return policy !== undefined
  const text = (ms: readonly string[]): string => [...ms].sort().join('\n')
  return text(policy.object_matchers.map(m => m.join(' '))) === text(matchers.map(m => [m.name, operatorOf(m), m.value].join(' ')))
}

/** The policy at a place; undefined when there is none. */
export function policyAt(tree: PolicyJson, path: readonly number[]): PolicyJson | undefined {
  let node: PolicyJson | undefined = tree
  for (const i of path) node = node?.routes?.[i]
  return node
}

/** The tree with another policy at a place; `undefined` takes it and those below it away. A new tree. */
export function withPolicy(tree: PolicyJson, path: readonly number[], next: PolicyJson | undefined): PolicyJson {
  const [i, ...rest] = path
  if (i === undefined) return next ?? tree
  const routes = [...(tree.routes ?? [])]
  if (rest.length === 0 && next === undefined) routes.splice(i, 1)
  else routes[i] = rest.length === 0 ? next! : withPolicy(routes[i] ?? {}, rest, next)
  return { ...tree, routes }
}

/** A list with one of its items exchanged with its neighbour: `-1` the one before, `1` the one after. The same list without a neighbour. */
export function withMoved<T>(list: readonly T[], at: number, by: -1 | 1): readonly T[] {
  const one = list[at]
  const other = list[at + by]
  return one === undefined || other === undefined ? list : list.map((x, i) => (i === at ? other : i === at + by ? one : x))
}

/** The tree with the policy at a place exchanged with its neighbour: `-1` the one above, `1` the one below. Without a neighbour nothing changes. */
export function withMovedPolicy(tree: PolicyJson, path: readonly number[], by: -1 | 1): PolicyJson {
  const parentPath = path.slice(0, -1)
  const i = path.at(-1)
  const parent = policyAt(tree, parentPath)
  const routes = parent?.routes ?? []
  const moved = i === undefined ? routes : withMoved(routes, i, by)
  return parent === undefined || moved === routes ? tree : withPolicy(tree, parentPath, { ...parent, routes: moved })
}

/** The tree with a new policy as the last below a place. */
export function withNewPolicy(tree: PolicyJson, path: readonly number[], added: PolicyJson): PolicyJson {
  const parent = policyAt(tree, path) ?? {}
  return withPolicy(tree, path, { ...parent, routes: [...(parent.routes ?? []), added] })
}
