/** The few sentences of a chart. */
export interface ChartWords {
  readonly more: (n: number) => string
  readonly topOf: (shown: number, all: number) => string
  readonly showAll: string
  readonly showSome: (n: number) => string
  readonly tooMany: string
  readonly columns: (shown: number, all: number) => string
  readonly showTop: string
  readonly table: string
  readonly line: string
  readonly name: string
  readonly last: string
  readonly mean: string
  readonly max: string
  readonly time: string
  /** Calculations by id; others have Grafana's name. */
  readonly calcs: Readonly<Record<string, string>>
  readonly legend: string
  readonly rows: (shown: number, all: number) => string
}

const EN: ChartWords = {
  more: n => `+ ${n} more`,
  topOf: (shown, all) => `The ${shown} highest of ${all.toLocaleString('en')} series.`,
  showAll: 'Show all',
  showSome: n => `Show ${n}`,
  tooMany: 'A sum, topk() or a filter makes the query readable.',
  columns: (shown, all) => `The first ${shown} of ${all} series.`,
  showTop: 'Show the highest only',
  table: 'Legend as a table',
  line: 'Legend in one line',
  name: 'Name', last: 'Last', mean: 'Mean', max: 'Max', time: 'Time',
  calcs: { lastNotNull: 'Last', last: 'Last', mean: 'Mean', max: 'Max', min: 'Min', sum: 'Total', count: 'Count', range: 'Range', delta: 'Growth', diff: 'Difference', firstNotNull: 'First', first: 'First', median: 'Median', stdDev: 'Deviation' },
  legend: 'Series',
  rows: (shown, all) => `The newest ${shown} of ${all} rows.`,
}

const KO: ChartWords = {
  more: n => `+ ${n}개 더`,
  topOf: (shown, all) => `시리즈 ${all}개 중 높은 순으로 ${shown}개만 보입니다.`,
  showAll: '모두 보기',
  showSome: n => `${n}개 보기`,
  tooMany: '합계나 topk(), 조건을 쓰면 읽기 쉬워집니다.',
  columns: (shown, all) => `시리즈 ${all}개 중 처음 ${shown}개입니다.`,
  showTop: '높은 것만 보기',
  table: '범례를 표로 보기',
  line: '범례를 한 줄로 보기',
  name: '이름', last: '최근', mean: '평균', max: '최대', time: '시각',
  calcs: { lastNotNull: '최근', last: '최근', mean: '평균', max: '최대', min: '최소', sum: '합계', count: '개수', range: '범위', delta: '증가', diff: '차이', firstNotNull: '처음', first: '처음', median: '중앙값', stdDev: '표준편차' },
  legend: '시리즈',
  rows: (shown, all) => `최근 ${shown}행을 보여 줍니다(전체 ${all}행).`,
}

/** The words of a language. */
export function chartWords(language: 'en' | 'ko'): ChartWords {
  return language === 'ko' ? KO : EN
}
