import { describe, expect, test } from 'vitest'
import { ConfigError, Secret, nearest, parseFields } from './index.ts'

const fails = (yaml: string, read: (f: ReturnType<typeof parseFields>) => unknown, message: string): void => {
  test(`${JSON.stringify(yaml)} fails with ${message}`, () => {
    let got = 'no error'
    try {
      read(parseFields(yaml, 'a.yml'))
    } catch (err) {
      got = (err as Error).message
    }
    expect(got).toBe(message)
  })
}

describe('[M1] every configuration error names file, line, column and path', () => {
  fails('a: {b: x}\n', f => f.fields('a')!.durationMs('b'), 'a.yml:1:8: a.b: not a valid duration string: "x" (write e.g. 15s, 1m30s or 2h)')
  fails('a: 1\nscrape_intervall: 5s\n', f => { f.integer('a'); f.has('scrape_interval'); f.done() }, 'a.yml:2:1: scrape_intervall: field scrape_intervall not found (did you mean scrape_interval?)')
  fails('list:\n  - x: 1\n  - [1]\n', f => f.list('list'), 'a.yml:3:5: list[1]: expected a mapping of keys to values')
  fails('a: 1\na: 2\n', f => f.done(), 'a.yml:2:1: not valid YAML: Map keys must be unique')
  fails('a: [1, 2\n', f => f.done(), 'a.yml:2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]')
  fails('a: maybe\n', f => f.boolean('a'), 'a.yml:1:4: a: expected true or false')
  fails('- 1\n', f => f.done(), 'a.yml:1:1: expected a mapping of keys to values')
  fails('b: 1\n', f => f.string('a'), 'a.yml:1:1: a is missing')
})

describe('[M2] values are read as go-yaml reads them', () => {
  test('numbers and booleans where a text is wanted stay as written', () => {
    const f = parseFields('a: 0123\nb: yes\nc: 1.50\nd: ~\n', 'a.yml')
    expect([f.string('a'), f.string('b'), f.string('c'), f.string('d', 'none')]).toEqual(['0123', 'yes', '1.50', 'none'])
  })
  test('booleans take yes, no, on, off', () => {
    const f = parseFields('a: yes\nb: off\nc: true\n', 'a.yml')
    expect([f.boolean('a'), f.boolean('b'), f.boolean('c')]).toEqual([true, false, true])
  })
  test('sizes are powers of 1024', () => {
    const f = parseFields('a: 10MB\nb: 512KiB\nc: 0\nd: 1.5GB\n', 'a.yml')
    expect([f.sizeBytes('a'), f.sizeBytes('b'), f.sizeBytes('c'), f.sizeBytes('d')]).toEqual([10 * 2 ** 20, 512 * 1024, 0, 1.5 * 2 ** 30])
  })
  test('aliases and merge keys are followed', () => {
    const f = parseFields('base: &b {x: 1s, y: 2s}\nuse: *b\n', 'a.yml')
    expect(f.fields('use')!.durationMs('x')).toBe(1000)
  })
  test('an empty text is an empty mapping', () => expect(parseFields('# nothing\n', 'a.yml').keys()).toEqual([]))
})

describe('[M3] a secret is never printed', () => {
  test('in text, JSON and inspection', async () => {
    const s = new Secret('hunter2')
    const { inspect } = await import('node:util')
    expect([`${s}`, JSON.stringify({ s }), inspect(s), inspect({ deep: { s } })].join()).not.toContain('hunter2')
    expect(s.reveal()).toBe('hunter2')
  })
  test('errors about a secret do not contain it', () => {
    expect(() => parseFields('password: [hunter2]\n', 'a.yml').secret('password')).toThrow(ConfigError)
    try {
      parseFields('password: [hunter2]\n', 'a.yml').secret('password')
    } catch (err) {
      expect(String(err)).not.toContain('hunter2')
    }
  })
})

describe('[M4] the nearest known word is offered only for typos', () => {
  test('near and far', () => {
    expect(nearest('scrape_intervall', ['scrape_interval', 'scrape_timeout'])).toBe('scrape_interval')
    expect(nearest('zzz', ['scrape_interval'])).toBeUndefined()
  })
})
