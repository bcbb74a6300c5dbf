import type { DeliveryView } from '@haechi/server'
import { csvCell } from '../../format/csv.ts'

const COLUMNS: readonly (readonly [name: string, cell: (d: DeliveryView) => string | number | undefined])[] = [
  ['time', d => new Date(d.tMs).toISOString()], ['channel', d => d.contactPoint], ['state', d => d.status], ['title', d => d.title], ['rules', d => d.alertNames?.join(' ')], ['alerts', d => d.alerts], ['attempt', d => d.attempt],
  ['result', d => (d.ok ? 'sent' : d.uncertain === true ? 'not known' : 'failed')], ['http_status', d => d.httpStatus], ['duration_seconds', d => d.durationMs / 1000], ['error', d => d.error], ['answer', d => d.answer],
  ['next_attempt', d => (d.nextAttemptMs === undefined ? undefined : new Date(d.nextAttemptMs).toISOString())], ['may_repeat', d => d.mayRepeat],
]

/** Attempts as CSV (RFC 4180), in their order; times in ISO 8601. */
export function deliveriesCsv(deliveries: readonly DeliveryView[]): string {
  const lines = [COLUMNS.map(([name]) => name).join(','), ...deliveries.map(d => COLUMNS.map(([, cell]) => csvCell(String(cell(d) ?? ''))).join(','))]
  return `${lines.join('\r\n')}\r\n`
}
