import { hostQueries } from '@haechi/dashboards'
import { text } from '@haechi/insight'
import type { Diagnosis } from '@haechi/insight'
import { labelValue } from '@haechi/model'
import type { QueryEngine } from '@haechi/storage'

/** A forecast looks back over a day: a minute changes nothing in it. */
const KEPT_MS = 60_000
/** A disk that is full later is on the capacity board, not on the first page. */
const SOON_S = 14 * 86_400

/** Says which disks will be full soon, at the pace of the last 24 hours. One question a minute at most, and none where nobody asks. */
export class DiskForecast {
  readonly #engine: Pick<QueryEngine, 'instant'>
  readonly #nowMs: () => number
  #kept: { readonly tMs: number; readonly found: Promise<readonly Diagnosis[]> } | undefined

  /** @param nowMs  Unix ms */
  constructor(engine: Pick<QueryEngine, 'instant'>, nowMs: () => number) {
    this.#engine = engine
    this.#nowMs = nowMs
  }

  /** What is to be said, soonest first; nothing while the engine can't answer. */
  diagnoses(): Promise<readonly Diagnosis[]> {
    const nowMs = this.#nowMs()
    if (this.#kept === undefined || nowMs - this.#kept.tMs >= KEPT_MS) this.#kept = { tMs: nowMs, found: this.#ask(nowMs).catch(() => []) }
    return this.#kept.found
  }

  async #ask(nowMs: number): Promise<readonly Diagnosis[]> {
    const q = hostQueries()
    // A disk that is more than half empty has time, whatever the last day was like.
    const { value } = await this.#engine.instant({ expr: `sort((${q.diskFullIn}) < ${SOON_S} and ${q.diskUsed} > 0.5)`, tMs: nowMs, priority: 'instant' })
    if (value.type !== 'vector') return []
    return value.samples.flatMap((s): Diagnosis[] => {
      if (s.histogram !== undefined) return []
      const [instance, mount] = [labelValue(s.labels, 'instance'), labelValue(s.labels, 'mountpoint')]
      const hours = Math.max(1, Math.floor(s.value / 3600))
      const [en, ko] = hours < 48 ? [`${hours} ${hours === 1 ? 'hour' : 'hours'}`, `${hours}시간`] : [`${Math.floor(hours / 24)} days`, `${Math.floor(hours / 24)}일`]
      return [{
        code: 'disk-filling', health: s.value < 3 * 86_400 ? 'critical' : 'warning', subject: `${instance} ${mount}`,
        what: text(`The disk ${mount} of ${instance} will be full in about ${en}, at the pace of the last 24 hours.`, `최근 24시간처럼 계속되면 ${instance}의 ${mount} 디스크가 약 ${ko} 뒤에 가득 찹니다.`),
        next: text('Look what grows and make room. If it is this server\'s data, shorten --storage.tsdb.retention.time.', '무엇이 늘고 있는지 확인하고 공간을 마련해 주세요. 이 서버의 데이터라면 --storage.tsdb.retention.time을 줄이면 됩니다.'),
      }]
    })
  }
}
