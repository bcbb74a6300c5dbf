import type { ReactElement } from 'react'
import type { Quantity } from '../format/quantity.ts'

/** A number with its unit set smaller. */
export function QuantityView({ q }: { readonly q: Quantity }): ReactElement {
  return <span className="num" style={{ whiteSpace: 'nowrap' }}>{q.text}{q.unit !== '' && <span className="unit">{q.unit}</span>}</span>
}
