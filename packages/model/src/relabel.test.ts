import { describe, expect, test } from 'vitest'
import { parseFields } from './fields.ts'
import { labelsFromObject, labelsToObject } from './labels.ts'
import { compileRelabel, relabel, relabelConfig } from './relabel.ts'
import type { RelabelRule } from './relabel.ts'

const gives = (name: string, labels: Record<string, string>, rules: RelabelRule[], want: Record<string, string> | 'dropped'): void => {
  test(`[R1] ${name}`, () => {
    const out = relabel(labelsFromObject(labels), rules.map(compileRelabel))
    expect(out === undefined ? 'dropped' : labelsToObject(out)).toEqual(want)
  })
}

describe('R1 rules do what Prometheus\' do', () => {
  gives('replace', { a: 'foo', b: 'bar' }, [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch${1}' }], { a: 'foo', b: 'bar', d: 'choo-choo' })
  gives('replace joins with the separator', { a: 'x', b: 'y' }, [{ source_labels: ['a', 'b'], separator: '-', target_label: 'c' }], { a: 'x', b: 'y', c: 'x-y' })
  gives('replace without a match changes nothing', { a: 'foo' }, [{ source_labels: ['a'], regex: 'o+', target_label: 'd' }], { a: 'foo' })
  gives('replace to nothing removes', { a: 'foo', d: 'x' }, [{ source_labels: ['a'], regex: '.*', target_label: 'd', replacement: '' }], { a: 'foo' })
  gives('replace of a missing label', { a: 'foo' }, [{ source_labels: ['zz'], regex: '', target_label: 'd', replacement: 'empty' }], { a: 'foo', d: 'empty' })
  gives('names of groups, dollars, unknown groups', { a: 'foo' }, [{ source_labels: ['a'], regex: '(?P<x>f)(o+)', target_label: 'd', replacement: '${x}|$2|$$|$9|$nope|$2x' }], { a: 'foo', d: 'f|oo|$|||' })
  gives('target from a group', { a: 'name=value' }, [{ source_labels: ['a'], regex: '(\\w+)=(\\w+)', target_label: '${1}', replacement: '$2' }], { a: 'name=value', name: 'value' })
  gives('line breaks match', { a: 'x\ny' }, [{ source_labels: ['a'], regex: 'x.y', target_label: 'd', replacement: 'yes' }], { a: 'x\ny', d: 'yes' })
  gives('keep', { a: 'foo' }, [{ source_labels: ['a'], regex: 'fo', action: 'keep' }], 'dropped')
  gives('drop', { a: 'foo' }, [{ source_labels: ['a'], regex: 'foo|bar', action: 'drop' }], 'dropped')
  gives('keepequal', { a: 'x', b: 'y' }, [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }], 'dropped')
  gives('dropequal', { a: 'x', b: 'x' }, [{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }], 'dropped')
  gives('hashmod', { c: 'baz' }, [{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }], { c: 'baz', d: '976' })
  gives('labelmap', { __meta_x: '1', __meta_y: '2' }, [{ regex: '__meta_(.+)', action: 'labelmap' }], { __meta_x: '1', __meta_y: '2', x: '1', y: '2' })
  gives('labeldrop', { a: '1', b1: '2', b2: '3' }, [{ regex: 'b.*', action: 'labeldrop' }], { a: '1' })
  gives('labelkeep', { a: '1', b1: '2' }, [{ regex: 'b.*', action: 'labelkeep' }], { b1: '2' })
  gives('lowercase and uppercase', { a: 'FoO' }, [{ source_labels: ['a'], target_label: 'l', action: 'lowercase' }, { source_labels: ['a'], target_label: 'u', action: 'Uppercase' }], { a: 'FoO', l: 'foo', u: 'FOO' })
})

describe('R2 what can\'t be a rule is refused in Prometheus\' words', () => {
  test.each<[RelabelRule, string]>([
    [{ action: 'nope' }, 'unknown relabel action "nope"'],
    [{ action: 'hashmod', target_label: 'x' }, 'relabel configuration for hashmod requires non-zero modulus'],
    [{ action: 'replace' }, "relabel configuration for replace action requires 'target_label' value"],
    [{ action: 'lowercase', target_label: 'x', replacement: 'y' }, "'replacement' can not be set for lowercase action"],
    [{ action: 'labeldrop', source_labels: ['x'] }, "labeldrop action requires only 'regex', and no other fields"],
    [{ action: 'keepequal', target_label: 'x', regex: 'a' }, "keepequal action requires only 'source_labels' and `target_label`, and no other fields"],
    [{ action: 'labelmap', replacement: '' }, '"" is invalid \'replacement\' for labelmap action'],
    [{ regex: '(abc', target_label: 'x' }, 'error parsing regexp: missing closing ): `^(?s:(abc)$`'],
  ])('[R2] %j', (rule, message) => expect(() => compileRelabel(rule)).toThrow(message))

  test('[R2] in a file, with the place', () => {
    expect(() => relabelConfig(parseFields('source_labels: [a]\naction: nope\n', 'p.yml'))).toThrow('p.yml:2:1: action: unknown relabel action "nope"')
    expect(() => relabelConfig(parseFields('source_label: [a]\ntarget_label: b\n', 'p.yml'))).toThrow('field source_label not found')
  })
})
