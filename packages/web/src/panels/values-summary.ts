import { formattedText } from '@haechi/dashboards'
import { panelWords } from './panel-words.ts'
import type { DisplayValue } from '@haechi/dashboards'
import type { Language } from './types.ts'

/** Most values that a sentence tells. */
const MOST_TOLD = 6

/** Single values in one sentence: `Disks: / 42 %, /home 71 %.` */
export function valuesSummary(title: string, items: readonly { readonly name: string; readonly display: DisplayValue }[], language: Language): string {
  const told = items.slice(0, MOST_TOLD).map(i => `${i.name === title ? '' : `${i.name} `}${formattedText(i.display) || '–'}`)
  return panelWords(language).valuesSummary(title, told.join(', '), items.length - told.length)
}
