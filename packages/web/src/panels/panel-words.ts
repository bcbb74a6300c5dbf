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
  readonly otherSource: (kind: string) => string
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
  readonly noValueOf: (metric: string, condition: string) => string
  /** The header's word for an own range such as `7d`; '' for none. */
  readonly lastOf: (text: string) => string
  readonly shiftedBy: (text: string) => string
  readonly didYouMean: (name: string) => string
  readonly time: string
  readonly badRange: (text: string) => string
  readonly name: string
  readonly value: string
  readonly share: string
  readonly yes: string
  readonly no: string
  readonly chooseTable: string
  readonly rowsOf: (shown: number, all: number) => string
  readonly showMore: string
  readonly sortBy: (name: string) => string
  readonly skipped: (ids: string) => string
  readonly openRow: (n: number) => string
  readonly oneOf: (isIn: boolean) => string
  readonly idleFilter: string
  readonly libraryMissing: (name: string) => string
  readonly libraryMissingHint: string
  readonly exemplar: string
  readonly closeRow: (n: number) => string
  readonly filterColumn: (name: string) => string
  readonly inspectCell: (name: string) => string
  readonly noNumbers: string
  readonly noNumbersHint: string
  readonly noBuckets: string
  readonly noBucketsHint: string
  readonly valuesSummary: (title: string, all: string, more: number) => string
  readonly tableSummary: (title: string, rows: number, columns: number) => string
  readonly gridSummary: (title: string, rows: number, span: string) => string
  readonly heatSummary: (title: string, buckets: number, span: string, top: string) => string
  readonly count: string
  readonly bucket: string
  readonly state: string
  readonly total: string
  readonly asCsv: string
  readonly asPng: string
  readonly links: string
  readonly annotationFailed: (why: string) => string
  readonly notes: string
  readonly addFilter: string
  readonly removeFilter: (filter: string) => string
  readonly label: string
  readonly comparison: string
  readonly noAlerts: string
  readonly alertCount: string
  readonly firing: string
  readonly pending: string
  readonly since: (ms: number) => string
  readonly noBoards: string
  readonly starred: string
  readonly boards: string
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
  otherSource: kind => `This panel asks a data source of kind "${kind}", which Haechi does not have.`,
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
  noValueOf: (metric, condition) => `No series of ${metric} has ${condition}.`,
  lastOf: text => text === '' ? '' : `last ${text.replace(/^now-/, '')}`,
  shiftedBy: text => text === '' ? '' : `${text.replace(/^-/, '')} earlier`,
  didYouMean: name => `Did you mean ${name}?`,
  filteredAway: 'The metrics are there; the filters of the query match none of their series.',
  time: 'Time',
  badRange: text => `"${text}" is not a time range. The last 6 hours are shown.`,
  name: 'Name',
  value: 'Value',
  share: 'Share',
  yes: 'Yes',
  no: 'No',
  chooseTable: 'Which table',
  rowsOf: (shown, all) => `${shown} of ${all} rows.`,
  showMore: 'Show more',
  sortBy: name => `Sort by ${name}`,
  skipped: ids => `Shown without the transformation ${ids}, which is not known here.`,
  openRow: n => `Open row ${n}`,
  oneOf: isIn => isIn ? '= one of' : '!= all of',
  idleFilter: 'Labels can\'t be compared with < and > in PromQL: this filter changes nothing.',
  libraryMissing: name => `The library panel “${name}” is not here`,
  libraryMissingHint: 'The board only refers to it. Import the library panel, or remove this one.',
  exemplar: 'One measured request',
  closeRow: n => `Close row ${n}`,
  filterColumn: name => `Only rows whose ${name} contains`,
  inspectCell: name => `Show ${name} in full`,
  noNumbers: 'There is nothing in the answer that this panel can draw.',
  noNumbersHint: 'It needs a column of numbers. "Show as a table" shows what came back.',
  noBuckets: 'The answer has no buckets.',
  noBucketsHint: 'A heatmap needs series with the label "le", e.g. sum by (le) (rate(x_bucket[5m])).',
  valuesSummary: (title, all, more) => `${title}: ${all}${more > 0 ? ` and ${more} more` : ''}.`,
  tableSummary: (title, rows, columns) => `${title}: table of ${rows} rows and ${columns} columns.`,
  gridSummary: (title, rows, span) => `${title}: the states of ${rows} series in ${span}.`,
  heatSummary: (title, buckets, span, top) => `${title}: distribution over ${buckets} buckets in ${span}; most values lie in ${top}.`,
  count: 'Count',
  bucket: 'Bucket',
  state: 'State',
  total: 'Total',
  asCsv: 'Save the data as CSV',
  asPng: 'Save as a picture (PNG)',
  links: 'Links',
  annotationFailed: why => `Its marks could not be asked for: ${why}`,
  notes: 'Annotations',
  addFilter: 'Add a filter',
  removeFilter: filter => `Take away the filter ${filter}`,
  label: 'Label',
  comparison: 'Compare',
  noAlerts: 'No alert is waiting or firing.',
  alertCount: 'alerts',
  firing: 'Firing',
  pending: 'Waiting',
  since: ms => `for ${duration(ms, 'en')}`,
  noBoards: 'No board fits.',
  starred: 'Starred',
  boards: 'Boards',
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
  otherSource: kind => `이 패널은 "${kind}" 데이터 소스에 묻습니다. Haechi에는 없는 데이터 소스입니다.`,
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
  noValueOf: (metric, condition) => `${metric} 메트릭에 ${condition}인 시계열이 없습니다.`,
  lastOf: text => text === '' ? '' : `최근 ${text.replace(/^now-/, '')}`,
  shiftedBy: text => text === '' ? '' : `${text.replace(/^-/, '')} 전 값`,
  didYouMean: name => `혹시 ${name}인가요?`,
  filteredAway: '메트릭은 있지만 쿼리의 조건에 맞는 시계열가 없습니다.',
  time: '시각',
  badRange: text => `"${text}" 기간을 읽을 수 없어 최근 6시간을 보여 줍니다.`,
  name: '이름',
  value: '값',
  share: '비율',
  yes: '예',
  no: '아니요',
  chooseTable: '표 고르기',
  rowsOf: (shown, all) => `전체 ${all}행 중 ${shown}행입니다.`,
  showMore: '더 보기',
  sortBy: name => `${name} 기준으로 정렬`,
  skipped: ids => `여기서 지원하지 않는 변환(${ids})은 건너뛰고 보여 줍니다.`,
  openRow: n => `${n}번째 행 펼치기`,
  oneOf: isIn => isIn ? '= 이 중 하나' : '!= 모두 아님',
  idleFilter: 'PromQL은 레이블을 < 와 > 로 비교할 수 없어서 이 필터는 적용되지 않습니다.',
  libraryMissing: name => `라이브러리 패널 “${name}”이(가) 여기에 없습니다`,
  libraryMissingHint: '보드에는 참조만 있습니다. 라이브러리 패널을 가져오거나 이 패널을 지우세요.',
  exemplar: '측정된 요청 하나',
  closeRow: n => `${n}번째 행 접기`,
  filterColumn: name => `${name}에 이 글이 있는 행만`,
  inspectCell: name => `${name} 전체 보기`,
  noNumbers: '이 패널이 그릴 수 있는 값이 결과에 없습니다.',
  noNumbersHint: '숫자 열이 필요합니다. "표로 보기"에서 받은 결과를 볼 수 있습니다.',
  noBuckets: '결과에 버킷이 없습니다.',
  noBucketsHint: '히트맵에는 "le" 레이블이 있는 시계열가 필요합니다. 예: sum by (le) (rate(x_bucket[5m]))',
  valuesSummary: (title, all, more) => `${title}: ${all}${more > 0 ? ` 외 ${more}개` : ''}`,
  tableSummary: (title, rows, columns) => `${title}: ${rows}행 ${columns}열 표입니다.`,
  gridSummary: (title, rows, span) => `${title}: 시계열 ${rows}개의 ${span} 동안 상태입니다.`,
  heatSummary: (title, buckets, span, top) => `${title}: ${span} 동안 버킷 ${buckets}개의 분포이며, 값은 ${top} 구간에 가장 많습니다.`,
  count: '개수',
  bucket: '버킷',
  state: '상태',
  total: '합계',
  asCsv: '데이터를 CSV로 저장',
  asPng: '그림(PNG)으로 저장',
  links: '링크',
  annotationFailed: why => `표시할 시점을 가져오지 못했습니다: ${why}`,
  notes: '주석',
  addFilter: '필터 추가',
  removeFilter: filter => `${filter} 필터 없애기`,
  label: '레이블',
  comparison: '비교',
  noAlerts: '대기 중이거나 발생한 알림이 없습니다.',
  alertCount: '건의 알림',
  firing: '발생',
  pending: '대기',
  since: ms => `${duration(ms, 'ko')}째`,
  noBoards: '조건에 맞는 보드가 없습니다.',
  starred: '즐겨찾기',
  boards: '보드',
}

/** The words of a language. */
export function panelWords(language: Language): PanelWords {
  return language === 'ko' ? KO : EN
}
