import { Suspense, lazy } from 'react'
import type { ReactElement } from 'react'
import type { PictureChartProps } from '../charts/PictureChart.tsx'

const LazyChart = lazy(async () => ({ default: (await import('../charts/PictureChart.tsx')).PictureChart }))

/** A painted chart, loaded when the first one is shown. */
export function LazyPicture(props: PictureChartProps): ReactElement {
  return <Suspense fallback={null}><LazyChart {...props} /></Suspense>
}
