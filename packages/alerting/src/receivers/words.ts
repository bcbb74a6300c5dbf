/** The words of a message in one language. */
export interface Words {
  readonly resolved: string
  readonly noData: string
  readonly test: string
  readonly testTitle: string
  readonly testText: string
  readonly service: string
  readonly value: string
  readonly threshold: string
  readonly since: string
  readonly lasted: string
  readonly worst: string
  readonly severity: string
  readonly labels: string
  readonly links: string
  readonly graph: string
  readonly dashboard: string
  readonly panel: string
  readonly silence: string
  readonly runbook: string
  readonly severities: Readonly<Record<string, string>>
  readonly counts: (firing: number, resolved: number) => string
  readonly more: (n: number) => string
  readonly cut: (n: number) => string
  readonly severalFiring: (n: number, name: string) => string
  readonly duration: (ms: number) => string
}

function parts(ms: number): { d: number; h: number; m: number; s: number } {
  const s = Math.max(0, Math.round(ms / 1000))
  return { d: Math.floor(s / 86_400), h: Math.floor(s / 3600) % 24, m: Math.floor(s / 60) % 60, s: s % 60 }
}

/** The two biggest units that are not zero. */
function biggest(units: readonly (readonly [number, string])[]): string {
  const first = units.findIndex(([n]) => n > 0)
  if (first < 0) return units[units.length - 1]!.join('')
  return units.slice(first, first + 2).filter(([n]) => n > 0).map(([n, u]) => `${n}${u}`).join(' ')
}

export const WORDS: Readonly<Record<'en' | 'ko', Words>> = {
  en: {
    resolved: 'Resolved', noData: 'No data', test: '[Test]', testTitle: 'messages from Haechi arrive here', testText: 'This is a trial. Nothing is wrong.',
    service: 'Service', value: 'Value', threshold: 'Limit', since: 'Since', lasted: 'Lasted', worst: 'worst', severity: 'Severity', labels: 'Labels', links: 'Links', graph: 'Graph',
    dashboard: 'Dashboard', panel: 'Panel', silence: 'Silence', runbook: 'Runbook', severities: { critical: 'critical', warning: 'warning', info: 'info' },
    counts: (firing, resolved) => [firing > 0 ? `${firing} firing` : '', resolved > 0 ? `${resolved} resolved` : ''].filter(t => t !== '').join(', '),
    more: n => `and ${n} more`, cut: n => `… (${n} more characters)`, severalFiring: (n, name) => `${n} alerts: ${name}`,
    duration: ms => {
      const { d, h, m, s } = parts(ms)
      return biggest([[d, 'd'], [h, 'h'], [m, 'm'], [s, 's']])
    },
  },
  ko: {
    resolved: '해결됨', noData: '데이터 없음', test: '[시험]', testTitle: 'Haechi 메시지가 여기로 옵니다', testText: '시험 메시지입니다. 문제는 없습니다.',
    service: '서비스', value: '현재값', threshold: '기준', since: '시작', lasted: '지속 시간', worst: '최고', severity: '심각도', labels: '라벨', links: '링크', graph: '그래프',
    dashboard: '대시보드', panel: '패널', silence: '음소거', runbook: '런북', severities: { critical: '심각', warning: '경고', info: '정보' },
    counts: (firing, resolved) => [firing > 0 ? `발생 ${firing}건` : '', resolved > 0 ? `해결 ${resolved}건` : ''].filter(t => t !== '').join(', '),
    more: n => `외 ${n}건`, cut: n => `… (${n}자 더 있음)`, severalFiring: (n, name) => `알림 ${n}건: ${name}`,
    duration: ms => {
      const { d, h, m, s } = parts(ms)
      return biggest([[d, '일'], [h, '시간'], [m, '분'], [s, '초']])
    },
  },
}
