import type { LocalText } from './api-types.ts'

/** Kinds of failures of the Prometheus API, as it names them, with their status. @see web/api/v1 `api.go` */
export const PROMETHEUS_STATUS = {
  bad_data: 400,
  not_found: 404,
  not_acceptable: 406,
  execution: 422,
  canceled: 499,
  internal: 500,
  unavailable: 500,
  timeout: 503,
} as const
export type PrometheusErrorType = keyof typeof PROMETHEUS_STATUS

/** A request of the Prometheus API that can't be answered; the message is Prometheus' own. */
export class PrometheusError extends Error {
  readonly type: PrometheusErrorType
  readonly status: number

  constructor(type: PrometheusErrorType, message: string, status: number = PROMETHEUS_STATUS[type]) {
    // What is no UTF-8 in a parameter is kept as halves of pairs.
    super(message.replace(/\p{Surrogate}/gu, '\ufffd'))
    this.name = 'PrometheusError'
    this.type = type
    this.status = status
  }
}

/** The failure of one parameter, worded as Prometheus words it. */
export function invalidParameter(name: string, reason: string): PrometheusError {
  return new PrometheusError('bad_data', `invalid parameter "${name}": ${reason}`)
}

/** Every error code of our own API, with its HTTP status and the next step. Documented one by one in docs/errors.md. */
export const API_ERRORS: Readonly<Record<ApiErrorCode, { readonly status: number; readonly next: LocalText }>> = {
  bad_body: { status: 400, next: { en: 'Send a JSON object with the members that the message names.', ko: '메시지에 적힌 항목을 담은 JSON 객체를 보내 주세요.' } },
  bad_parameter: { status: 400, next: { en: 'Correct the parameter that the message names.', ko: '메시지에 적힌 매개변수를 고쳐 주세요.' } },
  bad_expression: { status: 400, next: { en: 'Correct the expression at the place that the message names.', ko: '메시지에 적힌 위치의 식을 고쳐 주세요.' } },
  login_failed: { status: 401, next: { en: 'Check the name and the password. Names and password hashes are in web.config.yml.', ko: '이름과 비밀번호를 확인해 주세요. 이름과 비밀번호 해시는 web.config.yml에 있습니다.' } },
  unauthorized: { status: 401, next: { en: 'Sign in, or send a name and password with the request.', ko: '로그인하시거나 요청에 이름과 비밀번호를 함께 보내 주세요.' } },
  origin_refused: { status: 403, next: { en: 'Open Haechi itself and try again there. If another page must call it, set --web.external-url to the address people use.', ko: 'Haechi 화면에서 다시 시도해 주세요. 다른 주소로 접속하신다면 --web.external-url에 그 주소를 적어 주세요.' } },
  host_refused: { status: 403, next: { en: 'Open Haechi as http://localhost with its port, or set --web.external-url to the address people use.', ko: 'http://localhost와 포트로 접속하시거나, 실제로 쓰는 주소를 --web.external-url에 적어 주세요.' } },
  read_only: { status: 403, next: { en: 'Change the file that it comes from; it is read again by itself.', ko: '원본 파일을 고쳐 주세요. 바뀐 파일은 자동으로 다시 읽습니다.' } },
  not_permitted: { status: 403, next: { en: 'Use a token of a service account whose role allows it, or sign in.', ko: '권한이 있는 서비스 계정의 토큰을 쓰시거나 로그인해 주세요.' } },
  not_found: { status: 404, next: { en: 'Look at the list again: it may have been removed.', ko: '목록을 다시 확인해 주세요. 이미 지워졌을 수 있습니다.' } },
  method_not_allowed: { status: 405, next: { en: 'Use one of the methods that the Allow header names.', ko: 'Allow 헤더에 적힌 메서드를 써 주세요.' } },
  conflict: { status: 409, next: { en: 'Load it again, then repeat your change.', ko: '다시 불러온 뒤 변경을 반복해 주세요.' } },
  body_too_large: { status: 413, next: { en: 'Send less at once.', ko: '한 번에 보내는 양을 줄여 주세요.' } },
  wrong_content_type: { status: 415, next: { en: 'Send the header Content-Type: application/json.', ko: 'Content-Type: application/json 헤더를 보내 주세요.' } },
  too_many_attempts: { status: 429, next: { en: 'Wait as many seconds as the Retry-After header says.', ko: 'Retry-After 헤더에 적힌 초만큼 기다려 주세요.' } },
  internal: { status: 500, next: { en: 'The log of Haechi says more. Please report it if it happens again.', ko: 'Haechi 로그에 자세한 내용이 있습니다. 반복되면 알려 주세요.' } },
  not_kept: { status: 507, next: { en: 'Nothing of it was kept. Free space on the disk of the data directory, or make it writable, and do it again.', ko: '저장되지 않았습니다. 데이터 폴더가 있는 디스크의 공간을 비우거나 쓸 수 있게 한 뒤 다시 해 주세요.' } },
  unavailable: { status: 503, next: { en: 'Try again in a few seconds.', ko: '몇 초 뒤에 다시 시도해 주세요.' } },
}
export type ApiErrorCode =
  | 'bad_body' | 'bad_parameter' | 'bad_expression' | 'login_failed' | 'unauthorized' | 'origin_refused' | 'host_refused' | 'read_only' | 'not_permitted' | 'not_found' | 'method_not_allowed' | 'conflict'
  | 'body_too_large' | 'wrong_content_type' | 'too_many_attempts' | 'internal' | 'not_kept' | 'unavailable'

/** A request of our own API that can't be answered. The message is for people and must hold no secret. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number

  constructor(code: ApiErrorCode, message: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = API_ERRORS[code].status
  }
}
