import { useSyncExternalStore } from 'react'
import { createInstance } from 'i18next'
import type { LocalText } from '@haechi/server'
import type { Locale } from '../state/view-types.ts'
import { en } from './en.ts'
import { ko } from './ko.ts'
import { readLocale, storeLocale } from './locale.ts'

/** The name of a sentence; of a counted one, without `_one` and `_other`. */
export type MessageKey = Exclude<keyof typeof en, `${string}_one` | `${string}_other`> | CountedKey
type CountedKey = keyof typeof en extends infer K ? K extends `${infer Stem}_other` ? Stem : never : never

/** Says a sentence in the chosen language. `count` chooses the plural. */
export type Say = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string

const instance = createInstance()

/** The words of the page. */
export interface Words {
  readonly t: Say
  readonly locale: Locale
  /** The text of the chosen language. */
  readonly of: (text: LocalText) => string
  /** A message that the server (or the parser) made in English, said in the chosen language where it is known. */
  readonly said: (message: string) => string
}

const CATALOGUES: Readonly<Record<Locale, Readonly<Record<string, string>>>> = { en, ko }
let current: Words | undefined
const listeners = new Set<() => void>()

/** The words of one language. Most sentences have no gaps: they stand in the catalogue as they are said. */
function wordsIn(locale: Locale): Words {
  const catalogue = CATALOGUES[locale]
  const say = instance.getFixedT(locale) as unknown as Say
  return { t: (key, values) => (values === undefined ? catalogue[key] : undefined) ?? say(key, values), locale, of: text => text[locale], said: message => saidIn(locale, message) }
}

let inKorean: ((message: string) => string) | undefined
let messages: Promise<void> | undefined

/** Fetches the catalogue of the server's messages, which comes when the first one is to be said. Without it they stand in English. */
export function loadMessages(locale: Locale): Promise<void> {
  if (locale === 'en') return Promise.resolve()
  messages ??= import('@haechi/model/korean').then(module => {
    inKorean = module.inKorean
    if (current !== undefined) current = wordsIn(current.locale)
    for (const listener of listeners) listener()
  }, () => { messages = undefined })
  return messages
}

/** A message that was made in English, in a language; in English until its catalogue is there. */
export function saidIn(locale: Locale, message: string): string {
  if (locale === 'en') return message
  if (inKorean === undefined) void loadMessages(locale)
  return inKorean?.(message) ?? message
}

/** As {@link saidIn}; the component renders again when the catalogue is there. For parts that are told their language. */
export function useSaidIn(locale: Locale): (message: string) => string {
  useSyncExternalStore(listen, () => inKorean)
  return message => saidIn(locale, message)
}

/** Prepares both catalogues; call once before the first render. */
export function startI18n(): void {
  const locale = readLocale()
  void instance.init({
    lng: locale,
    fallbackLng: 'en',
    resources: { en: { translation: en }, ko: { translation: ko } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    initAsync: false,
  })
  current = wordsIn(locale)
  document.documentElement.lang = locale
}

/** Changes the language and remembers it in this browser. */
export function changeLocale(locale: Locale): void {
  storeLocale(locale)
  document.documentElement.lang = locale
  current = wordsIn(locale)
  for (const listener of listeners) listener()
}

/** The chosen language; the component renders again when it changes. */
export function useWords(): Words {
  return useSyncExternalStore(listen, now)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function now(): Words {
  return current!
}
