import { isObject } from '../json-reader.ts'
import type { JsonObject } from '../model.ts'
import { sameJson } from './json-edit.ts'
import type { JsonPath } from './json-edit.ts'

/** One difference between two JSON trees. */
export interface JsonChange {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved'
  /** Where it stands in the newer tree; of something removed, where it stood. */
  readonly path: JsonPath
  /** The same for people: list items by what they are called, e.g. `panels › Requests per second › title`. */
  readonly names: readonly string[]
  readonly before?: unknown
  readonly after?: unknown
}

/** Members by which items of a list are recognised in another version of it, best first. */
const IDENTITIES = ['id', 'refId', 'uid', 'name', 'matcher', 'title'] as const

/** Differences deeper than this are told as one. */
const MAX_DEPTH = 30

/**
 * What is different in `after`. Items of lists are found again by their id, refId or name, so that a panel that moved in the list is no change of all others.
 * Member order doesn't count.
 */
export function diffJson(before: unknown, after: unknown): JsonChange[] {
  const out: JsonChange[] = []
  compare(before, after, [], [], out)
  return out
}

function compare(before: unknown, after: unknown, path: JsonPath, names: readonly string[], out: JsonChange[]): void {
  if (sameJson(before, after)) return
  if (path.length < MAX_DEPTH) {
    if (isObject(before) && isObject(after)) return compareObjects(before, after, path, names, out)
    if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, path, names, out)
  }
  out.push({ kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed', path, names, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) })
}

function compareObjects(before: JsonObject, after: JsonObject, path: JsonPath, names: readonly string[], out: JsonChange[]): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(Object.hasOwn(before, name) ? before[name] : undefined, Object.hasOwn(after, name) ? after[name] : undefined, [...path, name], [...names, name], out)
  }
}

function compareLists(before: readonly unknown[], after: readonly unknown[], path: JsonPath, names: readonly string[], out: JsonChange[]): void {
  const identity = identityOf(before, after)
  if (identity === undefined) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) compare(before[i], after[i], [...path, i], [...names, itemName(after[i] ?? before[i], i)], out)
    return
  }
  const key = (item: unknown): string => JSON.stringify((item as JsonObject)[identity])
  const old = new Map(before.map((item, i) => [key(item), { item, i }]))
  const kept: string[] = []
  after.forEach((item, i) => {
    const was = old.get(key(item))
    if (was !== undefined) kept.push(key(item))
    compare(was?.item, item, [...path, i], [...names, itemName(item, i)], out)
  })
  const now = new Set(after.map(key))
  before.forEach((item, i) => {
    if (!now.has(key(item))) out.push({ kind: 'removed', path: [...path, i], names: [...names, itemName(item, i)], before: item })
  })
  const order = before.map(key).filter(k => now.has(k))
  if (order.some((k, i) => k !== kept[i])) out.push({ kind: 'moved', path, names, before: order, after: kept })
}

/** The member that every item of both lists has, each of a list another. */
function identityOf(before: readonly unknown[], after: readonly unknown[]): (typeof IDENTITIES)[number] | undefined {
  const all = [...before, ...after]
  if (all.length === 0 || !all.every(isObject)) return undefined
  const isUnique = (items: readonly unknown[], name: string): boolean => new Set(items.map(item => JSON.stringify((item as JsonObject)[name]))).size === items.length
  return IDENTITIES.find(name => all.every(item => (item as JsonObject)[name] !== undefined && (item as JsonObject)[name] !== null && (item as JsonObject)[name] !== '') && isUnique(before, name) && isUnique(after, name))
}

/** What people call an item of a list. */
function itemName(item: unknown, index: number): string {
  if (isObject(item)) for (const name of ['title', 'name', 'refId', 'id'] as const) if (typeof item[name] === 'string' && item[name] !== '' || typeof item[name] === 'number') return String(item[name])
  return `#${index + 1}`
}
