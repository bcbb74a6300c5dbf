import { text } from './diagnosis.ts'
import type { Health, LocalText } from './diagnosis.ts'

/** What the one sentence at the top of the first page is made of. */
export interface VerdictFacts {
  readonly services: number
  readonly hosts: number
  readonly targets: number
  readonly targetsUp: number
  readonly targetsUnknown: number
  /** Firing alerts, worst first: what each says in one line. */
  readonly firing: readonly { readonly summary: LocalText; readonly sinceMs: number; readonly severity: string }[]
  /** Names of jobs with a target that is down. */
  readonly jobsDown: readonly string[]
  readonly nowMs: number
}

/** "Is everything all right, and if not, what?" in one sentence. */
export function verdict(f: VerdictFacts): { readonly health: Health; readonly verdict: LocalText } {
  const worst = f.firing[0]
  if (worst !== undefined) {
    const more = f.firing.length - 1
    // Who fires and who is silent are two things: an alert about one service must not hide that others are gone.
    const gone = f.jobsDown.filter(job => !f.firing.some(a => a.summary.en.includes(job) || a.summary.ko.includes(job)))
    const goneEn = gone.length === 0 ? '' : ` Also not answering: ${gone.slice(0, 3).join(', ')}${gone.length > 3 ? ` and ${gone.length - 3} more` : ''}.`
    const goneKo = gone.length === 0 ? '' : ` ${gone.slice(0, 3).join(', ')}${gone.length > 3 ? ` 외 ${gone.length - 3}개` : ''}도 응답하지 않습니다.`
    const since = Math.max(0, f.nowMs - worst.sinceMs)
    return {
      health: gone.length > 0 || f.firing.some(a => a.severity === 'critical') ? 'critical' : 'warning',
      verdict: text(
        `${worst.summary.en}, for ${durationEn(since)}.${more > 0 ? ` And ${more} more ${more === 1 ? 'alert' : 'alerts'}.` : ''}${goneEn}`,
        `${worst.summary.ko} (${durationKo(since)}째)${more > 0 || gone.length > 0 ? '.' : ''}${more > 0 ? ` 그 밖에 알림이 ${more}개 더 있습니다.` : ''}${goneKo}`,
      ),
    }
  }
  const down = f.targets - f.targetsUp - f.targetsUnknown
  if (down > 0) {
    const names = f.jobsDown.slice(0, 3).join(', ') + (f.jobsDown.length > 3 ? ' …' : '')
    return {
      health: 'critical',
      verdict: text(`${names}: ${down === 1 ? 'one target does' : `${down} targets do`} not answer.`, `${names}: 타깃 ${down}개가 응답하지 않습니다.`),
    }
  }
  if (f.targets === 0) return { health: 'unknown', verdict: text('Nothing is watched yet.', '아직 지켜보는 서비스가 없습니다.') }
  if (f.targetsUnknown === f.targets) return { health: 'unknown', verdict: text('The first look at your services is under way.', '서비스를 처음 확인하고 있습니다.') }
  const partsEn = [...(f.services > 0 ? [`${f.services} ${f.services === 1 ? 'service' : 'services'}`] : []), `${f.targets} ${f.targets === 1 ? 'target' : 'targets'}`, ...hostsEn(f.hosts)]
  const partsKo = [...(f.services > 0 ? [`서비스 ${f.services}개`] : []), `타깃 ${f.targets}개`, ...(f.hosts === 1 ? ['이 컴퓨터'] : f.hosts > 1 ? [`컴퓨터 ${f.hosts}대`] : [])]
  return { health: 'ok', verdict: text(`Everything is fine. ${partsEn.join(', ')}.`, `모두 정상입니다. ${partsKo.join(', ')}.`) }
}

function hostsEn(hosts: number): string[] {
  return hosts === 0 ? [] : [hosts === 1 ? 'this computer' : `${hosts} computers`]
}

function durationEn(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`
  if (minutes < 120) return `${minutes} min`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`
}

function durationKo(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.floor(ms / 1000)}초`
  if (minutes < 120) return `${minutes}분`
  return minutes < 2880 ? `${Math.floor(minutes / 60)}시간` : `${Math.floor(minutes / 1440)}일`
}
