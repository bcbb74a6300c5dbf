import type { ContactPointField } from '@haechi/server'
import { describe, expect, test } from 'vitest'
import { REDACTED, fieldValues, isStored, jsonOf, mapOf, settingAt, settingsJson, withCell, withSetting } from './channel-settings.ts'

const field = (key: string, input: ContactPointField['input'] = 'text', required = false): ContactPointField => ({ key, label: { en: key, ko: key }, input, required })
const FIELDS = [field('url', 'url', true), field('username'), field('password', 'secret'), field('hmacConfig.secret', 'secret'), field('hmacConfig.header'), field('headers', 'map'), field('labels', 'lines'), field('skip', 'boolean')]
const OLD = { url: `https://u:${REDACTED}@h/x`, username: 'kim', password: REDACTED, hmacConfig: { secret: REDACTED, header: 'X-A' }, headers: { 'X-Key': REDACTED, Accept: 'json' }, labels: ['a', 'b'], unknown: { kept: 1 } }
const save = (typed: Record<string, string | boolean>, cleared: readonly string[] = []): object => settingsJson(FIELDS, { ...fieldValues(FIELDS, OLD), ...typed }, OLD, new Set(cleared))

describe('[A10] the settings of a contact point', () => {
  test('[A10] saved without a change they are what they were, masked secrets and what has no field included', () => {
    expect(save({})).toEqual(OLD)
  })
  test('[A10] a stored secret is never in a field, and stays when the field is left empty', () => {
    const shown = fieldValues(FIELDS, OLD)
    expect(shown['password']).toBeUndefined()
    expect(shown['hmacConfig.secret']).toBeUndefined()
    expect(isStored(FIELDS[3]!, OLD)).toBe(true)
    // An address that hides a password goes back masked: the server puts it in again.
    expect(shown['url']).toBe(`https://u:${REDACTED}@h/x`)
  })
  test('[A10] an optional secret is replaced, or forgotten when that is asked for', () => {
    expect(save({ password: 'new' })).toEqual({ ...OLD, password: 'new' })
    const { password: _p, ...without } = OLD
    expect(save({}, ['password'])).toEqual(without)
    expect(save({}, ['hmacConfig.secret'])).toEqual({ ...OLD, hmacConfig: { header: 'X-A' } })
    expect(save({ 'hmacConfig.header': '' }, ['hmacConfig.secret'])).not.toHaveProperty('hmacConfig')
  })
  test('[A10] texts that are emptied go, lists stay lists, names with texts are read line by line', () => {
    expect(save({ username: ' ' })).not.toHaveProperty('username')
    expect(save({ labels: 'a\n\n c ' })).toMatchObject({ labels: ['a', 'c'] })
    expect(save({ headers: `X-Key: ${REDACTED}\nX-Url: http://h:1` })).toMatchObject({ headers: { 'X-Key': REDACTED, 'X-Url': 'http://h:1' } })
    expect(save({ headers: '' })).not.toHaveProperty('headers')
    expect(mapOf('no pair')).toBeUndefined()
  })
  test('[A10] a switch that was never touched says nothing', () => {
    expect(save({})).not.toHaveProperty('skip')
    expect(save({ skip: true })).toMatchObject({ skip: true })
    expect(settingsJson(FIELDS, { skip: false }, { skip: true }, new Set())).toEqual({ skip: false })
  })
  test('[A10] keys lead into objects', () => {
    expect(withSetting({}, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } })
    expect(withSetting({ a: { b: { c: 1 } } }, 'a.b.c', undefined)).toEqual({})
    expect(settingAt({ a: [1] }, 'a.b')).toBeUndefined()
  })
  test('[A10] lists of things and JSON: what has no column stays, empty rows go, an empty list takes the setting away', () => {
    const fields = [{ ...field('responders', 'rows'), columns: [field('type'), field('name')] }, field('fields', 'json')]
    const old = { responders: [{ type: 'team', name: 'a', own: 1 }, { type: 'user' }], fields: { a: [1] } }
    const shown = fieldValues(fields, old)
    expect(shown).toEqual({ responders: old.responders, fields: '{\n  "a": [\n    1\n  ]\n}' })
    expect(settingsJson(fields, shown, old, new Set())).toEqual(old)
    const changed = withCell(withCell(old.responders[0]!, 'name', 'b'), 'type', '')
    expect(settingsJson(fields, { responders: [changed, {}], fields: '[2]' }, old, new Set())).toEqual({ responders: [{ name: 'b', own: 1 }], fields: [2] })
    expect(settingsJson(fields, { responders: [], fields: ' ' }, old, new Set())).toEqual({})
    expect(['[', '1', '"x"', 'null'].map(jsonOf)).toEqual([undefined, undefined, undefined, undefined])
  })
})
