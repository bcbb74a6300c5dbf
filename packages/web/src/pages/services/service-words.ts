import { enServices } from '../../i18n/en-services.ts'
import { koServices } from '../../i18n/ko-services.ts'
import { wordsOf } from '../../i18n/lazy-words.ts'
import type { SayOf } from '../../i18n/lazy-words.ts'
import type { Words } from '../../i18n/index.ts'

/** Says a sentence of the pages of the services. */
export type SayService = SayOf<keyof typeof enServices>

/** The words of the pages of the services. */
export const useServiceWords: () => Words & { readonly w: SayService } = wordsOf(enServices, koServices)
