import { describe, expect, test } from 'vitest'
import { panelQueries } from '../panel-queries.ts'
import { placeBoard } from '../layout.ts'
import { readDashboard } from '../read-dashboard.ts'
import { SERVICE_KINDS, serviceKind } from '../service-kinds.ts'
import { SERVICE_PARTS, serviceParts } from '../service-parts.ts'
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
  test('[B2] services whose libraries share the name of a metric have a line each, not two', () => {
    const dotnet = kind('dotnet')
    const go = kind('go-promhttp')
    const d = readDashboard(overviewBoard([dotnet, go], [{ job: 'home', kind: dotnet }, { job: 'api.v1', kind: go }, { job: 'api-2', kind: go }]).json('en'))
    const exprs = d.panels.find(p => p.title.includes('p95'))!.targets.map(t => t.expr)
    expect(exprs).toHaveLength(2)
    expect(exprs[0]).toContain('{job="home",')
    expect(exprs[1]).toContain('{job=~"api\\\\.v1|api-2",')
    // Where nothing is shared, new services need no other query.
    const alone = readDashboard(overviewBoard([go, kind('django')], [{ job: 'a', kind: go }, { job: 'b', kind: kind('django') }]).json('en'))
    expect(alone.panels.flatMap(p => p.targets.map(t => t.expr)).join()).not.toContain('job="')
  })
  test('[B3] a board asks in the order of a person: failing or slow, which endpoints, how much', () => {
    const { panels } = readDashboard(serviceBoard(kind('django'), 'shop').json('en'))
    expect(panels.map(p => p.title)).toEqual([
      'Requests per second', 'Requests that fail', 'p95', 'Instances up', 'Since the last start', 'How many requests fail?', 'Is it slow?', 'Which endpoints fail?', 'Which endpoints are slow? (p95)',
      'Requests per second, by endpoint', 'Requests per second, by method and status',
    ])
  })
  test('[B3] starts of the process are marked', () => {
    const [mark] = readDashboard(serviceBoard(kind('fastapi'), 'orders').json('ko')).annotations
    expect(mark).toMatchObject({ kind: 'prometheus', expr: 'process_start_time_seconds{job="orders"} * 1000', useValueForTime: true, enabled: true, titleFormat: '{{instance}} 시작' })
  })
  test('[B4] what a library tells beside requests is shown; a Django that does not count its queries is told how to', () => {
    const catalog = (...names: string[]): ReadonlyMap<string, ReadonlySet<string>> => new Map(names.map(n => [n, new Set<string>()]))
    const titles = (id: string, parts: readonly string[]): string[] => readDashboard(serviceBoard(kind(id), 'a', undefined, parts).json('en')).rows.flatMap(r => [`# ${r.title}`, ...r.panels.map(p => p.title)])
    expect(titles('django', serviceParts(catalog('django_db_execute_total', 'django_db_query_duration_seconds_bucket', 'process_resident_memory_bytes', 'process_cpu_seconds_total')))).toEqual([
      '# The database', 'How many queries does a request make?', 'Is the database slow? (p95 of a query)', 'Queries per second, by database', 'Do queries fail?', '# The process', 'Memory of the process', 'CPU of the process (cores)', 'Is it up?',
    ])
    expect(titles('django', [])).toEqual(['# The database', 'How many queries does a request make?', '# The process', 'Memory of the process', 'CPU of the process (cores)', 'Is it up?'])
    expect(readDashboard(serviceBoard(kind('django'), 'a', undefined, []).json('en')).rows[0]!.panels[0]!.fieldConfig.noValue).toContain('django_prometheus.db.backends')
    expect(titles('spring', serviceParts(catalog('jvm_memory_used_bytes', 'jvm_memory_max_bytes', 'jvm_gc_pause_seconds_sum', 'process_cpu_usage', 'system_cpu_count', 'hikaricp_connections_active')))).toEqual([
      '# The database', 'Are database connections free?', '# The process', 'Memory of the JVM', 'CPU of the process (cores)', 'Is it up?', 'Is the heap full?', 'How much time goes to garbage collection?',
    ])
    expect(titles('fastapi', [])).not.toContain('# The database')
    expect(new Set(SERVICE_PARTS.map(p => p.id)).size).toBe(SERVICE_PARTS.length)
  })
  test('[B5] without a computer there are no boards about one, and none of its panels', () => {
    const boards = builtinBoards([kind('fastapi')], [], false)
    expect(boards.map(b => b.uid)).toEqual([OVERVIEW_BOARD_UID])
    expect(JSON.stringify(boards[0]!.json('en'))).not.toContain('node_')
  })
})
