import { DashboardError } from './model.ts'
import type { JsonObject } from './model.ts'

/** Whether a value is a JSON object. */
export function isObject(v: unknown): v is JsonObject {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

/** An object that may be missing (or null); anything else is an error at `path`. */
export function objectAt(v: unknown, path: string): JsonObject {
  if (v === undefined || v === null) return {}
  if (!isObject(v)) throw new DashboardError(path, `expected an object, found ${kindOf(v)}`)
  return v
}

/** A list that may be missing (or null); anything else is an error at `path`. */
export function listAt(v: unknown, path: string): readonly unknown[] {
  if (v === undefined || v === null) return []
  if (!Array.isArray(v)) throw new DashboardError(path, `expected a list, found ${kindOf(v)}`)
  return v
}

/** A list of objects. */
export function objectsAt(v: unknown, path: string): readonly JsonObject[] {
  return listAt(v, path).map((x, i) => {
    if (!isObject(x)) throw new DashboardError(`${path}[${i}]`, `expected an object, found ${kindOf(x)}`)
    return x
  })
}

/** What a JSON value is, in words. */
export function kindOf(v: unknown): string {
  if (v === null) return 'null'
  if (Array.isArray(v)) return 'a list'
  if (typeof v === 'object') return 'an object'
  return typeof v === 'string' ? 'a text' : `a ${typeof v}`
}

/** A text; numbers are written out, everything else is `fallback`. */
export function textOf(v: unknown, fallback = ''): string {
  return typeof v === 'string' ? v : typeof v === 'number' ? String(v) : fallback
}

/** A finite number, also one written as text. */
export function numberOf(v: unknown): number | undefined {
  const n = typeof v === 'string' && v.trim() !== '' ? Number(v) : v
  return typeof n === 'number' && Number.isFinite(n) ? n : undefined
}

/** A whole number within bounds. */
export function intOf(v: unknown, fallback: number, min: number, max: number): number {
  const n = numberOf(v)
  return n === undefined ? fallback : Math.min(max, Math.max(min, Math.round(n)))
}

/** True only for `true`. */
export function flagOf(v: unknown, fallback = false): boolean {
  return typeof v === 'boolean' ? v : fallback
}

/** The texts of a list. */
export function textsOf(v: unknown): string[] {
  return Array.isArray(v) ? v.filter(x => typeof x === 'string') : []
}
