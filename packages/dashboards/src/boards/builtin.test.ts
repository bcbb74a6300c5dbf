import { describe, expect, test } from 'vitest'
import { panelQueries } from '../panel-queries.ts'
import { placeBoard } from '../layout.ts'
import { readDashboard } from '../read-dashboard.ts'
import { SERVICE_KINDS, serviceKind } from '../service-kinds.ts'
import { OVERVIEW_BOARD_UID, builtinBoards, overviewBoard } from './builtin.ts'
import { CAPACITY_BOARD_UID, HOST_BOARD_UID } from './host-board.ts'
import { serviceBoard, serviceBoardUid } from './service-board.ts'
import type { BuiltinBoard } from './board-words.ts'

const kind = (id: string): ReturnType<typeof serviceKind> & object => serviceKind(id)!
const all: readonly BuiltinBoard[] = builtinBoards([], SERVICE_KINDS.map(k => ({ job: `job of ${k.id}`, kind: k })))

describe('B1 built-in boards', () => {
  test.each(all.flatMap(b => (['en', 'ko'] as const).map(language => ({ uid: b.uid, language, b }))))('[B1] $uid in $language is a dashboard that Grafana takes', ({ b, language }) => {
    const json = b.json(language)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(String(json['uid'])).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
    const d = readDashboard(json)
    expect(d.title).not.toBe('')
    expect(d.notices).toEqual([])
    const panels = [...d.panels, ...d.rows.flatMap(r => r.panels)]
    expect(new Set(panels.map(p => p.id)).size).toBe(panels.length)
    expect(panels.every(p => p.title !== '' && p.targets.every(t => t.expr !== ''))).toBe(true)
    // Nothing moves when the board is placed: the saved positions have no holes and no overlaps.
    for (const p of placeBoard(d, new Map())) expect(p.pos).toEqual(p.kind === 'row' ? p.row.gridPos : p.panel.gridPos)
    for (const p of panels) {
      for (const q of panelQueries(p, { range: { startMs: 0, endMs: 3_600_000 }, widthPx: 600, variables: new Map() })) expect(q.expr).not.toMatch(/\$|undefined/)
    }
  })
  test('[B1] the overview answers what people ask first', () => {
    const titles = readDashboard(overviewBoard([kind('fastapi'), kind('django')]).json('ko')).panels.map(p => p.title)
    expect(titles).toEqual([
      '초당 요청', '실패하는 요청', 'CPU 사용률', '사용 가능한 메모리', '초당 요청, 서비스별', '얼마나 실패하나요?', '가장 느린 5%는 얼마나 느린가요? (p95)', '초당 요청, 엔드포인트별', '처리 중인 요청', 'CPU 사용률', '사용 가능한 메모리',
    ])
  })
  test('[B1] kinds that share names are asked once', () => {
    const d = readDashboard(overviewBoard([kind('fastapi'), kind('haechi-instrument'), kind('django')]).json('en'))
    expect(d.panels.find(p => p.title === 'Requests per second, by service')!.targets.map(t => t.refId)).toEqual(['A', 'B'])
  })
  test('[B1] uids are fixed, and apart for jobs that look alike', () => {
    expect(all.slice(0, 3).map(b => b.uid)).toEqual([OVERVIEW_BOARD_UID, HOST_BOARD_UID, CAPACITY_BOARD_UID])
    expect(serviceBoardUid('orders')).toBe('haechi-service-orders')
    expect(serviceBoardUid('주문 a')).not.toBe(serviceBoardUid('주문 b'))
    expect(serviceBoardUid('주문')).not.toBe(serviceBoardUid('결제'))
    expect(serviceBoard(kind('prom-client'), 'a').title.en).toBe('a (Node.js, prom-client)')
    expect(serviceBoard(kind('prom-client'), 'a', 'Fastify').title.en).toBe('a (Fastify)')
    expect(serviceBoard(kind('django'), '결제').uid).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
  })
})
