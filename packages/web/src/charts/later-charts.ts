import { later } from '../components/later.ts'
import type { Later } from '../components/later.ts'
import type { PictureChartProps } from './PictureChart.tsx'
import type { TimeSeriesChartProps } from './TimeSeriesChart.tsx'

/** Lines, bars or points over time. Loaded with the first one that is shown: it brings uPlot along. */
export const TimeSeriesChart: Later<TimeSeriesChartProps> = later(async () => (await import('./TimeSeriesChart.tsx')).TimeSeriesChart)

/** A painted chart. Loaded with the first one that is shown. */
export const PictureChart: Later<PictureChartProps> = later(async () => (await import('./PictureChart.tsx')).PictureChart)
