import type { JsonObject } from '@haechi/dashboards'

/** Whether a value of a panel's options is an object. */
export function isOptions(v: unknown): v is JsonObject {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

/** An object of the options; an empty one where there is none. */
export function optionsAt(json: JsonObject, member: string): JsonObject {
  const v = Object.hasOwn(json, member) ? json[member] : undefined
  return isOptions(v) ? v : {}
}

/** One of the words; `fallback` for anything else. */
export function oneOf<T extends string>(v: unknown, all: readonly T[], fallback: T): T {
  return all.find(x => x === v) ?? fallback
}

/** A number within bounds; `fallback` for anything else. */
export function numberIn(v: unknown, fallback: number, min: number, max: number): number {
  return typeof v === 'number' && Number.isFinite(v) ? Math.min(max, Math.max(min, v)) : fallback
}

/** The texts of a list. */
export function textsIn(v: unknown): readonly string[] {
  return Array.isArray(v) ? v.filter(x => typeof x === 'string') : []
}
