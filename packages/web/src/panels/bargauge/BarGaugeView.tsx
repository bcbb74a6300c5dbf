import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { formattedText } from '@haechi/dashboards'
import { readableText } from '../../charts/readable-on.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { valuesSummary } from '../values-summary.ts'
import { barGaugeOptions } from './options.ts'
import { barItems } from './transform.ts'
import css from './BarGauge.module.css'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of bars, lying or standing. */
export function BarGaugeView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const items = useMemo(() => barItems(panel, results, context), [panel, results, context])
  const options = useMemo(() => barGaugeOptions(panel), [panel])
  if (items.length === 0) return <NothingToDraw language={context.language} />
  const { isVertical } = options
  const hasNames = options.namePlacement !== 'hidden' && (items.length > 1 || options.namePlacement !== 'auto')
  return (
    <ul
      className={css['list']} data-vertical={isVertical || undefined} data-top={options.namePlacement === 'top' || undefined} aria-label={valuesSummary(title, items, context.language)}
      style={{ ['--bar-min' as string]: `${options.minSize}px`, ['--bar-count' as string]: items.length }}
    >
      {items.map(item => {
        const text = formattedText(item.display)
        return (
          <li key={item.id} className={css['item']} title={`${item.name}: ${text}`}>
            <span className={hasNames ? css['name'] : css['hidden']} style={options.sizes.title === undefined ? undefined : { fontSize: options.sizes.title }}>{item.name}</span>
            <svg className={css['bar']} viewBox={isVertical ? '0 0 1 100' : '0 0 100 1'} preserveAspectRatio="none" aria-hidden="true">
              {options.showUnfilled && options.displayMode !== 'lcd' && <rect width="100" height="100" fill="var(--hc-border)" opacity="0.5" />}
              {item.parts.map(p => (!p.isLit && !options.showUnfilled ? null : isVertical
                ? <rect key={p.from} x="0" y={100 - p.to * 100} width="1" height={(p.to - p.from) * 100} fill={p.color} opacity={p.isLit ? 1 : 0.18} />
                : <rect key={p.from} x={p.from * 100} y="0" width={(p.to - p.from) * 100} height="1" fill={p.color} opacity={p.isLit ? 1 : 0.18} />))}
            </svg>
            <span className={options.valueMode === 'hidden' ? css['hidden'] : css['value']} style={{ ...(options.valueMode === 'color' ? { color: readableText(item.color, context.theme, 4.5) } : {}), ...(options.sizes.value === undefined ? {} : { fontSize: options.sizes.value }) }}>{text === '' ? '–' : text}</span>
          </li>
        )
      })}
    </ul>
  )
}
