import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { ko } from './ko.ts'
import { chooseLocale } from './locale.ts'

const CATALOGUES = { en: en as Readonly<Record<string, string>>, ko: ko as Readonly<Record<string, string>> }
const FORM = /_(zero|one|two|few|many|other)$/

function stems(catalogue: Readonly<Record<string, string>>): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>()
  for (const key of Object.keys(catalogue)) {
    const form = FORM.exec(key)?.[1] ?? ''
    const stem = key.replace(FORM, '')
    out.set(stem, (out.get(stem) ?? new Set()).add(form))
  }
  return out
}

function placeholders(catalogue: Readonly<Record<string, string>>, stem: string): string[] {
  const names = new Set<string>()
  for (const [key, text] of Object.entries(catalogue)) if (key.replace(FORM, '') === stem) for (const m of text.matchAll(/\{\{(\w+)\}\}/g)) names.add(m[1]!)
  return [...names].sort()
}

describe('[L1] catalogues', () => {
  test('[L1] the same sentences', () => expect([...stems(CATALOGUES.ko).keys()].sort()).toEqual([...stems(CATALOGUES.en).keys()].sort()))
  test.each(['en', 'ko'] as const)('[L1] %s has exactly its plural forms', locale => {
    const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted()
    for (const [stem, have] of stems(CATALOGUES[locale])) if (!have.has('')) expect({ stem, forms: [...have].sort() }).toEqual({ stem, forms })
  })
  test('[L1] the same placeholders', () => {
    // A language may say the one without its number.
    for (const stem of stems(CATALOGUES.en).keys()) expect({ stem, names: placeholders(CATALOGUES.ko, stem) }).toEqual({ stem, names: placeholders(CATALOGUES.en, stem) })
  })
  test('[L1] no empty sentence', () => {
    for (const catalogue of Object.values(CATALOGUES)) for (const [key, text] of Object.entries(catalogue)) expect({ key, empty: text.trim() === '' }).toEqual({ key, empty: false })
  })
  test('[L1] Korean sentences end politely', () => {
    const rude = Object.entries(CATALOGUES.ko).filter(([, text]) => /(?:한다|된다|없다|있다|하라|해라|않는다)[.:!]/.test(text))
    expect(rude).toEqual([])
  })
})

describe('[L2] language', () => {
  test.each([
    { stored: 'ko', wanted: ['en-US'], want: 'ko' },
    { stored: null, wanted: ['ko-KR', 'en'], want: 'ko' },
    { stored: null, wanted: ['fr', 'en-GB', 'ko'], want: 'en' },
    { stored: null, wanted: ['ja'], want: 'en' },
    { stored: 'xx', wanted: ['KO'], want: 'ko' },
  ])('[L2] $stored, $wanted -> $want', ({ stored, wanted, want }) => expect(chooseLocale(stored, wanted)).toBe(want))
})

test('[L3] each text that a page asks for exists, and each that exists is asked for', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const known = stems(CATALOGUES.en)
  const asked = new Set<string>()
  const patterns: RegExp[] = []
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name) || name.endsWith('.test.ts') || name.startsWith('i18n/en') || name.startsWith('i18n/ko')) continue
    const text = readFileSync(`${root}/${name}`, 'utf8')
    for (const m of text.matchAll(/'([a-z]\w*(?:\.\w+)+)'/g)) if (known.has(m[1]!)) asked.add(m[1]!)
    for (const m of text.matchAll(/\bt\('([^']+)'/g)) expect({ name, key: m[1], known: known.has(m[1]!) }).toEqual({ name, key: m[1], known: true })
    for (const m of text.matchAll(/`([a-z]\w*(?:\.\w+)*\.)\$\{[^}]*\}`/g)) patterns.push(new RegExp(`^${m[1]!.replaceAll('.', '\\.')}[\\w-]+$`))
  }
  const forgotten = [...known.keys()].filter(key => !asked.has(key) && !patterns.some(p => p.test(key)))
  expect(forgotten).toEqual([])
})
