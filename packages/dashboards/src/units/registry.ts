import { DATE_UNITS, patternDateUnit } from './dates.ts'
import { binaryUnit, countUnit, currencyUnit, fixedUnit, formatNumber, scaled, siUnit } from './numbers.ts'
import { TIME_UNITS } from './times.ts'
import type { UnitFormatter } from './numbers.ts'

/** `id text, id text`: a number, a space, the text. */
const FIXED: readonly (readonly [id: string, text: string])[] = [
  ['none', ''], ['humidity', '%H'], ['dB', 'dB'], ['dBm', 'dbm'], ['pixel', 'px'], ['degree', '°'], ['radian', 'rad'], ['grad', 'grad'], ['arcmin', 'arcmin'], ['arcsec', 'arcsec'],
  ['areaM2', 'm²'], ['areaF2', 'ft²'], ['areaMI2', 'mi²'], ['acres', 'ac'], ['hectares', 'ha'],
  ['accMS2', 'm/sec²'], ['accFS2', 'f/sec²'], ['accG', 'g'],
  ['ppm', 'ppm'], ['conppb', 'ppb'], ['conngm3', 'ng/m³'], ['conngNm3', 'ng/Nm³'], ['conμgm3', 'μg/m³'], ['conμgNm3', 'μg/Nm³'], ['conmgm3', 'mg/m³'], ['conmgNm3', 'mg/Nm³'],
  ['congm3', 'g/m³'], ['congNm3', 'g/Nm³'], ['conmgdL', 'mg/dL'], ['conmmolL', 'mmol/L'],
  ['celsius', '°C'], ['fahrenheit', '°F'], ['farenheit', '°F'], ['kelvin', 'K'],
  ['velocityms', 'm/s'], ['velocitykmh', 'km/h'], ['velocitymph', 'mph'], ['velocityknot', 'kn'],
  ['m3', 'm³'], ['Nm3', 'Nm³'], ['dm3', 'dm³'], ['gallons', 'gal'],
  ['flowgpm', 'gpm'], ['flowcms', 'cms'], ['flowcfs', 'cfs'], ['flowcfm', 'cfm'], ['litreh', 'L/h'], ['flowlpm', 'L/min'], ['flowmlpm', 'mL/min'],
  ['lux', 'lux'], ['masslb', 'lb'], ['masst', 't'], ['lengthin', 'in'], ['lengthft', 'ft'], ['lengthmi', 'mi'], ['lengthcm', 'cm'],
  ['pressurehg', '"Hg'], ['pressurehpa', 'hPa'], ['pressurekpa', 'kPa'],
  ['rotrpm', 'rpm'], ['rotrads', 'rad/s'], ['rotdegs', '°/s'],
]

/** Decimal prefixes, with the power of 1000 in which values arrive. */
const SI: readonly (readonly [id: string, unit: string, scale?: number])[] = [
  ['sishort', ''], ['candela', 'cd'], ['lumens', 'Lm'],
  ['decbytes', 'B'], ['deckbytes', 'B', 1], ['decmbytes', 'B', 2], ['decgbytes', 'B', 3], ['dectbytes', 'B', 4], ['decpbytes', 'B', 5], ['decbits', 'b'],
  ['Bps', 'B/s'], ['KBs', 'B/s', 1], ['MBs', 'B/s', 2], ['GBs', 'B/s', 3], ['TBs', 'B/s', 4], ['PBs', 'B/s', 5],
  ['bps', 'b/s'], ['Kbits', 'b/s', 1], ['Mbits', 'b/s', 2], ['Gbits', 'b/s', 3], ['Tbits', 'b/s', 4], ['Pbits', 'b/s', 5], ['pps', 'p/s'],
  ['Hs', 'H/s'], ['KHs', 'H/s', 1], ['MHs', 'H/s', 2], ['GHs', 'H/s', 3], ['THs', 'H/s', 4], ['PHs', 'H/s', 5], ['EHs', 'H/s', 6],
  ['flops', 'FLOPS'], ['mflops', 'FLOPS', 2], ['gflops', 'FLOPS', 3], ['tflops', 'FLOPS', 4], ['pflops', 'FLOPS', 5], ['eflops', 'FLOPS', 6], ['zflops', 'FLOPS', 7], ['yflops', 'FLOPS', 8],
  ['watt', 'W'], ['kwatt', 'W', 1], ['megwatt', 'W', 2], ['gwatt', 'W', 3], ['mwatt', 'W', -1], ['Wm2', 'W/m²'],
  ['voltamp', 'VA'], ['kvoltamp', 'VA', 1], ['voltampreact', 'VAr'], ['kvoltampreact', 'VAr', 1],
  ['watth', 'Wh'], ['watthperkg', 'Wh/kg'], ['kwatth', 'Wh', 1], ['mwatth', 'Wh', 2], ['kwattm', 'W-Min', 1], ['joule', 'J'], ['ev', 'eV'],
  ['amp', 'A'], ['kamp', 'A', 1], ['mamp', 'A', -1], ['amph', 'Ah'], ['kamph', 'Ah', 1], ['mamph', 'Ah', -1],
  ['volt', 'V'], ['kvolt', 'V', 1], ['mvolt', 'V', -1], ['ohm', 'Ω'], ['mohm', 'Ω', -1], ['kohm', 'Ω', 1], ['Mohm', 'Ω', 2],
  ['farad', 'F'], ['µfarad', 'F', -2], ['nfarad', 'F', -3], ['pfarad', 'F', -4], ['ffarad', 'F', -5], ['henry', 'H'], ['mhenry', 'H', -1], ['µhenry', 'H', -2],
  ['hertz', 'Hz'], ['rothz', 'Hz'], ['rotkhz', 'Hz', 1], ['rotmhz', 'Hz', 2], ['rotghz', 'Hz', 3],
  ['litre', 'L'], ['mlitre', 'L', -1], ['lengthm', 'm'], ['lengthmm', 'm', -1], ['lengthkm', 'm', 1], ['massg', 'g'], ['massmg', 'g', -1], ['masskg', 'g', 1],
  ['forceN', 'N'], ['forcekN', 'N', 1], ['forceNm', 'Nm'], ['forcekNm', 'Nm', 1],
  ['pressurepa', 'Pa'], ['pressurebar', 'bar'], ['pressurembar', 'bar', -1], ['pressurekbar', 'bar', 1],
  ['radbq', 'Bq'], ['radci', 'Ci'], ['radgy', 'Gy'], ['radrad', 'rad'], ['radsv', 'Sv'], ['radmsv', 'Sv', -1], ['radusv', 'Sv', -2], ['radrem', 'rem'], ['radexpckg', 'C/kg'], ['radr', 'R'],
  ['radsvh', 'Sv/h'], ['radmsvh', 'Sv/h', -1], ['radusvh', 'Sv/h', -2],
]

