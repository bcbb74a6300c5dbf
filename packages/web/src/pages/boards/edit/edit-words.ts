import { enEdit } from '../../../i18n/en-edit.ts'
import { enEditOptions } from '../../../i18n/en-edit-options.ts'
import { koEdit } from '../../../i18n/ko-edit.ts'
import { koEditOptions } from '../../../i18n/ko-edit-options.ts'
import { useWords } from '../../../i18n/index.ts'
import type { Words } from '../../../i18n/index.ts'

/** The name of a sentence of the board editor. */
export type EditKey = keyof typeof enEdit | keyof typeof enEditOptions

/** Says a sentence of the board editor. */
export type SayEdit = (key: EditKey, values?: Readonly<Record<string, string | number>>) => string

const SAY: Readonly<Record<Words['locale'], SayEdit>> = { en: sayer({ ...enEdit, ...enEditOptions }), ko: sayer({ ...koEdit, ...koEditOptions }) }

function sayer(catalogue: Readonly<Record<EditKey, string>>): SayEdit {
  return (key, values = {}) => catalogue[key].replace(/\{\{(\w+)\}\}/g, (all, name: string) => String(values[name] ?? all))
}

/** The editor's words: they come with the editor, not with the first page. */
export function useEditWords(): Words & { readonly e: SayEdit } {
  const words = useWords()
  return { ...words, e: SAY[words.locale] }
}
