import { wordsOf } from './lazy-words.ts'
import type { SayOf } from './lazy-words.ts'
import type { Words } from './index.ts'

const EN = {
  'unknown': 'There is no metric called {{name}}.',
  'unknownNear': 'There is no metric called {{name}}. Did you mean:',
  'rateOnGauge': '{{name}} is a gauge: it goes up and down, and {{func}}() takes each fall for a restart. {{better}}() is made for it.',
  'bareCounter': '{{name}} is a counter: it only grows. How fast it grows says more.',
  'use': 'Use {{what}}',
} as const
const KO: Readonly<Record<keyof typeof EN, string>> = {
  'unknown': '{{name}}이라는 메트릭이 없습니다.',
  'unknownNear': '{{name}}이라는 메트릭이 없습니다. 혹시 이것인가요?',
  'rateOnGauge': '{{name}}은 게이지입니다. 오르내리는 값이라 {{func}}()는 내려갈 때마다 재시작으로 여깁니다. {{better}}()를 쓰세요.',
  'bareCounter': '{{name}}은 카운터입니다. 계속 늘기만 하므로 늘어나는 속도를 보는 편이 낫습니다.',
  'use': '{{what}} 사용',
}

/** The words of the hints about a query. */
export const useHintWords: () => Words & { readonly w: SayOf<keyof typeof EN> } = wordsOf(EN, KO)
