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

/** The tree with a new policy as the last below a place. */
export function withNewPolicy(tree: PolicyJson, path: readonly number[], added: PolicyJson): PolicyJson {
  const parent = policyAt(tree, path) ?? {}
  return withPolicy(tree, path, { ...parent, routes: [...(parent.routes ?? []), added] })
}
