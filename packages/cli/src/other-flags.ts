import { Option } from 'commander'
import type { Command } from 'commander'

type Say = (en: string, ko: string) => string

interface OtherFlag {
  readonly name: string
  /** `switch`: without a value, with its `--no-`; `value`: any. */
  readonly kind: 'switch' | 'value'
  /** What follows from it here, one sentence in English and one in Korean. */
  readonly en: string
  readonly ko: string
  /** A server that would start nevertheless would not be what was asked for. */
  readonly refused?: true
}

const GO = { en: 'it tunes the Go runtime, which Haechi does not have.', ko: 'Go 런타임을 조정하는 플래그입니다. Haechi에는 Go 런타임이 없습니다.' }
const CONSOLES = { en: 'console templates are not served; dashboards take their place.', ko: '콘솔 템플릿은 제공하지 않습니다. 대신 대시보드를 쓰세요.' }
const ASSETS = { en: 'the pages come with the program; no folder of files is served.', ko: '화면은 프로그램에 들어 있습니다. 파일 폴더를 따로 제공하지 않습니다.' }
const REMOTE_READ = { en: 'remote read is not served.', ko: 'remote read는 제공하지 않습니다.' }
const AGENT = { en: 'there is no agent mode; leave the flag out.', ko: '에이전트 모드가 없습니다. 이 플래그를 빼 주세요.' }
const OWN_LIMITS = { en: 'connections are limited by the operating system only.', ko: '연결 수는 운영체제의 한도만 따릅니다.' }
const OWN_FILES = { en: 'sizes of segments and chunk files are fixed.', ko: '세그먼트와 청크 파일의 크기는 고정되어 있습니다.' }
const OWN_PACE = { en: 'this happens as it becomes due; there is no interval to set.', ko: '필요할 때 바로 처리하므로 간격을 정하지 않습니다.' }
const CLUSTER = { en: 'Haechi is one process; there is no cluster to join.', ko: 'Haechi는 프로세스 하나로 동작합니다. 참여할 클러스터가 없습니다.' }
const NO_LIMIT = { en: 'this is not limited.', ko: '이 값은 제한하지 않습니다.' }

