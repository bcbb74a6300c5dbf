import { enSystem } from './en-system.ts'
import type { Words } from './index.ts'
import { koSystem } from './ko-system.ts'
import { wordsOf } from './lazy-words.ts'
import type { SayOf } from './lazy-words.ts'

/** The words of the pages Data, Status and Settings. */
export const useSystemWords: () => Words & { readonly w: SayOf<keyof typeof enSystem> } = wordsOf(enSystem, koSystem)
