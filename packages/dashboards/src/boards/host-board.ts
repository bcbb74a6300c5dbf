import { hostQueries } from '../host-queries.ts'
import { rateExpr, totalRateExpr } from '../service-kinds.ts'
import { boardJson, statPanel, timeSeriesPanel } from './board-json.ts'
import { distinctQueries, query, speaker } from './board-words.ts'
import type { HostQueries } from '../host-queries.ts'
import type { JsonObject } from '../model.ts'
import type { ServiceKind } from '../service-kinds.ts'
import type { BoardTitle, BuiltinBoard, Say } from './board-words.ts'

/** uid of the board of this computer. */
export const HOST_BOARD_UID = 'haechi-this-computer'
/** uid of the board about how long everything will last. */
export const CAPACITY_BOARD_UID = 'haechi-capacity'

const DAY_S = 86_400

function usedShare(free: string, size: string): string {
  return `1 - ${free} / ${size}`
}

/** In how many days each file system will be full. */
function diskFullStat(say: Say, q: HostQueries, w: number): JsonObject {
  return statPanel({
    title: say('Disk full in', '디스크가 가득 차기까지'),
    description: say(
      'At the pace of the last 24 hours, by file system, where that is within 60 days. It needs an hour of data.',
      '최근 24시간의 속도로 계속될 때 60일 안에 가득 차는 파일 시스템을 보여 줍니다. 한 시간 이상의 데이터가 필요합니다.'),
    queries: [{ expr: `${q.diskFullIn} / ${DAY_S}`, legend: '{{instance}} {{mountpoint}}' }], unit: say('suffix: days', 'suffix:일'), decimals: 1, w, h: 4, base: 'red', thresholds: [[3, 'orange'], [14, 'text']],
    noValue: say('not within 60 days', '60일 안에는 차지 않음'),
  })
}

/** The board of this computer and others that speak node_exporter's names. */
export function hostBoard(): BuiltinBoard {
  const title: BoardTitle = { en: 'This computer', ko: '이 컴퓨터' }
  return {
    uid: HOST_BOARD_UID, title, tags: ['haechi', 'host'],
    json: language => {
      const say = speaker(language)
      const q = hostQueries()
      const legend = '{{instance}}'
      return boardJson({
        sourceLabel: say('Data source', '데이터 소스'),
        uid: HOST_BOARD_UID, title: say(title.en, title.ko), tags: ['haechi', 'host'], description: say('Does the computer have enough of everything?', '컴퓨터 자원이 충분한가요?'),
        panels: [
          statPanel({ title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: q.cpu, legend }], unit: 'percentunit', w: 5, h: 4, thresholds: [[0.8, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Memory in use', '메모리 사용률'), queries: [{ expr: usedShare(q.memoryAvailable, q.memoryTotal), legend }], unit: 'percentunit', w: 5, h: 4, thresholds: [[0.85, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Disk in use', '디스크 사용률'), queries: [{ expr: usedShare(q.diskFree, q.diskSize), legend }], unit: 'percentunit', w: 5, h: 4, thresholds: [[0.85, 'orange'], [0.95, 'red']] }),
          diskFullStat(say, q, 5),
          statPanel({ title: say('Running for', '켜진 뒤 지난 시간'), queries: [{ expr: q.uptime, legend }], unit: 's', w: 4, h: 4 }),
          timeSeriesPanel({ title: say('Is the CPU busy?', 'CPU가 바쁜가요?'), queries: [{ expr: q.cpu, legend }], unit: 'percentunit', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Is there enough memory?', '메모리가 충분한가요?'), queries: [{ expr: q.memoryAvailable, legend: `{{instance}} ${say('available', '사용 가능')}` }, { expr: q.memoryTotal, legend: `{{instance}} ${say('in total', '전체')}` }], unit: 'bytes', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Work waiting for a CPU (load)', 'CPU를 기다리는 작업(load)'), queries: [{ expr: q.load1, legend }], unit: 'short', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Is the disk filling up?', '디스크가 차고 있나요?'), queries: [{ expr: usedShare(q.diskFree, q.diskSize), legend }], unit: 'percentunit', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Network', '네트워크'), queries: [{ expr: q.networkReceive, legend: `{{instance}} ${say('received', '받음')}` }, { expr: q.networkTransmit, legend: `{{instance}} ${say('sent', '보냄')}` }], unit: 'binBps', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Disk reads and writes', '디스크 읽기와 쓰기'), queries: [{ expr: q.diskRead, legend: `{{instance}} ${say('read', '읽기')}` }, { expr: q.diskWritten, legend: `{{instance}} ${say('written', '쓰기')}` }], unit: 'binBps', min: 0, w: 12, h: 8 }),
        ],
      })
    },
  }
}

