import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern } from '@haechi/model'
import { boardSeries } from './board-series.ts'
import { regexSamples } from './regex-sample.ts'

describe('K1 texts that an expression matches', () => {
  test.each(['a|b', '2..|3..', 'node(_exporter)?', '(?:prod|dev)-[a-z]+', '[^:]+:9100', 'x{2,3}y*', '.+', '\\d+\\.\\d', '^/api/(v1|v2)/.*$', '(?i)abc', '[[:alpha:]]+', '5[0-9]{2}'])('[K1] %s', pattern => {
    expect(regexSamples(pattern, 'word-0').some(s => compilePattern(pattern).matches(s))).toBe(true)
  })

  test('[K1] nonsense ends', () => fc.assert(fc.property(fc.string({ maxLength: 30 }), text => Array.isArray(regexSamples(text, 'w')))))
})

describe('K2 series of a board', () => {
  const board = (expr: string, more: object = {}): object => ({ title: 'b', panels: [{ id: 1, type: 'timeseries', targets: [{ refId: 'A', expr }] }], ...more })
  const labels = async (json: object): Promise<Readonly<Record<string, string>>[]> => (await boardSeries(json)).map(s => s.labels)

  test('[K2] have the labels of filters, groupings and joins', async () => {
    const all = await labels(board('sum by (pod) (rate(a_total{mode="idle"}[5m]) * on (host) group_left (version) b_info{version=~"v[0-9]"})'))
    expect(all).toContainEqual({ __name__: 'a_total', mode: 'idle', host: 'host-0', pod: 'pod-0' })
    expect(all).toContainEqual(expect.objectContaining({ __name__: 'b_info', version: 'v0', host: 'host-0' }))
  })

  test('[K2] follow what variables choose', async () => {
    const all = await labels(board('x{instance=~"$node", job="$job"}', { templating: { list: [{ name: 'job', type: 'query', query: 'label_values(up, job)' }, { name: 'node', type: 'query', query: 'label_values(up{job="$job"}, instance)' }] } }))
    expect(all).toContainEqual({ __name__: 'x', instance: 'instance-0', job: 'job-0' })
  })

  test('[K2] let comparisons pass, buckets have the bounds that are asked for', async () => {
    const all = await boardSeries(board('x > 1000 and on () h_bucket{le="0.25"}'))
    expect(all.find(s => s.labels['__name__'] === 'x')!.value).toBeGreaterThan(1000)
    expect(all.filter(s => s.labels['__name__'] === 'h_bucket').map(s => s.labels['le'])).toContain('0.25')
  })
})
