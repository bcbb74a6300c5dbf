import type { CSSProperties, ReactElement } from 'react'
import { readableOn } from './readable-on.ts'
import { Sparkline } from './Sparkline.tsx'
import css from './Stat.module.css'
import type { DisplayValue } from '@haechi/dashboards'

/** One number of a stat. */
export interface StatNumber {
  readonly id: string
  readonly name: string
  readonly display: DisplayValue
  /** There is no value; the text says so in words. */
  readonly isNothing?: boolean
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
  /** How it is laid out; absent: as it fits. */
  readonly look?: StatLook
  readonly language: 'en' | 'ko'
}

/** What a board may say of a stat's layout. */
export interface StatLook {
  readonly changeColor: 'standard' | 'inverted' | 'same_as_value'
  readonly isCentered: boolean
  readonly orientation: 'auto' | 'horizontal' | 'vertical'
  readonly isWide: boolean
  /** CSS px. */
  readonly sizes: { readonly title?: number; readonly value?: number }
}

const GOOD = 'var(--hc-ok)'
const BAD = 'var(--hc-critical)'

/** Lengths of time as Grafana's units write them. */
const KOREAN_TIMES: Readonly<Record<string, string>> = { s: '초', min: '분', mins: '분', hour: '시간', hours: '시간', day: '일', days: '일', week: '주', weeks: '주', month: '개월', months: '개월', year: '년', years: '년' }

/** Big numbers with a small line behind each. */
export function Stat({ items, showNames, showValues, colorMode, look, language }: StatProps): ReactElement {
  return (
    <dl className={`${css['list']} ${items.length > 3 ? css['many'] : ''}`} data-centered={look?.isCentered || undefined} data-orientation={look?.orientation} data-wide={look?.isWide && showNames && items.length === 1 || undefined}>
      {items.map(item => {
        const { display } = item
        const isBackground = colorMode === 'background' && display.color !== undefined
        const ink = isBackground ? readableOn(display.color!) : undefined
        const line = ink !== undefined ? ink : colorMode === 'none' || display.color === undefined ? 'var(--hc-line, currentColor)' : display.color
        return (
          <div key={item.id} className={css['item']} data-background={isBackground || undefined} style={ink !== undefined ? { background: display.color, color: ink } : undefined}>
            <dt className={css['name']} hidden={!showNames} title={item.name} style={look?.sizes.title === undefined ? undefined : { fontSize: look.sizes.title, lineHeight: 1.3 }}>{item.name}</dt>
            <dd className={css['value']} data-tinted={colorMode === 'value' && !item.isNothing && display.color !== undefined || undefined} data-words={item.isNothing && display.text.length > 3 || undefined} style={{ ...(colorMode === 'value' && !item.isNothing && display.color !== undefined ? { '--hc-value': display.color } as CSSProperties : {}), ...(look?.sizes.value === undefined ? {} : { fontSize: look.sizes.value }) }}>
              {!showValues ? null : display.text === '' ? <span className={css['none']}>{language === 'ko' ? '값 없음' : 'no value'}</span> : (
                <>
                  {display.prefix !== undefined && <span className={css['unit']}>{display.prefix}</span>}
                  {display.text}
                  {display.suffix !== undefined && <span className={css['unit']}>{language === 'ko' ? KOREAN_TIMES[display.suffix.trim()] ?? display.suffix : display.suffix}</span>}
                  {item.change !== undefined && <span className={css['change']} style={{ color: changeColor(item.change, look?.changeColor, ink) }}>{changeText(item.change)}</span>}
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

/** More is good, or bad; on a coloured ground the ground's ink. */
function changeColor(change: number, mode: StatLook['changeColor'] | undefined, ink: string | undefined): string | undefined {
  if (ink !== undefined || mode === undefined || change === 0) return undefined
  if (mode === 'same_as_value') return 'inherit'
  return change > 0 === (mode === 'standard') ? GOOD : BAD
}

function changeText(change: number): string {
  const percent = change * 100
  const text = Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(1)
  return `${percent > 0 ? '+' : ''}${text} %`
}
