import { labelValue } from '@haechi/model'
import type { ActiveTarget } from '@haechi/scrape'
import { text } from './diagnosis.ts'
import type { Diagnosis, LocalText } from './diagnosis.ts'

/** What a cause of failure looks like and how it is told. The first that fits wins, so the more specific stand first. */
interface Cause {
  readonly code: string
  readonly fits: (t: Evidence) => boolean
  readonly tell: (t: Evidence) => { readonly what: LocalText; readonly cause?: LocalText; readonly next: LocalText }
}

/** A failed target as its causes see it. */
interface Evidence {
  readonly error: string
  readonly body: string
  readonly contentType: string
  readonly url: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly status: number
  readonly timeoutMs: number
}

const CAUSES: readonly Cause[] = [
  {
    code: 'target-docker-host',
    fits: e => e.hostname === 'host.docker.internal' && /no such host|server misbehaving|ENOTFOUND|EAI_AGAIN/.test(e.error),
    tell: e => ({
      what: text(`${e.hostname} is not known on this machine.`, `이 컴퓨터에서는 '${e.hostname}'이라는 이름을 찾을 수 없습니다.`),
      cause: text('That name exists inside Docker Desktop only; Haechi runs outside of it.', '이 이름은 Docker Desktop 안에서만 쓸 수 있는데, Haechi는 그 밖에서 실행되고 있습니다.'),
      next: text(`Write localhost:${e.port} in its place.`, `대신 localhost:${e.port}로 적어 주세요.`),
    }),
  },
  {
    code: 'target-unknown-host',
    fits: e => /no such host|server misbehaving|ENOTFOUND|EAI_AGAIN/.test(e.error),
    tell: e => ({
      what: text(`The name ${e.hostname} can't be resolved.`, `'${e.hostname}'이라는 이름의 주소를 찾을 수 없습니다.`),
      next: text('Check the spelling, or write the IP address.', '철자를 확인하거나 IP 주소로 적어 주세요.'),
    }),
  },
  {
    code: 'target-refused',
    fits: e => e.error.includes('connection refused'),
    tell: e => ({
      what: text(`Nothing answers on ${e.host}.`, `${e.host}에서 응답하는 프로그램이 없습니다.`),
      cause: text('The service is stopped, still starting, or listens on another port.', '서비스가 꺼져 있거나, 아직 시작하는 중이거나, 다른 포트를 쓰고 있습니다.'),
      next: text('Start the service, or correct the port in the target.', '서비스를 시작하거나 타깃의 포트를 고쳐 주세요.'),
    }),
  },
  {
    code: 'target-timeout',
    fits: e => /context deadline exceeded|i\/o timeout/.test(e.error),
    tell: e => ({
      what: text(`${e.host} took longer than ${e.timeoutMs / 1000} s to answer.`, `${e.host}의 응답이 ${e.timeoutMs / 1000}초 안에 끝나지 않았습니다.`),
      cause: text('The service hangs or is overloaded, or a firewall drops the connection.', '서비스가 멈췄거나 부하가 크거나, 방화벽이 연결을 막고 있습니다.'),
      next: text(`Open ${e.url} by hand and see how long it takes; a slow page may need a longer scrape_timeout.`, `${e.url} 주소를 직접 열어 얼마나 걸리는지 확인해 주세요. 원래 느린 페이지라면 scrape_timeout을 늘려야 합니다.`),
    }),
  },
  {
    code: 'target-certificate',
    fits: e => /x509|certificate|self.signed|unable to verify/i.test(e.error),
    tell: e => ({
      what: text(`The certificate of ${e.host} is not trusted.`, `${e.host}의 인증서를 신뢰할 수 없습니다.`),
      cause: text('It is self-signed, expired, or made for another name.', '직접 서명했거나, 만료됐거나, 다른 이름으로 발급된 인증서입니다.'),
      next: text('Give its CA in tls_config.ca_file, or the right name in tls_config.server_name.', 'tls_config.ca_file에 CA를 지정하거나 tls_config.server_name에 맞는 이름을 적어 주세요.'),
    }),
  },
  {
    code: 'target-not-tls',
    fits: e => /first record does not look like a TLS|wrong version number|server gave HTTP response to HTTPS client/.test(e.error),
    tell: e => ({
      what: text(`${e.host} speaks plain HTTP, not HTTPS.`, `${e.host} 주소는 HTTPS가 아니라 HTTP로 응답합니다.`),
      next: text('Set scheme: http for this job.', '이 job에 scheme: http를 지정해 주세요.'),
    }),
  },
  {
    code: 'target-needs-tls',
    fits: e => e.status === 400 && /HTTPS (port|server)|plain HTTP request was sent/i.test(e.body),
    tell: e => ({
      what: text(`${e.host} wants HTTPS.`, `${e.host} 주소는 HTTPS로만 응답합니다.`),
      next: text('Set scheme: https for this job.', '이 job에 scheme: https를 지정해 주세요.'),
    }),
  },
  {
    code: 'target-allowed-hosts',
    fits: e => e.status === 400,
    tell: e => ({
      what: text(`${e.host} refuses the request (400 Bad Request).`, `${e.host}에서 요청을 거부했습니다(400 Bad Request).`),
      cause: text(`If this is Django: ${e.hostname} is not in ALLOWED_HOSTS.`, `Django라면 ALLOWED_HOSTS에 ${e.hostname}이 없기 때문입니다.`),
      next: text(`Add '${e.hostname}' to ALLOWED_HOSTS in settings.py and restart the service.`, `settings.py의 ALLOWED_HOSTS에 '${e.hostname}' 항목을 추가하고 서비스를 다시 시작해 주세요.`),
    }),
  },
  {
    code: 'target-unauthorized',
    fits: e => e.status === 401 || e.status === 407,
    tell: e => ({
      what: text(`${e.url} asks for a password (${e.status}).`, `${e.url}에 인증이 필요합니다(${e.status}).`),
      next: text('Give basic_auth or authorization for this job, or let the monitoring in without one.', '이 job에 basic_auth나 authorization을 설정하거나, 모니터링 요청은 인증 없이 허용해 주세요.'),
    }),
  },
  {
    code: 'target-forbidden',
    fits: e => e.status === 403,
    tell: e => ({
      what: text(`${e.url} is closed to us (403).`, `${e.url}에 접근할 권한이 없습니다(403).`),
      cause: text('The service or a proxy allows only certain addresses.', '서비스나 프록시가 정해진 주소만 허용하고 있습니다.'),
      next: text('Add the address of this machine to the allow-list.', '허용 목록에 이 컴퓨터의 주소를 추가해 주세요.'),
    }),
  },
  {
    code: 'target-trailing-slash',
    fits: e => e.status === 404 && e.path.length > 1 && e.path.endsWith('/'),
    tell: e => ({
      what: text(`There is no page ${e.path} (404).`, `${e.path} 페이지가 없습니다(404).`),
      cause: text('The slash at the end makes it another page.', '끝에 붙은 슬래시 때문에 다른 페이지가 됩니다.'),
      next: text(`Set metrics_path: ${e.path.replace(/\/+$/, '')}`, `metrics_path: ${e.path.replace(/\/+$/, '')}로 고쳐 주세요.`),
    }),
  },
  {
    code: 'target-not-found',
    fits: e => e.status === 404,
    tell: e => ({
      what: text(`The service answers, but has no page ${e.path} (404).`, `서비스는 응답하지만 ${e.path} 페이지가 없습니다(404).`),
      cause: text(
        'FastAPI: .expose(app) is missing. Django: include(\'django_prometheus.urls\') is missing. Spring: the page is /actuator/prometheus.',
        'FastAPI라면 .expose(app)이, Django라면 include(\'django_prometheus.urls\')가 빠졌습니다. Spring이라면 경로가 /actuator/prometheus입니다.',
      ),
      next: text('Add the metrics page to the service, or set metrics_path.', '서비스에 메트릭 페이지를 추가하거나 metrics_path를 지정해 주세요.'),
    }),
  },
  {
    code: 'target-server-error',
    fits: e => e.status >= 500,
    tell: e => ({
      what: text(`The metrics page itself fails (${e.status}).`, `메트릭 페이지 자체에서 오류가 납니다(${e.status}).`),
      cause: text('An exception in the service, or a proxy in front of it that finds it down.', '서비스에서 예외가 났거나, 앞단의 프록시가 서비스를 찾지 못하고 있습니다.'),
      next: text(`Look for the error of ${e.path} in the service's log.`, `서비스 로그에서 ${e.path} 요청의 오류를 찾아보세요.`),
    }),
  },
  {
    code: 'target-http-status',
    fits: e => e.status > 0,
    tell: e => ({
      what: text(`${e.url} answers with HTTP status ${e.status}.`, `${e.url} 주소가 HTTP 상태 ${e.status}로 응답합니다.`),
      next: text('Open the address by hand and see what it answers.', '주소를 직접 열어 무엇을 응답하는지 확인해 주세요.'),
    }),
  },
  {
    code: 'target-body-limit',
    fits: e => /body size limit exceeded/.test(e.error),
    tell: e => ({
      what: text(`The metrics page of ${e.host} is larger than the limit.`, `${e.host}의 메트릭 페이지가 제한보다 큽니다.`),
      cause: text('A label with very many values, or an endless answer.', '값이 지나치게 많은 라벨이 있거나 응답이 끝나지 않습니다.'),
      next: text('Find the metric with most lines on the page; raise body_size_limit only if it is meant to be so large.', '페이지에서 줄이 가장 많은 메트릭을 찾아보세요. 원래 그만큼 크다면 body_size_limit을 늘려 주세요.'),
    }),
  },
  {
    code: 'target-sample-limit',
    fits: e => /sample limit exceeded|sample_limit|label_limit|label_name_length_limit|label_value_length_limit|label limit/.test(e.error),
    tell: e => ({
      what: text(`${e.host} has more series or labels than this job allows.`, `${e.host}의 시계열이나 라벨이 이 job의 제한을 넘었습니다.`),
      cause: text('Usually a label that holds ids, paths or e-mail addresses.', '보통 ID, 경로, 이메일 주소처럼 값이 계속 늘어나는 라벨 때문입니다.'),
      next: text('Remove that label in the service or with metric_relabel_configs, or raise the limit.', '서비스나 metric_relabel_configs에서 그 라벨을 없애거나 제한을 늘려 주세요.'),
    }),
  },
  {
    code: 'target-html',
    fits: e => /text\/html/.test(e.contentType) || /text\/html/.test(e.error) || /^\s*<(!doctype|html)/i.test(e.body),
    tell: e => ({
      what: text(`${e.url} is a web page, not metrics.`, `${e.url} 주소는 메트릭이 아니라 웹 페이지입니다.`),
      cause: text('A front end answers every path, or a login page stands in between.', '프런트엔드가 모든 경로에 응답하거나 로그인 페이지가 가로막고 있습니다.'),
      next: text('Point the target at the service itself, or set metrics_path.', '타깃이 서비스를 직접 가리키게 하거나 metrics_path를 지정해 주세요.'),
    }),
  },
  {
    code: 'target-json',
    fits: e => /application\/json/.test(e.contentType) || /application\/json/.test(e.error) || /^\s*(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}|$)|\[)/.test(e.body),
    tell: e => ({
      what: text(`${e.url} answers JSON, not metrics.`, `${e.url} 주소는 메트릭이 아니라 JSON을 응답합니다.`),
      cause: text('The path belongs to the API itself.', 'API가 이 경로를 쓰고 있습니다.'),
      next: text('Find the path of the metrics page and set metrics_path.', '메트릭 페이지의 경로를 찾아 metrics_path에 적어 주세요.'),
    }),
  },
  {
    code: 'target-content-type',
    fits: e => /unsupported Content-Type|no fallback_scrape_protocol|non-compliant scrape target/.test(e.error),
    tell: e => ({
      what: text(`${e.url} doesn't say that it is metrics (Content-Type ${e.contentType || 'missing'}).`, `${e.url}의 Content-Type(${e.contentType || '없음'})이 메트릭 형식이 아닙니다.`),
      next: text('Send Content-Type: text/plain; version=0.0.4, or set fallback_scrape_protocol: PrometheusText0.0.4.', 'Content-Type: text/plain; version=0.0.4로 응답하게 하거나 fallback_scrape_protocol: PrometheusText0.0.4를 설정해 주세요.'),
    }),
  },
  {
    code: 'target-closed',
    fits: e => /\bEOF\b|connection reset|ECONNRESET|socket hang up|other side closed|malformed HTTP/.test(e.error),
    tell: e => ({
      what: text(`${e.host} closed the connection before it had answered.`, `${e.host}에서 응답을 끝내기 전에 연결을 끊었습니다.`),
      cause: text('The service crashed or restarted, or the port speaks another protocol.', '서비스가 비정상 종료되었거나 다시 시작했거나, HTTP가 아닌 포트입니다.'),
      next: text('Look at the service\'s log, and check the port.', '서비스 로그와 포트를 확인해 주세요.'),
    }),
  },
  {
    code: 'target-unreachable',
    fits: e => /no route to host|network is unreachable|EHOSTUNREACH|ENETUNREACH/.test(e.error),
    tell: e => ({
      what: text(`There is no way to ${e.host}.`, `${e.host}까지 가는 네트워크 경로가 없습니다.`),
      next: text('Check the address, the network and the firewall.', '주소와 네트워크, 방화벽을 확인해 주세요.'),
    }),
  },
  {
    code: 'target-parse',
    fits: e => /while parsing|parse|invalid metric|expected .*got|unexpected|strconv|does not end with # EOF|unsupported character|invalid UTF-8|left over/i.test(e.error),
    tell: e => ({
      what: text(`A line of the metrics page can't be read.`, `메트릭 페이지에 읽을 수 없는 줄이 있습니다.`),
      cause: text(`It says: ${shorten(e.error)}`, `오류 내용: ${shorten(e.error)}`),
      next: text(`Open ${e.url} and look at that line; a page written by hand is better made with a client library.`, `${e.url} 주소를 열어 그 줄을 확인해 주세요. 직접 만든 페이지라면 클라이언트 라이브러리를 쓰는 편이 낫습니다.`),
    }),
  },
]