/** The board about how long everything will last: disk, memory, processor and traffic over days, with where they will be. */
export function capacityBoard(kinds: readonly ServiceKind[]): BuiltinBoard {
  const title: BoardTitle = { en: 'Capacity', ko: '용량 계획' }
  return {
    uid: CAPACITY_BOARD_UID, title, tags: ['haechi', 'host'],
    json: language => {
      const say = speaker(language)
      const q = hostQueries({ range: '1h' })
      const legend = '{{instance}}'
      const inAWeek = say('{{instance}} {{mountpoint}} in 7 days', '{{instance}} {{mountpoint}} 7일 뒤')
      const later = say('after the first hour', '한 시간 뒤부터')
      const hourly = say('Means of an hour each.', '한 시간 평균입니다.')
      return boardJson({
        sourceLabel: say('Data source', '데이터 소스'),
        uid: CAPACITY_BOARD_UID, title: say(title.en, title.ko), tags: ['haechi', 'host'], description: say('How long will it last?', '얼마나 더 버틸 수 있나요?'), time: { from: 'now-7d', to: 'now' }, refresh: '5m',
        panels: [
          diskFullStat(say, q, 6),
          statPanel({ title: say('Busiest hour of the CPU', 'CPU가 가장 바빴던 한 시간'), description: hourly, queries: [{ expr: q.cpu, legend }], unit: 'percentunit', w: 6, h: 4, calc: 'max', noValue: later, thresholds: [[0.8, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Least memory available', '가장 적었던 여유 메모리'), queries: [{ expr: `${q.memoryAvailable} / ${q.memoryTotal}`, legend }], unit: 'percentunit', w: 6, h: 4, calc: 'min', noValue: later, base: 'red', thresholds: [[0.05, 'orange'], [0.15, 'green']] }),
          statPanel({ title: say('Busiest hour, requests per second', '요청이 가장 많았던 한 시간(초당)'), description: hourly, queries: [{ expr: totalRateExpr(kinds, '1h'), legend: say('requests', '요청') }], unit: 'reqps', w: 6, h: 4, calc: 'max', noValue: later }),
          timeSeriesPanel({
            title: say('Will the disks last?', '디스크가 버틸까요?'),
            description: say('In use now, and where it will be in 7 days at the pace of the 24 hours before each point.', '지금 사용률과, 각 시점 이전 24시간의 속도로 계속될 때의 7일 뒤 사용률입니다.'),
            queries: [{ expr: q.diskUsed, legend: '{{instance}} {{mountpoint}}' }, { expr: q.diskUsedIn(7 * DAY_S), legend: inAWeek }], unit: 'percentunit', min: 0, max: 1, w: 12, h: 9, thresholds: [[0.9, 'red']], thresholdLines: true, dashed: say('/in 7 days$/', '/7일 뒤$/'),
          }),
          timeSeriesPanel({
            title: say('Will the memory last?', '메모리가 버틸까요?'), description: say('The least that was available in each hour.', '한 시간마다 가장 적었던 값입니다.'),
            queries: [{ expr: q.memoryLeast, legend: `{{instance}} ${say('available', '사용 가능')}` }, { expr: q.memoryTotal, legend: `{{instance}} ${say('in total', '전체')}` }], unit: 'bytes', min: 0, w: 12, h: 9,
          }),
          timeSeriesPanel({ title: say('Is traffic growing?', '요청이 늘고 있나요?'), description: hourly, queries: distinctQueries(kinds.map(k => query(rateExpr(k, { range: '1h' }), '{{job}}'))), unit: 'reqps', min: 0, w: 12, h: 9 }),
          timeSeriesPanel({ title: say('Is the CPU getting busier?', 'CPU가 점점 바빠지나요?'), description: hourly, queries: [{ expr: q.cpu, legend }], unit: 'percentunit', min: 0, w: 12, h: 9 }),
        ],
      })
    },
  }
}
