import { describe, expect, test } from 'vitest'
import { boardUid, firstPaths } from './first-paths.ts'

describe('first paths', () => {
  test.each([
    ['boards/abc', 'abc'], ['d/abc/a-title', 'abc'], ['boards/a%20b', 'a b'], ['boards/%E0%A4%A', undefined], ['boards', undefined], ['boards/', undefined], ['boards/new', undefined], ['boards/import', undefined],
    ['dashboards', undefined], ['', undefined], ['explore', undefined],
  ])('[W2] the board of %s is %s', (path, uid) => expect(boardUid(path)).toBe(uid))

  test('[W2] a board is asked for in the language of its reader; signing in asks for nothing', () => {
    expect(firstPaths('boards/a b', 'ko')).toContain('api/dashboards/uid/a%20b?lang=ko')
    expect(firstPaths('', 'en')).toEqual(['api/haechi/v1/status', 'api/haechi/v1/session', 'api/haechi/v1/overview'])
    expect(firstPaths('login', 'en')).toEqual([])
  })
})
