import { intOf, textOf } from '../json-reader.ts'
import { fieldName } from './frame.ts'
import type { JsonObject } from '../model.ts'
import type { Frame, FrameField } from './frame.ts'

const DEGREES = ['', 'Linear', 'Quadratic polynomial', 'Cubic polynomial', 'Quartic polynomial', 'Quintic polynomial']
/** Most points that a curve is predicted at. */
const MOST_POINTS = 11_000

/**
 * regression: one more table with the curve of least squares through two columns, at `predictionCount` places from the first to the last.
 *
 * @see Grafana `public/app/features/transformers/regression/regression.ts`
 */
export function regressionFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const named = (frame: Frame, wanted: string): FrameField | undefined => wanted === '' ? undefined : frame.fields.find(f => f.name === wanted || fieldName(f, frame, frames) === wanted)
  const frame = frames.find(f => named(f, textOf(options['yFieldName'])) !== undefined)
  const yField = frame === undefined ? undefined : named(frame, textOf(options['yFieldName']))
  const xField = frame === undefined ? undefined : named(frame, textOf(options['xFieldName']))
  if (xField === undefined || yField === undefined) return frames
  const degree = options['modelType'] === 'polynomial' ? intOf(options['degree'], 2, 1, 5) : 1
  const count = intOf(options['predictionCount'], 100, 2, MOST_POINTS)
  const xs: number[] = []
  const ys: number[] = []
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < xField.values.length; i++) {
    const [x, y] = [xField.values[i], yField.values[i]]
    if (typeof x !== 'number' || !Number.isFinite(x)) continue
    low = Math.min(low, x)
    high = Math.max(high, x)
    if (typeof y !== 'number' || !Number.isFinite(y)) continue
    xs.push(x)
    ys.push(y)
  }
  // From 0 to 1, so that powers of times in milliseconds keep their digits.
  const scale = high > low ? high - low : 1
  const factors = leastSquares(xs.map(x => (x - low) / scale), ys, degree)
  if (factors === undefined) return frames
  const points = Array.from({ length: count }, (_, i) => i === count - 1 ? high : low + i * ((high - low) / count))
  const predicted = points.map(x => factors.reduceRight((sum, f) => sum * ((x - low) / scale) + f, 0))
  return [...frames, {
    name: `${DEGREES[degree]!} regression`, refId: frame!.refId, length: count,
    fields: [{ name: xField.name, type: xField.type, values: points }, { name: `${yField.name} predicted`, type: 'number', values: predicted }],
  }]
}

/** The factors of the polynomial of least squares, constant first; undefined where the points don't decide it. */
export function leastSquares(xs: readonly number[], ys: readonly number[], degree: number): number[] | undefined {
  const n = degree + 1
  if (new Set(xs).size < n) return undefined
  const sums = Array.from({ length: 2 * degree + 1 }, (_, k) => xs.reduce((sum, x) => sum + x ** k, 0))
  const rows = Array.from({ length: n }, (_, r) => [...Array.from({ length: n }, (_x, c) => sums[r + c]!), xs.reduce((sum, x, i) => sum + x ** r * ys[i]!, 0)])
  for (let c = 0; c < n; c++) {
    let pivot = c
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r
    ;[rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!]
    if (rows[c]![c] === 0) return undefined
    for (let r = c + 1; r < n; r++) {
      const f = rows[r]![c]! / rows[c]![c]!
      for (let k = c; k <= n; k++) rows[r]![k] = rows[r]![k]! - f * rows[c]![k]!
    }
  }
  const out = Array.from({ length: n }, () => 0)
  for (let r = n - 1; r >= 0; r--) {
    let v = rows[r]![n]!
    for (let k = r + 1; k < n; k++) v -= rows[r]![k]! * out[k]!
    out[r] = v / rows[r]![r]!
  }
  return out
}
