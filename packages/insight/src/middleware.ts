import { DJANGO_MIDDLEWARE } from '@haechi/dashboards'
import { labelValue } from '@haechi/model'
import type { QueryEngine } from '@haechi/storage'
import { text } from './diagnosis.ts'
import type { Diagnosis, LocalText } from './diagnosis.ts'

interface Fault {
  readonly code: string
  /** One series for each target that has it, with `job` and `instance`. */
  readonly expr: string
  readonly what: LocalText
  readonly cause: LocalText
  readonly next: LocalText
}

const { before, after, secondsAround, secondsInside } = DJANGO_MIDDLEWARE
const BY = 'by (job, instance)'
/** Held at this time and a minute before it: a request that is just being counted is in one of the sums only. */
const swapped = (offset: string): string => `sum ${BY} (${secondsAround}${offset}) < sum ${BY} (${secondsInside}${offset})`

const BOTH = text(
  "MIDDLEWARE = ['django_prometheus.middleware.PrometheusBeforeMiddleware', …, 'django_prometheus.middleware.PrometheusAfterMiddleware']: the first at the top, the other at the end.",
  "settings.py의 MIDDLEWARE 맨 앞에 'django_prometheus.middleware.PrometheusBeforeMiddleware', 맨 뒤에 'django_prometheus.middleware.PrometheusAfterMiddleware'를 넣어 주세요.",
)

const FAULTS: readonly Fault[] = [
  {
    code: 'middleware-missing', expr: `sum ${BY} (${before}) == 0 and sum ${BY} (${after}) > 0`, next: BOTH,
    what: text('PrometheusBeforeMiddleware is not installed: requests that a middleware answers are not counted.', 'PrometheusBeforeMiddleware가 빠져 있어, 미들웨어에서 끝난 요청이 집계되지 않습니다.'),
    cause: text(`${before} stays 0 while ${after} counts.`, `${after}는 늘어나는데 ${before}는 0에 머물러 있습니다.`),
  },
  {
    code: 'middleware-missing', expr: `sum ${BY} (${before}) > 0 unless sum ${BY} (${after})`, next: BOTH,
    what: text('PrometheusAfterMiddleware is not installed: requests are not told apart by view, method and status.', 'PrometheusAfterMiddleware가 빠져 있어, 요청이 뷰·메서드·상태 코드별로 집계되지 않습니다.'),
    cause: text(`${before} counts, and ${after} is not there.`, `${before}는 늘어나는데 ${after}는 없습니다.`),
  },
  {
    code: 'middleware-misplaced', expr: `${swapped('')} and ${swapped(' offset 1m')}`, next: BOTH,
    what: text('The two middlewares of django-prometheus are the wrong way round: the durations are not those of the views.', 'django-prometheus 미들웨어 두 개의 순서가 바뀌어 있어, 뷰의 응답 시간이 아닌 다른 시간이 기록됩니다.'),
    cause: text(`${secondsAround} is less than the sum of ${secondsInside}, which it should contain.`, `${secondsAround} 값은 ${secondsInside}의 합을 포함해야 하는데 그보다 작습니다.`),
  },
]

/** Every code that {@link findMiddlewareFaults} can give. */
export const MIDDLEWARE_CODES: readonly string[] = [...new Set(FAULTS.map(f => f.code))]

/** Tells from the metrics of django-prometheus which of its middlewares is missing or misplaced. Three small questions. @throws QueryError when the engine can't answer */
export async function findMiddlewareFaults(engine: QueryEngine, nowMs: number): Promise<Diagnosis[]> {
  const answers = await Promise.all(FAULTS.map(f => engine.instant({ expr: f.expr, tMs: nowMs, priority: 'instant' })))
  return answers.flatMap(({ value }, i) => {
    const { code, what, cause, next } = FAULTS[i]!
    return value.type !== 'vector' ? [] : value.samples.map(({ labels }): Diagnosis => {
      const [job, instance] = [labelValue(labels, 'job'), labelValue(labels, 'instance')]
      return { code, health: 'warning', what: text(`${job}: ${what.en}`, `${job}: ${what.ko}`), cause, next, subject: instance, place: { kind: 'target', job, instance } }
    })
  })
}
