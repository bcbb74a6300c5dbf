import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { formattedText } from '@haechi/dashboards'
import { readableText } from '../../charts/readable-on.ts'
import { onCircle, ringPath, scaleAngle } from '../../charts/arc.ts'
import { panelWords } from '../panel-words.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { valuesSummary } from '../values-summary.ts'
import { gaugeOptions } from './options.ts'
import { gaugeItems } from './transform.ts'
import css from './Gauge.module.css'
import type { PanelViewProps } from '../panel-result.ts'
import type { GaugeItem } from './transform.ts'

/** A scale of 240 degrees around the top. */
const SWEEP = Math.PI * 4 / 3

/** A panel of gauges. */
export function GaugeView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const items = useMemo(() => gaugeItems(panel, results, context), [panel, results, context])
  const options = useMemo(() => gaugeOptions(panel), [panel])
  const words = panelWords(context.language)
  if (items.length === 0) return <NothingToDraw language={context.language} />
  return (
    <ul className={css['list']} data-orientation={options.orientation} aria-label={valuesSummary(title, items, context.language)} style={{ ['--gauge-min' as string]: `${options.minWidth}px` }}>
      {items.map(item => <Gauge key={item.id} item={item} showName={items.length > 1} showLabels={options.showThresholdLabels} showBands={options.showThresholdMarkers} none={words.noData} theme={context.theme} />)}
    </ul>
  )
}

function Gauge({ item, showName, showLabels, showBands, none, theme }: { readonly item: GaugeItem; readonly showName: boolean; readonly showLabels: boolean; readonly showBands: boolean; readonly none: string; readonly theme: 'dark' | 'light' }): ReactElement {
  const start = -SWEEP / 2
  const text = formattedText(item.display)
  const size = Math.min(26, 150 / Math.max(4, text.length))
  return (
    <li className={css['gauge']} title={`${item.name}: ${text || none}`}>
      <svg viewBox="-100 -100 200 158" aria-hidden="true">
        <path d={ringPath(start, SWEEP / 2, 66, 88)} fill="var(--hc-border)" opacity="0.7" />
        {item.share > 0 && <path d={ringPath(start, scaleAngle(item.share, SWEEP), 66, 88)} fill={item.color} />}
        {showBands && item.bands.map(b => <path key={b.from} d={ringPath(scaleAngle(b.from, SWEEP), scaleAngle(b.to, SWEEP), 92, 97)} fill={b.color} />)}
        {showLabels && item.bands.filter(b => b.label !== undefined).map(b => {
          const at = onCircle(scaleAngle(b.from, SWEEP), 56)
          return <text key={b.from} x={at.x} y={at.y} className={css['bound']} textAnchor="middle">{b.label}</text>
        })}
        <text y="8" textAnchor="middle" className={css['value']} style={{ fontSize: size }} fill={readableText(item.color, theme, 3)}>{text === '' ? '–' : text}</text>
      </svg>
      <span className={showName ? css['name'] : css['hidden']}>{item.name}<span className={css['hidden']}>: {text === '' ? none : text}</span></span>
    </li>
  )
}
