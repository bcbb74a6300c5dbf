import { isObject } from '../json-reader.ts'
import type { JsonObject } from '../model.ts'

/** A place in a JSON tree: member names and list indexes from the top. */
export type JsonPath = readonly (string | number)[]

/** What stands at a place; undefined where nothing does. */
export function jsonAt(root: unknown, path: JsonPath): unknown {
  let at: unknown = root
  for (const step of path) {
    if (typeof step === 'number' ? !Array.isArray(at) : !isObject(at) || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}

/**
 * The tree with another value at one place; everything else is the same objects as before, so that what nobody understands stays as it was.
 * `undefined` takes the member (or the list's item) away, and objects that are empty by that alone with it. Objects on the way are made where they are missing.
 */
export function withJson<T extends JsonObject>(root: T, path: JsonPath, value: unknown): T {
  return changed(root, path, 0, value) as T
}

function changed(node: unknown, path: JsonPath, depth: number, value: unknown): unknown {
  if (depth === path.length) return value
  const step = path[depth]!
  if (typeof step === 'number') {
    const list = Array.isArray(node) ? (node as readonly unknown[]) : []
    const next = changed(list[step], path, depth + 1, value)
    if (next === undefined) return list.filter((_, i) => i !== step)
    if (next === list[step]) return list
    const out = [...list]
    out[step] = next
    return out
  }
  const object = isObject(node) ? node : {}
  const before = Object.hasOwn(object, step) ? object[step] : undefined
  const next = changed(before, path, depth + 1, value)
  if (next === before && (next !== undefined || !Object.hasOwn(object, step))) return next === undefined && !isObject(node) ? node : object
  // A member that held nothing but what was taken away says nothing any more.
  const isGone = next === undefined || value === undefined && depth + 1 < path.length && isObject(next) && Object.keys(next).length === 0 && isObject(before) && Object.keys(before).length > 0
  if (!isGone) return { ...object, [step]: next }
  const { [step]: _gone, ...rest } = object
  return rest
}

/** Whether two JSON values are the same; the order of members doesn't count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => sameJson(x, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(n => Object.hasOwn(b, n) && sameJson(a[n], b[n]))
}