/** Flags of Prometheus 3 and Alertmanager 0.33 that a command line may carry and that change nothing here. */
const OTHER_FLAGS: readonly OtherFlag[] = [
  { name: 'auto-gomaxprocs', kind: 'switch', ...GO },
  { name: 'auto-gomemlimit', kind: 'switch', ...GO },
  { name: 'auto-gomemlimit.ratio', kind: 'value', ...GO },
  { name: 'web.max-notifications-subscribers', kind: 'value', ...OWN_LIMITS },
  { name: 'web.local-assets', kind: 'value', ...ASSETS },
  { name: 'web.user-assets', kind: 'value', ...ASSETS },
  { name: 'web.console.templates', kind: 'value', ...CONSOLES },
  { name: 'web.console.libraries', kind: 'value', ...CONSOLES },
  { name: 'web.page-title', kind: 'value', en: 'the title of the pages is fixed.', ko: '화면 제목은 고정되어 있습니다.' },
  { name: 'web.remote-write-receiver.accepted-protobuf-messages', kind: 'value', en: 'both kinds of messages are accepted.', ko: '두 가지 메시지를 모두 받습니다.' },
  { name: 'storage.tsdb.no-lockfile', kind: 'switch', en: 'the data directory is always locked: two processes in it would destroy it.', ko: '데이터 폴더는 항상 잠급니다. 두 프로세스가 함께 쓰면 데이터가 망가집니다.' },
  { name: 'storage.tsdb.head-chunks-write-queue-size', kind: 'value', en: 'chunks of the newest hours are not written through a queue.', ko: '최근 데이터의 청크는 대기열을 거치지 않고 씁니다.' },
  { name: 'storage.tsdb.wal-segment-size', kind: 'value', ...OWN_FILES },
  { name: 'storage.tsdb.max-block-chunk-segment-size', kind: 'value', ...OWN_FILES },
  { name: 'storage.tsdb.samples-per-chunk', kind: 'value', ...OWN_FILES },
  { name: 'storage.tsdb.block-reload-interval', kind: 'value', ...OWN_PACE },
  { name: 'storage.tsdb.allow-overlapping-blocks', kind: 'switch', en: 'blocks that overlap are always read.', ko: '겹치는 블록은 항상 읽습니다.' },
  { name: 'storage.remote.flush-deadline', kind: 'value', en: 'nothing is sent by remote write.', ko: 'remote write로 보내는 데이터가 없습니다.' },
  { name: 'storage.remote.read-sample-limit', kind: 'value', ...REMOTE_READ },
  { name: 'storage.remote.read-concurrent-limit', kind: 'value', ...REMOTE_READ },
  { name: 'storage.remote.read-max-bytes-in-frame', kind: 'value', ...REMOTE_READ },
  { name: 'scrape.adjust-timestamps', kind: 'switch', en: 'samples have the time at which they were scraped.', ko: '샘플에는 수집한 시각을 그대로 씁니다.' },
  { name: 'scrape.timestamp-tolerance', kind: 'value', en: 'samples have the time at which they were scraped.', ko: '샘플에는 수집한 시각을 그대로 씁니다.' },
  { name: 'scrape.discovery-reload-interval', kind: 'value', ...OWN_PACE },
  { name: 'alertmanager.timeout', kind: 'value', en: 'Prometheus no longer has it; write timeout: under alerting.alertmanagers of the configuration.', ko: 'Prometheus에서 없어진 플래그입니다. 설정 파일의 alerting.alertmanagers 아래에 timeout:을 쓰세요.' },
  { name: 'storage.tsdb.retention', kind: 'value', refused: true, en: 'Prometheus 3 no longer has it; write --storage.tsdb.retention.time.', ko: 'Prometheus 3에서 없어진 플래그입니다. --storage.tsdb.retention.time을 쓰세요.' },
  { name: 'agent', kind: 'switch', refused: true, ...AGENT },
  { name: 'storage.agent.path', kind: 'value', refused: true, ...AGENT },
  { name: 'storage.agent.wal-compression', kind: 'switch', refused: true, ...AGENT },
  { name: 'storage.agent.wal-compression-type', kind: 'value', refused: true, ...AGENT },
  { name: 'storage.agent.retention.min-time', kind: 'value', refused: true, ...AGENT },
  { name: 'storage.agent.retention.max-time', kind: 'value', refused: true, ...AGENT },
  { name: 'storage.agent.no-lockfile', kind: 'switch', refused: true, ...AGENT },

  { name: 'storage.path', kind: 'value', refused: true, en: 'that is Alertmanager\'s; what alerting remembers is kept in the data directory, --storage.tsdb.path.', ko: 'Alertmanager의 플래그입니다. 알림 상태는 데이터 폴더(--storage.tsdb.path)에 함께 보관합니다.' },
  { name: 'data.retention', kind: 'value', en: 'silences and the notification log are kept as long as they are needed.', ko: '사일런스와 알림 기록은 필요한 동안 보관합니다.' },
  { name: 'data.maintenance-interval', kind: 'value', ...OWN_PACE },
  { name: 'alerts.gc-interval', kind: 'value', ...OWN_PACE },
  { name: 'dispatch.maintenance-interval', kind: 'value', ...OWN_PACE },
  { name: 'dispatch.start-delay', kind: 'value', en: 'alerts of before the start are known at once; there is nothing to wait for.', ko: '시작하기 전의 알림을 바로 알고 있으므로 기다리지 않습니다.' },
  { name: 'web.get-concurrency', kind: 'value', ...NO_LIMIT },
  { name: 'web.timeout', kind: 'value', en: 'queries end after --query.timeout.', ko: '질의는 --query.timeout이 지나면 끝납니다.' },
  { name: 'web.ui-path', kind: 'value', ...ASSETS },
  { name: 'log.silences', kind: 'switch', en: 'who made or ended a silence is on its page.', ko: '사일런스를 누가 만들고 끝냈는지는 화면에 나옵니다.' },
  { name: 'web.systemd-socket', kind: 'switch', refused: true, en: 'sockets of systemd are not taken over; write --web.listen-address.', ko: 'systemd 소켓은 넘겨받지 않습니다. --web.listen-address를 쓰세요.' },
  ...['listen-address', 'advertise-address', 'peer', 'peer-name', 'peer-timeout', 'peers-resolve-timeout', 'gossip-interval', 'pushpull-interval', 'tcp-timeout', 'probe-timeout', 'probe-interval', 'settle-timeout', 'reconnect-interval',
    'reconnect-timeout', 'tls-config', 'label'].map(name => ({ name: `cluster.${name}`, kind: 'value' as const, ...CLUSTER })),
  { name: 'cluster.allow-insecure-public-advertise-address-discovery', kind: 'switch', ...CLUSTER },
]

const NAMES: ReadonlySet<string> = new Set(OTHER_FLAGS.map(f => f.name))

/** Whether a flag is taken without changing anything. */
export function isOtherFlag(name: string): boolean {
  return NAMES.has(name)
}

/** Adds the flags of Prometheus and Alertmanager that change nothing here, so that an existing command line goes on working; `--help` does not show them. */
export function addOtherFlags(command: Command): Command {
  for (const { name, kind } of OTHER_FLAGS) {
    command.addOption(new Option(kind === 'switch' ? `--${name}` : `--${name} <value>`).hideHelp())
    if (kind === 'switch') command.addOption(new Option(`--no-${name}`).hideHelp())
  }
  return command
}

/** One sentence for each such flag that was given. A switch that is given as off asks for nothing. */
export function otherFlagTexts(values: Readonly<Record<string, unknown>>, command: Command, say: Say): { readonly warnings: string[]; readonly refusals: string[] } {
  const warnings: string[] = []
  const refusals: string[] = []
  for (const flag of OTHER_FLAGS) {
    const option = command.options.find(o => o.long === `--${flag.name}`)!
    const value = values[option.attributeName()]
    if (value === undefined || value === false) continue
    if (flag.refused) refusals.push(`--${flag.name}: ${say(flag.en, flag.ko)}`)
    else warnings.push(`--${flag.name} ${say(`changes nothing: ${flag.en}`, `플래그는 효과가 없습니다. ${flag.ko}`)}`)
  }
  return { warnings, refusals }
}
