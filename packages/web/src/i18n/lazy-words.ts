import { useWords } from './index.ts'
import type { Words } from './index.ts'

/** Says a sentence of a catalogue that comes with its pages, not with the first page. */
export type SayOf<Key extends string> = (key: Key, values?: Readonly<Record<string, string | number>>) => string

/** The words of some pages: `w` says the sentences of their own catalogues in the chosen language. No plural forms. */
export function wordsOf<Key extends string>(en: Readonly<Record<Key, string>>, ko: Readonly<Record<Key, string>>): () => Words & { readonly w: SayOf<Key> } {
  const say = { en: sayer(en), ko: sayer(ko) }
  return () => {
    const words = useWords()
    return { ...words, w: say[words.locale] }
  }
}

function sayer<Key extends string>(catalogue: Readonly<Record<Key, string>>): SayOf<Key> {
  return (key, values = {}) => catalogue[key].replace(/\{\{(\w+)\}\}/g, (all, name: string) => String(values[name] ?? all))
}
