import { compareLabels, compareText, labelValue } from '@haechi/model'
import type { Block } from './rows.ts'

/** The order of rows that `sort`, `sort_desc`, `sort_by_label` and `sort_by_label_desc` give an instant vector. */
export function sortRows(block: Block, func: string, byLabels: readonly string[]): number[] {
  const rows: number[] = []
  // Histograms have no order.
  const byValue = func === 'sort' || func === 'sort_desc'
  for (let i = 0; i < block.labels.length; i++) if (block.present[i * block.steps] === 1 || (!byValue && block.has(i, 0))) rows.push(i)
  const valueOf = (row: number): number => block.values[row * block.steps]!
  const sign = func.endsWith('_desc') ? -1 : 1
  if (byValue) {
    return rows.sort((a, b) => {
      const x = valueOf(a)
      const y = valueOf(b)
      // NaN is last in either direction.
      if (x !== x || y !== y) return x === x ? -1 : y === y ? 1 : 0
      return x < y ? -sign : x > y ? sign : 0
    })
  }
  return rows.sort((a, b) => {
    const left = block.labels[a]!
    const right = block.labels[b]!
    for (const name of byLabels) {
      const order = compareNatural(labelValue(left, name), labelValue(right, name))
      if (order !== 0) return sign * order
    }
    return sign * compareLabels(left, right)
  })
}

/**
 * Orders texts so that runs of digits compare as numbers: `a2` before `a10`. Numbers beyond 64 bits are compared as text. Where Prometheus' comparison calls each of two texts behind the other (an empty one and any,
 * `x1` and `x01`), the empty one and the fewer zeros come first.
 * @see natsort `Compare` of github.com/facette/natsort, which Prometheus uses
 */
export function compareNatural(a: string, b: string): number {
  if (a === b) return 0
  const left = a.match(/\d+|\D+/g) ?? []
  const right = b.match(/\d+|\D+/g) ?? []
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i]!
    const y = right[i]!
    if (x === y) continue
    if (!isWhole(x) || !isWhole(y)) return compareText(x, y)
    const order = compareDigits(x, y)
    if (order !== 0) return order
  }
  return left.length - right.length || a.length - b.length || compareText(a, b)
}

const LARGEST = '9223372036854775807'

/** Digits of a number that 64 bits with a sign hold. */
function isWhole(chunk: string): boolean {
  if (!/^\d/.test(chunk)) return false
  const digits = withoutZeros(chunk)
  return digits.length < LARGEST.length || (digits.length === LARGEST.length && digits <= LARGEST)
}

function compareDigits(a: string, b: string): number {
  const x = withoutZeros(a)
  const y = withoutZeros(b)
  return x.length - y.length || compareText(x, y)
}

const withoutZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '')
