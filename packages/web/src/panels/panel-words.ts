import type { Language } from './types.ts'

/** What a board says by itself. */
export interface PanelWords {
  readonly noData: string
  readonly noDataHint: string
  readonly noQuery: string
  readonly failed: string
  readonly retry: string
  readonly unreadable: string
  readonly unreadableHint: (path: string) => string
  readonly emptyBoard: string
  readonly unsupported: (type: string) => string
  readonly unsupportedHint: string
  readonly age: (ms: number) => string
  readonly loading: string
  readonly menu: (title: string) => string
  readonly viewQuery: string
  readonly asTable: string
  readonly asChart: string
  readonly explore: string
  readonly enlarge: string
  readonly query: string
  readonly original: string
  readonly sent: string
  readonly step: string
  readonly copy: string
  readonly copied: string
  readonly close: string
  readonly untitled: string
  readonly panelsInside: (n: number) => string
  readonly all: string
  readonly variables: string
  readonly nothingToChoose: string
  readonly noMetric: (names: string) => string
  readonly notInRange: (names: string) => string
  readonly filteredAway: string
  readonly time: string
  readonly badRange: (text: string) => string
}

function duration(ms: number, language: Language): string {
  const [n, en, ko] = ms >= 3_600_000 ? [ms / 3_600_000, ' h', '시간'] as const : ms >= 60_000 ? [ms / 60_000, ' min', '분'] as const : [ms / 1000, ' s', '초'] as const
  return `${Math.floor(n)}${language === 'ko' ? ko : en}`
}

const EN: PanelWords = {
  noData: 'There is no data in this range.',
  noDataHint: 'Look at a longer range, or check in Explore which of its metrics are missing.',
  noQuery: 'This panel has no query.',
  failed: 'The query could not be answered.',
  retry: 'Try again',
  unreadable: 'This board cannot be read.',
  unreadableHint: path => path === '' ? 'Its JSON is not a dashboard.' : `The mistake is at ${path}.`,
  emptyBoard: 'This board has no panels yet.',
  unsupported: type => `Panels of type "${type}" can't be drawn yet.`,
  unsupportedHint: 'Nothing is lost: its settings stay in the board, and Grafana can draw it.',
  age: ms => `${duration(ms, 'en')} old`,
  loading: 'Loading',
  menu: title => `Menu of ${title}`,
  viewQuery: 'Show the query',
  asTable: 'Show as a table',
  asChart: 'Show as a chart',
  explore: 'Open in Explore',
  enlarge: 'Enlarge',
  query: 'Query',
  original: 'As written',
  sent: 'As asked',
  step: 'Step',
  copy: 'Copy',
  copied: 'Copied',
  close: 'Close',
  untitled: 'Panel without title',
  panelsInside: n => n === 1 ? '1 panel' : `${n} panels`,
  all: 'All',
  variables: 'Variables',
  nothingToChoose: 'nothing to choose from',
  noMetric: names => names.includes(':') ? `${names} would come from a recording rule that is not loaded here.` : `No service exposes ${names}.`,
  notInRange: names => `${names} is known, but has no samples in this range.`,
  filteredAway: 'The metrics are there; the filters of the query match none of their series.',
  time: 'Time',
  badRange: text => `"${text}" is not a time range. The last 6 hours are shown.`,
}

const KO: PanelWords = {
  noData: '이 기간에는 데이터가 없습니다.',
  noDataHint: '기간을 넓히거나, 탐색에서 어떤 메트릭이 없는지 확인하세요.',
  noQuery: '이 패널에는 쿼리가 없습니다.',
  failed: '쿼리에 답하지 못했습니다.',
  retry: '다시 시도',
  unreadable: '이 보드를 읽을 수 없습니다.',
  unreadableHint: path => path === '' ? 'JSON이 대시보드가 아닙니다.' : `잘못된 곳: ${path}`,
  emptyBoard: '이 보드에는 아직 패널이 없습니다.',
  unsupported: type => `"${type}" 패널은 아직 그릴 수 없습니다.`,
  unsupportedHint: '설정은 보드에 그대로 남아 있으며, Grafana에서는 그려집니다.',
  age: ms => `${duration(ms, 'ko')} 전 데이터`,
  loading: '불러오는 중',
  menu: title => `${title} 메뉴`,
  viewQuery: '쿼리 보기',
  asTable: '표로 보기',
  asChart: '그래프로 보기',
  explore: '탐색에서 열기',
  enlarge: '크게 보기',
  query: '쿼리',
  original: '작성된 쿼리',
  sent: '실제로 보낸 쿼리',
  step: '간격',
  copy: '복사',
  copied: '복사했습니다',
  close: '닫기',
  untitled: '제목 없는 패널',
  panelsInside: n => `패널 ${n}개`,
  all: '전체',
  variables: '변수',
  nothingToChoose: '고를 값이 없습니다',
  noMetric: names => names.includes(':') ? `${names}은(는) 레코딩 규칙이 만드는 메트릭인데, 그 규칙이 여기에 없습니다.` : `${names} 메트릭을 내보내는 서비스가 없습니다.`,
  notInRange: names => `${names} 메트릭은 있지만 이 기간에는 샘플이 없습니다.`,
  filteredAway: '메트릭은 있지만 쿼리의 조건에 맞는 시리즈가 없습니다.',
  time: '시각',
  badRange: text => `"${text}" 기간을 읽을 수 없어 최근 6시간을 보여 줍니다.`,
}

/** The words of a language. */
export function panelWords(language: Language): PanelWords {
  return language === 'ko' ? KO : EN
}
