import { goMax, goMin } from './scalar-operators.ts'

/** Functions of one float, possibly with scalar parameters, that act on each value alone. */
export const MAP_FUNCTIONS: ReadonlySet<string> = new Set([
  'abs', 'ceil', 'floor', 'exp', 'sqrt', 'ln', 'log2', 'log10', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'rad', 'deg', 'sgn',
  'round', 'clamp', 'clamp_min', 'clamp_max',
])

/**
 * Applies a function in place to the values that are present.
 * @param scalars  one column per scalar parameter, a value for each step
 * @returns        how many values are left: `clamp` with its bounds crossed removes them
 */
export function applyMap(func: string, scalars: readonly Float64Array[], values: Float64Array, present: Uint8Array, steps: number, count: number): number {
  switch (func) {
    case 'clamp': return clamp(scalars[0]!, scalars[1]!, values, present, steps)
    case 'clamp_min': return clamp(scalars[0]!, undefined, values, present, steps)
    case 'clamp_max': return clamp(undefined, scalars[0]!, values, present, steps)
    case 'round': return round(scalars[0], values, present, steps, count)
  }
  const f = mathFunction(func)
  for (let k = 0; k < steps; k++) if (present[k] === 1) values[k] = f(values[k]!)
  return count
}

function clamp(lower: Float64Array | undefined, upper: Float64Array | undefined, values: Float64Array, present: Uint8Array, steps: number): number {
  let left = 0
  for (let k = 0; k < steps; k++) {
    if (present[k] === 0) continue
    const min = lower === undefined ? -Infinity : lower[k]!
    const max = upper === undefined ? Infinity : upper[k]!
    if (max < min) {
      present[k] = 0
      continue
    }
    values[k] = goMax(min, goMin(max, values[k]!))
    left++
  }
  return left
}

function round(nearest: Float64Array | undefined, values: Float64Array, present: Uint8Array, steps: number, count: number): number {
  for (let k = 0; k < steps; k++) {
    if (present[k] === 0) continue
    // The inverse loses less precision than dividing, as Prometheus found. Ties go up.
    const inverse = 1 / (nearest === undefined ? 1 : nearest[k]!)
    values[k] = Math.floor(values[k]! * inverse + 0.5) / inverse
  }
  return count
}

function mathFunction(func: string): (v: number) => number {
  switch (func) {
    case 'abs': return Math.abs
    case 'ceil': return Math.ceil
    case 'floor': return Math.floor
    case 'exp': return Math.exp
    case 'sqrt': return Math.sqrt
    case 'ln': return Math.log
    case 'log2': return Math.log2
    case 'log10': return Math.log10
    case 'sin': return Math.sin
    case 'cos': return Math.cos
    case 'tan': return Math.tan
    case 'asin': return Math.asin
    case 'acos': return Math.acos
    case 'atan': return Math.atan
    case 'sinh': return Math.sinh
    case 'cosh': return Math.cosh
    case 'tanh': return Math.tanh
    case 'asinh': return Math.asinh
    case 'acosh': return Math.acosh
    case 'atanh': return Math.atanh
    case 'rad': return v => v * Math.PI / 180
    case 'deg': return v => v * 180 / Math.PI
    case 'sgn': return v => v < 0 ? -1 : v > 0 ? 1 : v
    default: throw new Error(`BUG: no function ${func}`)
  }
}