/** Binary prefixes, with the power of 1024 in which values arrive. */
const BINARY: readonly (readonly [id: string, unit: string, scale?: number])[] = [
  ['bytes', 'B'], ['kbytes', 'B', 1], ['mbytes', 'B', 2], ['gbytes', 'B', 3], ['tbytes', 'B', 4], ['pbytes', 'B', 5], ['bits', 'b'],
  ['binBps', 'B/s'], ['binbps', 'b/s'],
  ['KiBs', 'B/s', 1], ['MiBs', 'B/s', 2], ['GiBs', 'B/s', 3], ['TiBs', 'B/s', 4], ['PiBs', 'B/s', 5],
  ['Kibits', 'b/s', 1], ['Mibits', 'b/s', 2], ['Gibits', 'b/s', 3], ['Tibits', 'b/s', 4], ['Pibits', 'b/s', 5],
]

/** K, M, B, T glued to the number, then the unit. */
const COUNTS: readonly (readonly [id: string, unit: string])[] = [
  ['cps', 'c/s'], ['ops', 'ops/s'], ['reqps', 'req/s'], ['rps', 'rd/s'], ['wps', 'wr/s'], ['iops', 'io/s'], ['eps', 'evt/s'], ['mps', 'msg/s'], ['recps', 'rec/s'], ['rowsps', 'rows/s'],
  ['cpm', 'c/m'], ['opm', 'ops/m'], ['reqpm', 'req/m'], ['rpm', 'rd/m'], ['wpm', 'wr/m'], ['epm', 'evts/m'], ['mpm', 'msgs/m'], ['recpm', 'rec/m'], ['rowspm', 'rows/m'],
]

const CURRENCIES: readonly (readonly [id: string, symbol: string, behind?: boolean])[] = [
  ['USD', '$'], ['GBP', '£'], ['EUR', '€'], ['JPY', '¥'], ['RUB', '₽'], ['UAH', '₴'], ['BRL', 'R$'], ['DKK', 'kr', true], ['ISK', 'kr', true], ['NOK', 'kr', true], ['SEK', 'kr', true],
  ['CZK', 'czk'], ['CHF', 'CHF'], ['PLN', 'PLN'], ['BTC', '฿'], ['mBTC', 'mBTC'], ['μBTC', 'μBTC'], ['ZAR', 'R'], ['INR', '₹'], ['KRW', '₩'], ['IDR', 'Rp'], ['PHP', 'PHP'], ['VND', 'đ', true],
  ['TRY', '₺', true], ['MYR', 'RM'], ['XPF', 'XPF'], ['BGN', 'BGN'], ['PYG', '₲'], ['UYU', 'UYU'], ['ILS', '₪'],
]

const shortScale = scaled(1000, ['', ' K', ' Mil', ' Bil', ' Tri', ' Quadr', ' Quint', ' Sext', ' Sept'])

