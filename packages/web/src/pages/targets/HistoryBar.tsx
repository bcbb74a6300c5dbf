import type { ReactElement } from 'react'
import { useWords } from '../../i18n/index.ts'

const SLOTS = 60
const STEP = 2

/** The last scrapes as a small bar, newest at the right: a tall green tick answered, a short red one failed. */
export function HistoryBar({ history }: { readonly history: readonly (0 | 1)[] }): ReactElement {
  const { t } = useWords()
  const up = history.reduce<number>((n, h) => n + h, 0)
  const label = t('targets.historyText', { all: history.length, up, down: history.length - up })
  const first = SLOTS - history.length
  return (
    <svg viewBox={`0 0 ${SLOTS * STEP} 16`} width={SLOTS * STEP} height={16} role="img" aria-label={label} focusable="false" style={{ flex: 'none' }}>
      <title>{label}</title>
      <path d={`M0 15.5H${SLOTS * STEP}`} stroke="var(--hc-border)" />
      <path d={history.map((h, i) => (h === 1 ? `M${(first + i) * STEP + 0.5} 2V15` : '')).join('')} stroke="var(--hc-ok)" strokeWidth={1.4} />
      <path d={history.map((h, i) => (h === 0 ? `M${(first + i) * STEP + 0.5} 9V15` : '')).join('')} stroke="var(--hc-critical)" strokeWidth={1.4} />
    </svg>
  )
}
