import type { ReactElement } from 'react'
import { readableOn } from './readable-on.ts'
import { Sparkline } from './Sparkline.tsx'
import css from './Stat.module.css'
import type { DisplayValue } from '@haechi/dashboards'

/** One number of a stat. */
export interface StatNumber {
  readonly id: string
  readonly name: string
  readonly display: DisplayValue
  readonly ts?: Float64Array
  readonly vs?: Float64Array
  /** 0.12: twelve percent more than at the start. */
  readonly change?: number
}

/** What a stat takes. */
export interface StatProps {
  readonly items: readonly StatNumber[]
  readonly showNames: boolean
  readonly showValues: boolean
  readonly colorMode: 'none' | 'value' | 'background'
  readonly language: 'en' | 'ko'
}

/** Big numbers with a small line behind each. */
export function Stat({ items, showNames, showValues, colorMode, language }: StatProps): ReactElement {
  return (
    <dl className={`${css['list']} ${items.length > 3 ? css['many'] : ''}`}>
      {items.map(item => {
        const { display } = item
        const isBackground = colorMode === 'background' && display.color !== undefined
        const ink = isBackground ? readableOn(display.color!) : undefined
        const line = ink !== undefined ? ink : colorMode === 'none' || display.color === undefined ? 'var(--hc-line, currentColor)' : display.color
        return (
          <div key={item.id} className={css['item']} data-background={isBackground || undefined} style={ink !== undefined ? { background: display.color, color: ink } : undefined}>
            <dt className={css['name']} hidden={!showNames} title={item.name}>{item.name}</dt>
            <dd className={css['value']} style={colorMode === 'value' && display.color !== undefined ? { color: display.color } : undefined}>
              {!showValues ? null : display.text === '' ? <span className={css['none']}>{language === 'ko' ? '값 없음' : 'no value'}</span> : (
                <>
                  {display.prefix !== undefined && <span className={css['unit']}>{display.prefix}</span>}
                  {display.text}
                  {display.suffix !== undefined && <span className={css['unit']}>{display.suffix}</span>}
                  {item.change !== undefined && <span className={css['change']}>{changeText(item.change)}</span>}
                </>
              )}
            </dd>
            {item.ts !== undefined && item.vs !== undefined && <dd className={css['graph']}><Sparkline ts={item.ts} vs={item.vs} color={line} /></dd>}
          </div>
        )
      })}
    </dl>
  )
}

function changeText(change: number): string {
  const percent = change * 100
  const text = Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(1)
  return `${percent > 0 ? '+' : ''}${text} %`
}
