import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'

/**
 * Files that a pattern of `rule_files` or `scrape_config_files` names, sorted. `*`, `?` and `[…]` match inside one path component, as Go's filepath.Glob does.
 *
 * @param pattern  relative to the folder of `file`
 * @param file     the configuration file that holds the pattern
 */
export async function globBeside(pattern: string, file: string): Promise<string[]> {
  const full = isAbsolute(pattern) ? pattern : join(dirname(file), pattern)
  const parts = full.split(/[/\\]/)
  let found = [full.startsWith('/') ? '/' : '.']
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (!/[*?[]/.test(part)) {
      found = found.map(base => join(base, part))
      continue
    }
    const matches = componentMatcher(part)
    const next: string[] = []
    for (const base of found) {
      const names = await readdir(base).catch(() => [] as string[])
      for (const name of names) if (matches(name)) next.push(join(base, name))
    }
    found = next
  }
  const files: string[] = []
  for (const path of found) {
    const info = await stat(path).catch(() => undefined)
    if (info?.isFile()) files.push(isAbsolute(pattern) ? resolve(path) : path)
  }
  return files.sort()
}

/** Matches one path component by hand: a pattern is a user's text and reaches no RegExp. */
function componentMatcher(pattern: string): (name: string) => boolean {
  const match = (p: number, name: string, n: number): boolean => {
    for (; p < pattern.length; p++, n++) {
      const c = pattern[p]!
      if (c === '*') {
        for (let skip = n; skip <= name.length; skip++) if (match(p + 1, name, skip)) return true
        return false
      }
      if (n >= name.length) return false
      if (c === '?') continue
      if (c === '[') {
        const end = pattern.indexOf(']', p + 1)
        if (end < 0) return false
        const negated = pattern[p + 1] === '^'
        let hit = false
        for (let i = p + 1 + (negated ? 1 : 0); i < end; i++) {
          const low = pattern[i]!
          const range = pattern[i + 1] === '-' && i + 2 < end
          const high = range ? pattern[i + 2]! : low
          if (range) i += 2
          if (name[n]! >= low && name[n]! <= high) hit = true
        }
        if (hit === negated) return false
        p = end
        continue
      }
      if (c !== name[n]) return false
    }
    return n === name.length
  }
  return name => match(0, name, 0)
}
