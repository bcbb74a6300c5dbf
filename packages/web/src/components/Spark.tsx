import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { sparkPath } from './spark-path.ts'

/** Props of `Spark`. */
export interface SparkProps {
  readonly vs: Float64Array
  readonly height: number
  /** The top of the scale is at least this, so that noise near zero stays flat. */
  readonly atLeast: number
  /** One sentence that says what the line shows. */
  readonly summary: string
  /** A CSS colour. */
  readonly color?: string
}

/** A small line without axes, from zero; gaps stay gaps. */
export function Spark({ vs, height, atLeast, summary, color = 'var(--hc-line)' }: SparkProps): ReactElement {
  const d = useMemo(() => sparkPath(vs, 100, height, atLeast), [vs, height, atLeast])
  return (
    <svg viewBox={`0 0 100 ${height}`} width="100%" height={height} preserveAspectRatio="none" role="img" aria-label={summary} focusable="false" style={{ display: 'block', overflow: 'visible' }}>
      <path d={`M0 ${height - 0.5}H100`} fill="none" stroke="var(--hc-border)" strokeWidth={1} vectorEffect="non-scaling-stroke" />
      <path d={d} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
    </svg>
  )
}
