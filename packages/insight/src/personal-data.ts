import { METRIC_NAME, labelValue } from '@haechi/model'
import { quotePromql } from '@haechi/dashboards'
import type { QueryEngine } from '@haechi/storage'
import { text } from './diagnosis.ts'
import type { Diagnosis, LocalText } from './diagnosis.ts'

/** The code of {@link findPersonalData}. */
export const PERSONAL_DATA_CODE = 'label-personal-data'

/** How far back label values are looked at. */
const LOOKBACK_MS = 10 * 60_000
/** Most labels, and most values of one, that are looked at. */
const MOST_LABELS = 200
const MOST_VALUES = 2_000
/** Labels whose values come from the monitoring itself. */
const NOT_LOOKED_AT: ReadonlySet<string> = new Set([METRIC_NAME, 'le', 'quantile', 'job', 'instance', 'alertname'])

interface Kind {
  readonly id: 'email' | 'phone' | 'resident-number' | 'card' | 'token'
  readonly called: LocalText
  /** The piece of a value that is such data; undefined: there is none. */
  readonly in: (value: string) => string | undefined
}

const KINDS: readonly Kind[] = [
  { id: 'email', called: text('an e-mail address', '이메일 주소'), in: v => found(v, /(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}(?![\w:-])/, m => !m.startsWith('git@')) },
  { id: 'resident-number', called: text('a resident registration number', '주민등록번호'), in: v => found(v, /(?<!\d)\d{6}-?[1-8]\d{6}(?!\d)/, isResidentNumber) },
  { id: 'phone', called: text('a mobile phone number', '휴대전화 번호'), in: v => found(v, /(?<![\d.-])(?:\+82[- ]?10|010)[- ]?\d{4}[- ]?\d{4}(?![\d.-])/) },
  { id: 'card', called: text('a card number', '카드 번호'), in: v => found(v, /(?<![\d.-])(?:\d{4}[- ]){3}\d{4}(?![\d.-])|(?<![\d.-])[3-6]\d{15}(?![\d.-])/, isCardNumber) },
  { id: 'token', called: text('an access token', '접근 토큰'), in: v => found(v, /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/) },
]

function found(value: string, pattern: RegExp, isReal: (piece: string) => boolean = () => true): string | undefined {
  const piece = pattern.exec(value)?.[0]
  return piece !== undefined && isReal(piece) ? piece : undefined
}

/** Month, day and the check digit, which numbers given since October 2020 need not have. */
function isResidentNumber(piece: string): boolean {
  const digits = [...piece.replace('-', '')].map(Number)
  const [month, day] = [digits[2]! * 10 + digits[3]!, digits[4]! * 10 + digits[5]!]
  if (month < 1 || month > 12 || day < 1 || day > 31) return false
  const sum = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5].reduce((n, weight, i) => n + weight * digits[i]!, 0)
  return (11 - (sum % 11)) % 10 === digits[12]
}

/** Luhn's check digit. */
function isCardNumber(piece: string): boolean {
  const digits = [...piece.replace(/\D/g, '')].reverse().map(Number)
  const sum = digits.reduce((n, d, i) => n + (i % 2 === 0 ? d : d * 2 > 9 ? d * 2 - 9 : d * 2), 0)
  return sum % 10 === 0 && new Set(digits).size > 1
}

/** What kind of personal data a label's value holds; undefined: none that is recognised. */
export function personalDataIn(value: string): { readonly id: Kind['id']; readonly called: LocalText } | undefined {
  // Shorter than any of them.
  if (value.length < 6) return undefined
  return KINDS.find(k => k.in(value) !== undefined)
}

/**
 * Looks for personal data among the label values of the last minutes: one question for each label, answered from the index. Values themselves are told nowhere.
 * @throws QueryError when the engine can't answer
 */
export async function findPersonalData(engine: QueryEngine, nowMs: number): Promise<Diagnosis[]> {
  const range = { startMs: nowMs - LOOKBACK_MS, endMs: nowMs, priority: 'range' as const }
  const { value: names } = await engine.labelNames({ matchers: [], ...range })
  const out: Diagnosis[] = []
  for (const label of names.filter(n => !NOT_LOOKED_AT.has(n)).slice(0, MOST_LABELS)) {
    const { value: values } = await engine.labelValues(label, { matchers: [], ...range, limit: MOST_VALUES })
    const hits = values.filter(v => personalDataIn(v) !== undefined)
    const first = hits[0]
    if (first === undefined) continue
    const kind = personalDataIn(first)!
    const { value: series } = await engine.series({ matchers: [`{${label}=${quotePromql(first)}}`], ...range, limit: 1 })
    const metric = labelValue(series[0] ?? [], METRIC_NAME)
    const job = labelValue(series[0] ?? [], 'job')
    out.push({
      code: PERSONAL_DATA_CODE, health: 'warning', subject: metric === '' ? label : `${metric}{${label}}`, place: { kind: 'label', metric, label },
      what: text(`The label ${label}${metric === '' ? '' : ` of ${metric}`} holds personal data: ${kind.called.en}.`, `${metric === '' ? '' : `${metric}의 `}${label} 라벨에 개인정보(${kind.called.ko})가 들어 있습니다.`),
      cause: text(`${hits.length} of ${values.length}${values.length >= MOST_VALUES ? ' or more' : ''} values look like it${job === '' ? '' : `; they come from the job ${job}`}. What is stored is shown on boards and sent with alerts.`, `값 ${values.length}개${values.length >= MOST_VALUES ? ' 이상' : ''} 중 ${hits.length}개가 해당합니다${job === '' ? '' : ` (job ${job})`}. 저장된 값은 대시보드에 표시되고 알림에도 실려 나갑니다.`),
      next: text(`Leave the label out in the service, or drop it: metric_relabel_configs: [{ action: labeldrop, regex: ${label} }] in its job.`, `서비스에서 이 라벨을 빼거나, 해당 job에 metric_relabel_configs: [{ action: labeldrop, regex: ${label} }]을(를) 넣어 저장하지 않게 해 주세요.`),
    })
  }
  return out
}
