export { boardSeries } from './board-series.ts'
export { boardValue } from './series-world.ts'
