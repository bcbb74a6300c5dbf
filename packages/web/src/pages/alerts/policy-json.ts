import type { PolicyJson } from '../../api/alerting.ts'

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

/** The tree with the policy at a place exchanged with its neighbour: `-1` the one above, `1` the one below. Without a neighbour nothing changes. */
export function withMovedPolicy(tree: PolicyJson, path: readonly number[], by: -1 | 1): PolicyJson {
  const parentPath = path.slice(0, -1)
  const i = path.at(-1)
  const parent = policyAt(tree, parentPath)
  const routes = [...(parent?.routes ?? [])]
  const one = i === undefined ? undefined : routes[i]
  const other = i === undefined ? undefined : routes[i + by]
  if (parent === undefined || one === undefined || other === undefined) return tree
  routes[i!] = other
  routes[i! + by] = one
  return withPolicy(tree, parentPath, { ...parent, routes })
}

/** The tree with a new policy as the last below a place. */
export function withNewPolicy(tree: PolicyJson, path: readonly number[], added: PolicyJson): PolicyJson {
  const parent = policyAt(tree, path) ?? {}
  return withPolicy(tree, path, { ...parent, routes: [...(parent.routes ?? []), added] })
}
