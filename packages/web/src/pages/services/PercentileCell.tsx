import type { ReactElement } from 'react'
import { Tooltip } from '@mantine/core'
import { QuantityView } from '../../components/QuantityView.tsx'
import { NO_NUMBER, quantityText, secondsQuantity } from '../../format/quantity.ts'
import { isCoarse } from './percentile.ts'
import type { Percentile } from './percentile.ts'
import { useServiceWords } from './service-words.ts'
import css from './Services.module.css'

/** A percentile: a value where the buckets tell one, else the limits that they do tell. */
export function PercentileCell({ p }: { readonly p: Percentile | undefined }): ReactElement {
  const { w } = useServiceWords()
  if (p === undefined) return <span className="dim">{NO_NUMBER}</span>
  if (!isCoarse(p)) return <QuantityView q={secondsQuantity(p.value)} />
  const text = (seconds: number): string => quantityText(secondsQuantity(seconds))
  const [short, hint] = p.upper === Infinity ? [w('cell.above', { limit: text(p.lower) }), w('cell.aboveHint', { limit: text(p.lower) })]
    : p.lower <= 0 ? [w('cell.below', { limit: text(p.upper) }), w('cell.belowHint', { limit: text(p.upper) })]
      : [`${text(p.lower)}–${text(p.upper)}`, w('cell.betweenHint', { lower: text(p.lower), upper: text(p.upper) })]
  return <Tooltip label={hint}><span tabIndex={0} className={p.upper === Infinity ? css['above'] : css['between']}>{short}</span></Tooltip>
}
