import { enSources } from './en-sources.ts'
import type { Words } from './index.ts'
import { koSources } from './ko-sources.ts'
import { wordsOf } from './lazy-words.ts'
import type { SayOf } from './lazy-words.ts'

/** The words of the settings' data sources. */
export const useSourceWords: () => Words & { readonly w: SayOf<keyof typeof enSources> } = wordsOf(enSources, koSources)
