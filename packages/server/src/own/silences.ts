import { SilenceError } from '@haechi/alerting'
import type { PostableSilence, SilenceView as KeptSilence } from '@haechi/alerting'
import { z } from 'zod'
import type { AlertFactsView, NewSilence, SilenceView } from '../api-types.ts'
import type { AlertmanagerSource } from '../deps.ts'
import { ApiError } from '../errors.ts'

/** The last millisecond that has four digits for its year. */
const LAST_MS = 253_402_300_799_999

/** How the comment of an acknowledgement begins, so that amtool and other pages show it and it survives them. */
const ACKNOWLEDGED = 'ACK!'

/** The body of `POST /silences`. */
export const SILENCE: z.ZodType<NewSilence> = z.strictObject({
  id: z.uuid().optional(),
  matchers: z.array(z.strictObject({ name: z.string().min(1).max(1000), value: z.string().max(10_000), isRegex: z.boolean(), isEqual: z.boolean() })).min(1).max(100),
  startsAtMs: z.number().int().min(0).max(LAST_MS).optional(),
  endsAtMs: z.number().int().min(0).max(LAST_MS),
  createdBy: z.string().max(200),
  comment: z.string().max(10_000),
  acknowledgement: z.literal(true).optional(),
}) as z.ZodType<NewSilence>

type Pipeline = AlertmanagerSource['pipeline']

/** In the order of Alertmanager: active, pending, expired. */
export function silenceList(pipeline: Pipeline): SilenceView[] {
  return pipeline.silences().map(silenceView)
}

/** Value, limit and rule of each alert. */
export function alertFacts(pipeline: Pick<Pipeline, 'alerts'>): AlertFactsView[] {
  return pipeline.alerts().map(({ fingerprint, value, threshold, ruleUid }) => ({
    fingerprint, ...(value === undefined ? {} : { value: Number.isFinite(value) ? value : null }), ...(threshold === undefined ? {} : { threshold }), ...(ruleUid === undefined ? {} : { ruleUid }),
  }))
}

/** Makes or changes a silence. @throws ApiError */
export async function putSilence(pipeline: Pipeline, given: NewSilence, nowMs: number): Promise<SilenceView> {
  const startsAtMs = given.startsAtMs ?? nowMs
  if (given.endsAtMs <= startsAtMs) throw new ApiError('bad_body', 'endsAtMs: the end must be after the start')
  if (given.endsAtMs < nowMs) throw new ApiError('bad_body', 'endsAtMs: the end must not be in the past')
  const silence: PostableSilence = { matchers: given.matchers, startsAtMs, endsAtMs: given.endsAtMs, createdBy: given.createdBy, comment: given.acknowledgement === true ? `${ACKNOWLEDGED} ${given.comment}`.trim() : given.comment, ...(given.id === undefined ? {} : { id: given.id }) }
  try {
    return silenceView(pipeline.silence(await pipeline.setSilence(silence))!)
  } catch (err) {
    if (err instanceof SilenceError) throw new ApiError(err.code === 'not_found' ? 'not_found' : 'bad_body', err.message)
    throw err
  }
}

/** Whether a silence is an acknowledgement, wherever it was made. */
export function isAcknowledgement(s: Pick<KeptSilence, 'comment'>): boolean {
  return s.comment.startsWith(ACKNOWLEDGED)
}

/** A silence as our own API shows it. */
export function silenceView(s: KeptSilence): SilenceView {
  const acknowledged = isAcknowledgement(s)
  return {
    id: s.id, state: s.state, matchers: s.matchers, startsAtMs: s.startsAtMs, endsAtMs: s.endsAtMs, updatedAtMs: s.updatedAtMs, createdBy: s.createdBy,
    comment: acknowledged ? s.comment.slice(ACKNOWLEDGED.length).trim() : s.comment, ...(acknowledged ? { acknowledgement: true } : {}),
  }
}