/** Text glued to the number. */
function glued(suffix: string, factor = 1): UnitFormatter {
  return (value, decimals) => ({ text: formatNumber(value * factor, decimals), suffix })
}

function booleanUnit(yes: string, no: string): UnitFormatter {
  return value => ({ text: value !== 0 ? yes : no })
}

/** Hexadecimal, fractions included. */
function hexUnit(prefix: string): UnitFormatter {
  return (value, decimals) => {
    if (!Number.isFinite(value)) return { text: formatNumber(value) }
    const rounded = Number(formatNumber(value, decimals))
    const digits = Math.abs(rounded).toString(16).toUpperCase()
    return { text: `${rounded < 0 ? '-' : ''}${prefix}${digits}` }
  }
}

const scientific: UnitFormatter = (value, decimals) => ({ text: Number.isFinite(value) ? decimals === undefined ? value.toExponential() : value.toExponential(decimals) : formatNumber(value) })
const plain: UnitFormatter = value => ({ text: Number.isFinite(value) ? String(value) : formatNumber(value) })
const grouped: UnitFormatter = (value, decimals) => ({
  text: Number.isFinite(value) ? value.toLocaleString('en-US', decimals === undefined ? {} : { maximumFractionDigits: Math.min(decimals, 20) }) : formatNumber(value),
})

function makeRegistry(): ReadonlyMap<string, UnitFormatter> {
  const units = new Map<string, UnitFormatter>()
  for (const [id, text] of FIXED) units.set(id, fixedUnit(text))
  for (const [id, unit, scale] of SI) units.set(id, siUnit(unit, scale))
  for (const [id, unit, scale] of BINARY) units.set(id, binaryUnit(unit, scale))
  for (const [id, unit] of COUNTS) units.set(id, countUnit(unit))
  for (const [id, symbol, behind] of CURRENCIES) units.set(`currency${id}`, currencyUnit(symbol, behind))
  for (const [id, f] of Object.entries(TIME_UNITS)) units.set(id, f)
  for (const [id, f] of Object.entries(DATE_UNITS)) units.set(id, f)
  units.set('short', shortScale)
  units.set('percent', glued('%'))
  units.set('percentunit', glued('%', 100))
  units.set('pressurepsi', scaled(1000, ['psi', 'ksi', 'Mpsi']))
  units.set('hex', hexUnit(''))
  units.set('hex0x', hexUnit('0x'))
  units.set('sci', scientific)
  units.set('string', plain)
  units.set('locale', grouped)
  units.set('bool', booleanUnit('True', 'False'))
  units.set('bool_yes_no', booleanUnit('Yes', 'No'))
  units.set('bool_on_off', booleanUnit('On', 'Off'))
  return units
}

const REGISTRY = makeRegistry()
const custom = new Map<string, UnitFormatter>()

/** The ids that have a formatter of their own. */
export function knownUnits(): string[] {
  return [...REGISTRY.keys()]
}

/** The formatter of a unit id; an unknown id is printed after the number. */
export function unitFormatter(id: string): UnitFormatter {
  const known = REGISTRY.get(id === '' ? 'none' : id) ?? custom.get(id)
  if (known) return known
  const made = customUnit(id)
  // Ids come from dashboards of users: keep the table from growing without end.
  if (custom.size > 500) custom.clear()
  custom.set(id, made)
  return made
}

/** `prefix:$`, `suffix:req`, `time:YYYY`, `si:mF`, `count:things`, `currency:€`, `bool:up/down`, or a plain text. */
function customUnit(id: string): UnitFormatter {
  const colon = id.indexOf(':')
  if (colon > 0) {
    const rest = id.slice(colon + 1)
    switch (id.slice(0, colon)) {
      case 'prefix': return (value, decimals) => ({ prefix: rest, text: formatNumber(value, decimals) })
      case 'suffix': return glued(rest)
      case 'time': return patternDateUnit(rest)
      case 'si': {
        const scale = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'].indexOf(rest[0] ?? '')
        return siUnit(rest.slice(scale === -1 ? 0 : 1), scale === -1 ? 0 : scale - 5)
      }
      case 'count': return countUnit(rest)
      case 'currency': {
        const [mode, symbol, place] = rest.split(':')
        if (mode === 'financial' && symbol !== undefined) return financialUnit(symbol, place === 'suffix')
        return currencyUnit(mode ?? rest, symbol === 'suffix')
      }
      case 'bool': {
        const [yes, no] = rest.split('/')
        if (yes !== undefined && no !== undefined) return booleanUnit(yes, no)
      }
    }
  }
  return fixedUnit(id)
}

/** Money unscaled, digits grouped. */
function financialUnit(symbol: string, behind: boolean): UnitFormatter {
  return (value, decimals) => {
    const text = Number.isFinite(value) ? Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 20 }) : formatNumber(value)
    const sign = value < 0 ? '-' : ''
    return behind ? { prefix: sign, text, suffix: symbol } : { prefix: sign + symbol, text }
  }
}
