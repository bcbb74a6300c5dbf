/** A text in both languages. */
export interface BothLanguages {
  readonly en: string
  readonly ko: string
}

/** Kinds of reasons why another server gave no answer of Prometheus' API. */
export type UpstreamFaultCode =
  | 'upstream_forbidden_address' | 'upstream_no_such_host' | 'upstream_refused' | 'upstream_cut' | 'upstream_tls' | 'upstream_timeout' | 'upstream_too_large' | 'upstream_unauthorized' | 'upstream_forbidden'
  | 'upstream_tenant' | 'upstream_not_found' | 'upstream_redirect' | 'upstream_web_page' | 'upstream_not_prometheus' | 'upstream_failed' | 'upstream_busy'

/** Why another server did not answer as Prometheus does: what happened and what to do, for people; never with its secrets. The message is the English `what`. */
export class UpstreamError extends Error {
  readonly code: UpstreamFaultCode
  /** Of the answer that passes this on: 400 where the credentials are wrong, as Grafana's proxy answers, 504 for a timeout, else 502. */
  readonly status: number
  readonly what: BothLanguages
  readonly next: BothLanguages

  constructor(code: UpstreamFaultCode, what: BothLanguages, next: BothLanguages, cause?: unknown) {
    super(what.en, cause === undefined ? {} : { cause })
    this.name = 'UpstreamError'
    this.code = code
    this.status = code === 'upstream_timeout' ? 504 : code === 'upstream_unauthorized' ? 400 : 502
    this.what = what
    this.next = next
  }
}

/** Who is meant, as people know it: its name and its address without a password. */
export interface UpstreamPlace {
  readonly name: string
  readonly url: string
}

