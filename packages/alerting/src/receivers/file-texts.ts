import type { Fields } from '@haechi/model'

/** The texts of a receiver in a file: each key with what it is without the file saying so. @throws ConfigError */
export function fileTexts(f: Fields, usual: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(usual).map(([key, text]) => [key, f.string(key, text)]))
}