const OTHER: Cause = {
  code: 'target-other',
  fits: () => true,
  tell: e => ({
    what: text(`${e.host} can't be read: ${shorten(e.error)}`, `${e.host}의 메트릭을 읽을 수 없습니다: ${shorten(e.error)}`),
    next: text(`Open ${e.url} by hand and see what it answers.`, `${e.url} 주소를 직접 열어 무엇을 응답하는지 확인해 주세요.`),
  }),
}

/** Every code that {@link diagnoseTarget} can give. */
export const TARGET_CODES: readonly string[] = [...CAUSES.map(c => c.code), OTHER.code, 'target-several-processes', 'target-loopback-fallback', 'target-native-histograms', 'target-series-refused']

/** Explains a target that is down, or that is up and lies. undefined when there is nothing to say. */
export function diagnoseTarget(t: ActiveTarget): Diagnosis | undefined {
  if (t.health === 'down') {
    const e = evidence(t)
    const found = CAUSES.find(c => c.fits(e)) ?? OTHER
    return { code: found.code, health: 'critical', subject: t.scrapeUrl, ...found.tell(e) }
  }
  const refused = t.refusedSeries ?? 0
  if (refused > 0) {
    return {
      code: 'target-series-refused', health: 'warning', subject: t.scrapeUrl,
      what: text(`${refused} new series of this target are not stored: this server takes no more series.`, `이 타깃의 새 시계열 ${refused}개를 저장하지 못하고 있습니다. 서버가 시계열을 더 받지 않습니다.`),
      cause: text('The limit of series (--storage.head.max-series) or of memory (--storage.head.max-memory) is reached. Usually a label somewhere holds ids, paths or addresses.', '시계열 수 제한(--storage.head.max-series)이나 메모리 제한(--storage.head.max-memory)에 도달했습니다. 보통 어딘가의 라벨에 ID, 경로, 주소처럼 값이 계속 늘어나는 것이 들어 있습니다.'),
      next: text('Look at /api/haechi/v1/cardinality for the metric and label with most series, remove that label, or raise the limit.', '/api/haechi/v1/cardinality에서 시계열이 가장 많은 메트릭과 라벨을 찾아 그 라벨을 없애거나, 제한을 늘려 주세요.'),
    }
  }
  const several = t.multiProcessSuspected
  if (several !== undefined) {
    const values = several.values.slice(-6).join(', ')
    return {
      code: 'target-several-processes', health: 'warning', subject: t.scrapeUrl,
      what: text('Several worker processes answer in turn, each with counters of its own: rates are too high.', '여러 워커 프로세스가 번갈아 응답하고 카운터도 따로 셉니다. 그래서 초당 값이 실제보다 크게 나옵니다.'),
      cause: text(`${several.series} read ${values}: a counter never falls like that.`, `${several.series}의 값이 ${values} 순으로 바뀌었습니다. 카운터는 이렇게 줄어들 수 없습니다.`),
      next: text('Python: set PROMETHEUS_MULTIPROC_DIR for all workers. Node (pm2, cluster): gather the metrics of all workers in one page.', 'Python이라면 모든 워커에 PROMETHEUS_MULTIPROC_DIR을 설정하세요. Node(pm2, cluster)라면 모든 워커의 메트릭을 한 페이지로 모아야 합니다.'),
    }
  }
  if (t.loopbackFallback) {
    return {
      code: 'target-loopback-fallback', health: 'ok', subject: t.scrapeUrl,
      what: text('host.docker.internal is not known here; localhost is asked in its place.', '이 컴퓨터에는 host.docker.internal이 없어서 localhost로 대신 연결했습니다.'),
    }
  }
  if (t.nativeHistogramsSkipped > 0) {
    return {
      code: 'target-native-histograms', health: 'warning', subject: t.scrapeUrl,
      what: text(`${t.nativeHistogramsSkipped} native histograms of this target are not stored yet.`, `이 타깃의 네이티브 히스토그램 ${t.nativeHistogramsSkipped}개는 아직 저장하지 않습니다.`),
      next: text('Classic histograms of the same target are stored and can be used.', '같은 타깃의 일반 히스토그램은 저장되므로 그것을 사용하세요.'),
    }
  }
  return undefined
}

function evidence(t: ActiveTarget): Evidence {
  let url: URL | undefined
  try {
    url = new URL(t.scrapeUrl)
  } catch {
    url = undefined
  }
  const instance = labelValue(t.labels, 'instance')
  return {
    error: t.lastError,
    body: t.badBody ?? '',
    contentType: t.contentType,
    url: t.scrapeUrl,
    host: url?.host ?? instance,
    hostname: url?.hostname ?? instance,
    port: url?.port || (url?.protocol === 'https:' ? '443' : '80'),
    path: url?.pathname ?? '/metrics',
    status: Number(/HTTP status (\d{3})/.exec(t.lastError)?.[1] ?? 0),
    timeoutMs: t.timeoutMs,
  }
}

function shorten(message: string): string {
  return message.length <= 160 ? message : `${message.slice(0, 157)}…`
}
