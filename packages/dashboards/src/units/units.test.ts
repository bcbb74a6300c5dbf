import { describe, expect, test } from 'vitest'
import { haveShared, sharedRows } from '../../test/shared.ts'
import { formatDatePattern, fromNow } from './dates.ts'
import { formatUnitText } from './format.ts'
import { knownUnits } from './registry.ts'

const reads = (unit: string, value: number | null, decimals: number | undefined, want: string): void =>
  test(`[U1] ${unit} ${value} ${decimals ?? 'auto'} is ${want}`, () => expect(formatUnitText(unit, value, decimals)).toBe(want))

describe('U1 texts of units', () => {
  reads('s', 0, undefined, '0 s')
  reads('s', 0.0123, undefined, '12.3 ms')
  reads('s', 90, undefined, '1.50 mins')
  reads('s', 604_800, undefined, '1 week')
  reads('s', -1234.5, 1, '-20.6 mins')
  reads('ms', 86_400_000, undefined, '1 day')
  reads('bytes', 1536, undefined, '1.50 KiB')
  reads('decbytes', 1536, undefined, '1.54 kB')
  reads('Bps', 2048, undefined, '2.05 kB/s')
  reads('reqps', 1500, undefined, '1.50K req/s')
  reads('short', 1.5e9, undefined, '1.50 Bil')
  reads('percentunit', 0.012_345_6, undefined, '1.23%')
  reads('percent', 99.95, undefined, '100.0%')
  reads('currencyUSD', 1_234_567.891, undefined, '$1.23M')
  reads('currencySEK', -0.25, undefined, '-0.250kr')
  reads('flops', 1e9, undefined, '1 GFLOPS')
  reads('dtdurations', 123_456_789, 2, '3 years, 11 months, 0 weeks')
  reads('dtdhms', 90_061, undefined, '1 d 01:01:01')
  reads('clockms', 90_061_000, undefined, '25h:01m:01s:000ms')
  reads('clockms', 90_061_000, 1, '25h:01m')
  reads('hex', 12.345, undefined, 'C.4CCCCCCCCCCD')
  reads('bool_on_off', 0, undefined, 'Off')
  reads('none', NaN, undefined, 'NaN')
  reads('s', Infinity, undefined, '∞ years')
  reads('short', null, undefined, '')
  reads('prefix:$', 3, 1, '$3.0')
  reads('suffix:req', 3, undefined, '3req')
  reads('si:mF', 1500, undefined, '1.50 F')
  reads('count:things', 2500, undefined, '2.50K things')
  reads('bool:up/down', 0, undefined, 'down')
  reads('Errors/sec', 2, undefined, '2 Errors/sec')
  reads('', 2.5, undefined, '2.50')
})

describe('U2 dates', () => {
  const t = Date.UTC(2024, 1, 29, 13, 5, 9, 7)
  test('[U2] a pattern of moment in a zone', () => {
    expect(formatDatePattern(t, 'YYYY-MM-DD HH:mm:ss.SSS Z', 'utc')).toBe('2024-02-29 13:05:09.007 +00:00')
    expect(formatDatePattern(t, 'ddd D MMM h:mm a [at] Z', 'Asia/Seoul')).toBe('Thu 29 Feb 10:05 pm at +09:00')
  })
  test('[U2] relative words', () => {
    expect(fromNow(-3 * 60_000)).toBe('3 minutes ago')
    expect(fromNow(3_600_000)).toBe('in an hour')
  })
})

describe('U3 recorded texts of Grafana', () => {
  const file = 'fixtures/grafana-oracle/units.tsv'
  const special = 'fixtures/grafana-oracle/units-special.tsv'
  test.skipIf(!haveShared(file))('[U3] every unit, every value, every number of decimals', () => {
    const { head, rows } = sharedRows(file)
    const bad: string[] = []
    let n = 0
    for (const [unit, , decimals, ...texts] of rows) {
      texts.forEach((want, i) => {
        const v = Number(head[i + 3])
        const got = formatUnitText(unit!, v, decimals === 'auto' ? undefined : Number(decimals))
        n++
        if (got !== want) bad.push(`${unit} ${decimals} ${v}: got ${JSON.stringify(got)} want ${JSON.stringify(want)}`)
      })
    }
    expect(bad).toEqual([])
    expect(n).toBeGreaterThan(11_000)
  })
  test.skipIf(!haveShared(special))('[U3] NaN, infinities and null', () => {
    const { rows } = sharedRows(special)
    expect(rows.map(([u, v]) => formatUnitText(u!, v === 'null' ? null : Number(v)))).toEqual(rows.map(r => r[2]))
  })
  test('[U3] the registry knows every id of the family tables once', () => {
    expect(new Set(knownUnits()).size).toBe(knownUnits().length)
    expect(knownUnits().length).toBeGreaterThan(260)
  })
})
