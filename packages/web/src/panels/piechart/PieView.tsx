import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { formatUnitText, formattedText } from '@haechi/dashboards'
import { onCircle, ringPath } from '../../charts/arc.ts'
import { panelWords } from '../panel-words.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { pieOptions } from './options.ts'
import { pieSlices } from './transform.ts'
import css from './Pie.module.css'
import type { PanelViewProps } from '../panel-result.ts'
import type { PieSlice } from './transform.ts'

/** Slices smaller than this carry no label. */
const SMALLEST_LABELLED = 0.04

/** A panel of shares of a whole. The legend is a table: it says in words what the picture shows. */
export function PieView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const slices = useMemo(() => pieSlices(panel, results, context), [panel, results, context])
  const options = useMemo(() => pieOptions(panel), [panel])
  const words = panelWords(context.language)
  const [near, setNear] = useState<string | undefined>()
  if (slices.length === 0) return <NothingToDraw language={context.language} />
  const summary = words.valuesSummary(title, slices.slice(0, 6).map(s => `${s.name} ${percentText(s)}`).join(', '), Math.max(0, slices.length - 6))
  return (
    <div className={css['pie']} data-legend={options.legend}>
      <svg viewBox="-104 -104 208 208" role="img" aria-label={summary} onMouseLeave={() => setNear(undefined)}>
        {slices.map(s => (
          <path
            key={s.id} d={ringPath(s.from, s.to, options.isDonut ? 58 : 0, 100)} fill={s.color} stroke="var(--hc-surface)" strokeWidth={slices.length > 1 ? 1.5 : 0} opacity={near === undefined || near === s.id ? 1 : 0.35}
            onMouseEnter={() => setNear(s.id)}
          >
            <title>{`${s.name}: ${formattedText(s.display)} (${percentText(s)})`}</title>
          </path>
        ))}
        {options.labels.size > 0 && slices.filter(s => s.part >= SMALLEST_LABELLED).map(s => <SliceLabel key={s.id} slice={s} labels={options.labels} radius={options.isDonut ? 79 : 68} />)}
      </svg>
      {options.legend !== 'none' && (
        <div className={css['legend']} tabIndex={0} role="group" aria-label={title}>
          <table>
            <thead><tr><th scope="col">{words.name}</th>{options.legendValues.has('value') && <th scope="col">{words.value}</th>}{options.legendValues.has('percent') && <th scope="col">{words.share}</th>}</tr></thead>
            <tbody>
              {slices.map(s => (
                <tr key={s.id} onMouseEnter={() => setNear(s.id)} onMouseLeave={() => setNear(undefined)} data-near={near === s.id || undefined}>
                  <td title={s.name}><i style={{ background: s.color }} />{s.name}</td>
                  {options.legendValues.has('value') && <td>{formattedText(s.display)}</td>}
                  {options.legendValues.has('percent') && <td>{percentText(s)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function percentText(s: PieSlice): string {
  return formatUnitText('percentunit', s.part, s.part < 0.1 ? 1 : 0)
}

function SliceLabel({ slice, labels, radius }: { readonly slice: PieSlice; readonly labels: ReadonlySet<string>; readonly radius: number }): ReactElement {
  const at = onCircle((slice.from + slice.to) / 2, radius)
  const lines = [...(labels.has('name') ? [slice.name] : []), ...(labels.has('value') ? [formattedText(slice.display)] : []), ...(labels.has('percent') ? [percentText(slice)] : [])]
  return (
    <text x={at.x} y={at.y - (lines.length - 1) * 6} textAnchor="middle" dominantBaseline="central" className={css['label']}>
      {lines.map((t, i) => <tspan key={i} x={at.x} dy={i === 0 ? 0 : 12}>{t.length > 18 ? `${t.slice(0, 17)}…` : t}</tspan>)}
    </text>
  )
}