/** Makes the error of a kind. @param detail a status, a host, a number of seconds: what the kind speaks of */
export function upstreamError(code: UpstreamFaultCode, place: UpstreamPlace, detail = '', cause?: unknown): UpstreamError {
  const who = `${place.name} (${place.url})`
  const both = (en: string, ko: string): BothLanguages => ({ en, ko })
  const made = (what: BothLanguages, next: BothLanguages): UpstreamError => new UpstreamError(code, what, next, cause)
  switch (code) {
    case 'upstream_forbidden_address':
      return made(both(`${who} cannot be reached: ${detail} is an address that no data source may have`, `${who}에 연결할 수 없습니다. ${detail}은(는) 데이터 소스로 쓸 수 없는 주소입니다`),
        both('Link-local addresses are where clouds answer with credentials, so they are never asked. Use the address of the server itself, for this machine 127.0.0.1.', '링크 로컬 주소에는 클라우드 자격 증명이 있어 묻지 않습니다. 서버의 실제 주소를 써 주세요. 이 컴퓨터라면 127.0.0.1입니다.'))
    case 'upstream_no_such_host':
      return made(both(`${who} cannot be reached: there is no host ${detail}`, `${who}에 연결할 수 없습니다. ${detail}이라는 호스트가 없습니다`),
        both('Check the spelling. Names of Docker Compose services, e.g. prometheus, exist only inside its network: from outside write localhost and the published port. If Haechi has taken this server\'s place, remove the data source.', '주소를 확인해 주세요. prometheus 같은 Docker Compose 서비스 이름은 그 네트워크 안에서만 쓸 수 있습니다. 밖에서는 localhost와 공개한 포트를 적어 주세요. Haechi가 그 서버를 대신한다면 데이터 소스를 지우시면 됩니다.'))
    case 'upstream_refused':
      return made(both(`${who} cannot be reached: nothing answers there (${detail})`, `${who}에 연결할 수 없습니다. 응답하는 서버가 없습니다(${detail})`),
        both('Start that server, or correct host and port in the data source\'s URL.', '그 서버를 시작하시거나 데이터 소스 URL의 호스트와 포트를 고쳐 주세요.'))
    case 'upstream_cut':
      return made(both(`${who} ended the connection before its answer was complete (${detail})`, `${who}이(가) 응답을 마치기 전에 연결을 끊었습니다(${detail})`),
        both('Ask again. If it stays so, look into that server\'s log, and whether the URL should begin with https.', '다시 시도해 주세요. 계속되면 그 서버의 로그와, URL이 https로 시작해야 하는지 확인해 주세요.'))
    case 'upstream_tls':
      return made(both(`${who} can't prove who it is (${detail})`, `${who}의 인증서를 믿을 수 없습니다(${detail})`),
        both('Give the data source the certificate authority (tlsAuthWithCACert and tlsCACert). Only for a test, switch the check off (tlsSkipVerify). If the server has no TLS, write http.', '데이터 소스에 인증 기관 인증서를 넣어 주세요(tlsAuthWithCACert, tlsCACert). 시험할 때만 검사를 끄세요(tlsSkipVerify). TLS가 없는 서버라면 http로 적어 주세요.'))
    case 'upstream_timeout':
      return made(both(`${who} did not answer within ${detail} s`, `${who}이(가) ${detail}초 안에 답하지 않았습니다`),
        both('Ask for a shorter time or fewer series, or raise the data source\'s timeout.', '시간 범위나 시계열 수를 줄이시거나 데이터 소스의 제한 시간을 늘려 주세요.'))
    case 'upstream_too_large':
      return made(both(`${who} answered with more than ${detail} MiB`, `${who}의 응답이 ${detail} MiB를 넘습니다`),
        both('Ask for a shorter time, a larger step, or fewer series, e.g. with sum by (…) or topk.', '시간 범위를 줄이거나 간격을 늘리거나, sum by (…)나 topk로 시계열 수를 줄여 주세요.'))
    case 'upstream_unauthorized':
      return made(both(`${who} wants a password or token, or refuses the one it got (401)`, `${who}이(가) 비밀번호나 토큰을 요구하거나, 보낸 것을 거절했습니다(401)`),
        both('Set user and password, or a header such as Authorization: Bearer …, in the data source.', '데이터 소스에 사용자와 비밀번호, 또는 Authorization: Bearer … 같은 헤더를 넣어 주세요.'))
    case 'upstream_forbidden':
      return made(both(`${who} knows the sender but does not permit the question (403)`, `${who}이(가) 이 요청을 허용하지 않습니다(403)`),
        both('Give the user or token of the data source the right to read there.', '데이터 소스에 적은 사용자나 토큰에 읽기 권한을 주세요.'))
    case 'upstream_tenant':
      return made(both(`${who} wants to know which tenant is meant (${detail})`, `${who}이(가) 테넌트를 지정하라고 답했습니다(${detail})`),
        both('Set the tenant in the data source: the header X-Scope-OrgID, e.g. with the value anonymous or your tenant\'s name.', '데이터 소스에 테넌트를 넣어 주세요. X-Scope-OrgID 헤더이며, 값은 anonymous나 테넌트 이름입니다.'))
    case 'upstream_not_found':
      return made(both(`${who} answers, but has no Prometheus API at this address (404)`, `${who}은(는) 응답하지만 이 주소에 Prometheus API가 없습니다(404)`),
        both('Write the path at the end of the URL: /prometheus for Mimir, /select/0/prometheus for a VictoriaMetrics cluster, or the prefix of the proxy in front.', 'URL 끝에 경로를 적어 주세요. Mimir는 /prometheus, VictoriaMetrics 클러스터는 /select/0/prometheus, 앞에 프록시가 있으면 그 경로입니다.'))
    case 'upstream_redirect':
      return made(both(`${who} sends elsewhere instead of answering (${detail})`, `${who}이(가) 답하지 않고 다른 주소로 보냅니다(${detail})`),
        both('Redirects are not followed. Write the final address as the URL, or, if it is a sign-in page, add the credentials.', '다른 주소로 보내는 응답은 따라가지 않습니다. 최종 주소를 URL로 적어 주세요. 로그인 페이지라면 자격 증명을 넣어 주세요.'))
    case 'upstream_web_page':
      return made(both(`${who} answered with a web page (${detail}), not as Prometheus`, `${who}이(가) Prometheus 응답이 아니라 웹 페이지로 답했습니다(${detail})`),
        both('The URL leads to a page for people, e.g. of Grafana or a sign-in. Write the address below which /api/v1/query answers.', 'URL이 Grafana나 로그인 화면 같은 웹 페이지를 가리킵니다. /api/v1/query가 답하는 주소를 적어 주세요.'))
    case 'upstream_not_prometheus':
      return made(both(`${who} answered ${detail} with something that is no answer of Prometheus`, `${who}이(가) Prometheus 형식이 아닌 내용으로 답했습니다(${detail})`),
        both('Write the address of a server with Prometheus\' HTTP API: Prometheus, VictoriaMetrics, Mimir, Thanos or Cortex.', 'Prometheus HTTP API가 있는 서버(Prometheus, VictoriaMetrics, Mimir, Thanos, Cortex)의 주소를 적어 주세요.'))
    case 'upstream_busy':
      return made(both(`${who} is asked ${detail} questions at once already`, `${who}에 이미 ${detail}개의 질의가 진행 중입니다`),
        both('Wait for the answers, or show fewer panels at once.', '응답을 기다리시거나 한 번에 보는 패널을 줄여 주세요.'))
    case 'upstream_failed':
      return made(both(`${who} failed (${detail})`, `${who}이(가) 실패했습니다(${detail})`),
        both('Look into that server\'s log, and into that of the proxy in front of it.', '그 서버와 앞단 프록시의 로그를 확인해 주세요.'))
  }
}
