import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { sparklinePath, sparklineRange } from './sparkline-path.ts'

/** What a small line takes. Columns oldest first; NaN is a gap. */
export interface SparklineProps {
  readonly ts: Float64Array
  readonly vs: Float64Array
  readonly color: string
  /** The picture in one sentence; absent where the number beside it says all. */
  readonly label?: string
  readonly fill?: boolean
}

const WIDTH = 200
const HEIGHT = 48

/** A line without axes, stretched to its box. */
export function Sparkline({ ts, vs, color, label, fill = true }: SparklineProps): ReactElement {
  const path = useMemo(() => {
    const [low, high] = sparklineRange(vs)
    return sparklinePath(ts, vs, WIDTH, HEIGHT - 2, low, high)
  }, [ts, vs])
  const segments = path.split('M').filter(s => s !== '')
  return (
    <svg viewBox={`0 -1 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height="100%" {...(label === undefined ? { 'aria-hidden': true } : { 'role': 'img', 'aria-label': label })}>
      {fill && segments.map((s, i) => <path key={i} d={areaOf(s)} fill={color} opacity={0.12} />)}
      <path d={path} fill="none" stroke={color} strokeWidth={1.5} vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  )
}

/** A stretch without gaps, closed along the bottom. */
function areaOf(segment: string): string {
  const points = segment.split('L')
  const firstX = points[0]!.split(' ')[0]!
  const lastX = points.at(-1)!.split(' ')[0]!
  return `M${segment}L${lastX} ${HEIGHT}L${firstX} ${HEIGHT}Z`
}
