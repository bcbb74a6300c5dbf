import type { ReactElement } from 'react'
import { panelWords } from './panel-words.ts'
import { PanelNote } from './PanelNote.tsx'
import type { Language } from './types.ts'

/** Something came back, but nothing of the kind that the panel draws. */
export function NothingToDraw({ language }: { readonly language: Language }): ReactElement {
  const words = panelWords(language)
  return <PanelNote what={words.noNumbers} why={words.noNumbersHint} />
}
