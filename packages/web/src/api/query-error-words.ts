/** A sentence in both languages. */
interface Said { readonly en: string; readonly ko: string }

/** What Prometheus' messages mean, by their beginning or middle; the first that fits. The message itself is shown beside it. */
const MEANINGS: readonly (readonly [pattern: RegExp, said: Said])[] = [
  [/unclosed left parenthesis/, { en: 'A bracket that was opened is not closed.', ko: '여는 괄호에 맞는 닫는 괄호가 없습니다.' }],
  [/unexpected right parenthesis|unexpected "\)"/, { en: 'There is a closing bracket too many, or something is missing before it.', ko: '닫는 괄호가 하나 더 있거나 그 앞에 빠진 것이 있습니다.' }],
  [/unexpected end of input/, { en: 'The query ends too early: something is missing at its end.', ko: '쿼리가 중간에 끝났습니다. 끝에 빠진 것이 있습니다.' }],
  [/unterminated quoted string|unclosed quoted|unterminated raw string/, { en: 'A text in quotes is not closed.', ko: '따옴표로 시작한 글이 닫히지 않았습니다.' }],
  [/unknown function with name/, { en: 'There is no function of this name.', ko: '이런 이름의 함수는 없습니다.' }],
  [/expected type range vector/, { en: 'This function needs a stretch of time: write a range such as [5m] after the metric.', ko: '이 함수에는 구간이 필요합니다. 메트릭 뒤에 [5m]처럼 구간을 적어 주세요.' }],
  [/expected type instant vector in|invalid expression type "range vector"/, { en: 'A range such as [5m] is only for functions like rate(). Take it away, or put a function around it.', ko: '[5m] 같은 구간은 rate() 같은 함수 안에서만 씁니다. 구간을 빼거나 함수로 감싸 주세요.' }],
  [/expected \d+ argument|argument\(s\) in call to/, { en: 'The function takes another number of arguments.', ko: '함수에 넣는 인수의 개수가 다릅니다.' }],
  [/many-to-many matching not allowed/, { en: 'Both sides have several series with the same labels, so that it is not clear which belong together. Name labels that tell them apart in on(…), or sum one side first.', ko: '양쪽에 같은 레이블을 가진 시계열이 여럿이라 어느 것끼리 계산할지 정할 수 없습니다. on(…)에 구분되는 레이블을 더 적거나, 한쪽을 먼저 sum으로 합쳐 주세요.' }],
  [/multiple matches for labels/, { en: 'One series on one side matches several on the other. Say group_left or group_right, or sum first.', ko: '한쪽의 시계열 하나에 다른 쪽 여럿이 맞습니다. group_left나 group_right를 적거나 먼저 sum으로 합쳐 주세요.' }],
  [/parse error: bad (number or )?duration|not a valid duration|duration must be/, { en: 'This is no duration. Write 30s, 5m, 1h or 1d.', ko: '읽을 수 없는 시간입니다. 30s, 5m, 1h, 1d처럼 적어 주세요.' }],
  [/vector selector must contain at least one non-empty matcher/, { en: 'Without a metric name, at least one condition must name a value.', ko: '메트릭 이름이 없으면 값이 있는 조건이 하나는 필요합니다.' }],
  [/error parsing regexp|invalid regular expression/, { en: 'The regular expression is wrong.', ko: '정규식이 잘못되었습니다.' }],
  [/query timed out|context deadline exceeded/, { en: 'It takes too long. Ask for a shorter time range or fewer series.', ko: '시간이 너무 오래 걸립니다. 시간 범위를 줄이거나 시계열을 줄여 주세요.' }],
  [/too many samples/, { en: 'It would read too much. Ask for a shorter time range or fewer series.', ko: '읽을 데이터가 너무 많습니다. 시간 범위를 줄이거나 시계열을 줄여 주세요.' }],
  [/exceeded maximum resolution/, { en: 'So many points fit no picture. Choose a longer step.', ko: '점이 너무 많습니다. 간격을 더 길게 잡아 주세요.' }],
  [/unexpected /, { en: 'Something here does not belong in a query.', ko: '이 자리에 올 수 없는 글자가 있습니다.' }],
]

/** What a message about a query means, in words for people who don't read parsers; undefined where nothing is known. */
export function queryErrorMeaning(message: string): Said | undefined {
  return MEANINGS.find(([pattern]) => pattern.test(message))?.[1]
}
