import { ExpositionError } from './error.ts'

/** The ways a target can write its metrics. */
export type ExpositionFormat = 'text' | 'openmetrics' | 'protobuf'

/** The names of `scrape_protocols` and `fallback_scrape_protocol`. */
export type ScrapeProtocol = 'PrometheusProto' | 'PrometheusText0.0.4' | 'PrometheusText1.0.0' | 'OpenMetricsText0.0.1' | 'OpenMetricsText1.0.0'

/** How names that are not `[a-zA-Z0-9_:]` are asked for. */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values'

const PROTOCOLS: Readonly<Record<ScrapeProtocol, { readonly header: string; readonly mediaType: string; readonly format: ExpositionFormat; readonly escapes: boolean }>> = {
  'PrometheusProto': {
    header: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited', mediaType: 'application/vnd.google.protobuf', format: 'protobuf', escapes: false,
  },
  'PrometheusText0.0.4': { header: 'text/plain;version=0.0.4', mediaType: 'text/plain', format: 'text', escapes: false },
  'PrometheusText1.0.0': { header: 'text/plain;version=1.0.0', mediaType: 'text/plain', format: 'text', escapes: true },
  'OpenMetricsText0.0.1': { header: 'application/openmetrics-text;version=0.0.1', mediaType: 'application/openmetrics-text', format: 'openmetrics', escapes: false },
  'OpenMetricsText1.0.0': { header: 'application/openmetrics-text;version=1.0.0', mediaType: 'application/openmetrics-text', format: 'openmetrics', escapes: true },
}

/** All protocol names, sorted. */
export const SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = (Object.keys(PROTOCOLS) as ScrapeProtocol[]).sort()

/** What Prometheus 3 asks for unless told otherwise, most wanted first. @see config/config.go `DefaultScrapeProtocols` */
export const DEFAULT_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = ['OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4']

/** The same where native histograms are wanted, which only protobuf has. @see `DefaultProtoFirstScrapeProtocols` */
export const NATIVE_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = ['PrometheusProto', ...DEFAULT_SCRAPE_PROTOCOLS]

/** The Accept header for these protocols, most wanted first. @see scrape/scrape.go `acceptHeader` */
export function acceptHeader(protocols: readonly ScrapeProtocol[], escaping: EscapingScheme): string {
  let weight = SCRAPE_PROTOCOLS.length + 1
  const parts: string[] = []
  for (const name of protocols) {
    const { header, escapes } = PROTOCOLS[name]
    parts.push(`${header}${escapes ? `;escaping=${escaping}` : ''};q=0.${weight--}`)
  }
  parts.push(`*/*;q=0.${weight}`)
  return parts.join(',')
}

/**
 * The format of an answer.
 * @param contentType  the header as sent, `''` if there is none
 * @param fallback     the job's `fallback_scrape_protocol`
 * @throws ExpositionError with Prometheus' text when the target says nothing usable and there is no fallback
 */
export function formatOf(contentType: string, fallback: ScrapeProtocol | undefined): ExpositionFormat {
  const mediaType = parseMediaType(contentType)
  switch (mediaType) {
    case 'text/plain': return 'text'
    case 'application/openmetrics-text': return 'openmetrics'
    case 'application/vnd.google.protobuf': return 'protobuf'
  }
  if (fallback !== undefined) return PROTOCOLS[fallback].format
  if (contentType === '') throw new ExpositionError('non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target')
  if (mediaType === undefined) {
    throw new ExpositionError(`cannot parse Content-Type ${JSON.stringify(contentType)} and no fallback_scrape_protocol for target\n${mediaTypeProblem(contentType)}`)
  }
  throw new ExpositionError(`received unsupported Content-Type ${JSON.stringify(contentType)} and no fallback_scrape_protocol specified for target`)
}

const TOKEN_CHARS = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** `type/subtype` in lower case; undefined if the header is malformed. @see Go `mime.ParseMediaType` */
function parseMediaType(contentType: string): string | undefined {
  const semicolon = contentType.indexOf(';')
  const base = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  if (base === '') return undefined
  const parts = base.split('/')
  if (parts.length > 2 || !parts.every(part => TOKEN_CHARS.test(part))) return undefined
  let rest = semicolon < 0 ? '' : contentType.slice(semicolon)
  const seen = new Set<string>()
  while (rest.trim() !== '') {
    const m = /^\s*;\s*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z]+)))?\s*/.exec(rest)
    if (m === null || m[0] === '') return undefined
    if (m[1] === undefined) {
      // A semicolon alone is fine at the end only.
      return m[0].length === rest.length ? base : undefined
    }
    const key = m[1].toLowerCase()
    if (seen.has(key)) return undefined
    seen.add(key)
    rest = rest.slice(m[0].length)
  }
  return base
}

function mediaTypeProblem(contentType: string): string {
  const base = contentType.split(';')[0]!.trim()
  if (base === '') return 'mime: no media type'
  if (base.split('/').length === 2 && base.split('/').every(part => TOKEN_CHARS.test(part))) return 'mime: invalid media parameter'
  return base.startsWith('/') ? 'mime: no media type' : base.includes('/') ? 'mime: unexpected content after media subtype' : 'mime: expected slash after first token'
}
