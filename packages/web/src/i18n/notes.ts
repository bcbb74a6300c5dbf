import { wordsOf } from './lazy-words.ts'
import type { SayOf } from './lazy-words.ts'
import type { Words } from './index.ts'

const EN = {
  'title': 'Annotation',
  'new': 'New annotation',
  'text': 'What happened?',
  'textHint': 'Deployed version 2.3',
  'noText': 'Write a few words: a mark without them says nothing.',
  'tags': 'Tags',
  'tagsHint': 'e.g. deploy; other boards can show annotations by their tags',
  'from': 'From',
  'to': 'To',
  'badTime': 'This is no moment.',
  'panelOnly': 'Only in this panel',
  'save': 'Save',
  'remove': 'Delete',
  'sure': 'Delete it for everybody?',
  'yes': 'Yes, delete it',
  'no': 'Keep it',
  'by': 'written by {{who}}',
  'list': 'Annotations',
  'listCount': 'Annotations ({{n}})',
  'none': 'No annotations in this time range. Ctrl-click a chart, or drag over it with Ctrl held down, to write one; with the keyboard, press a at the crosshair.',
  'edit': 'Change “{{text}}”',
  'failed': 'It could not be stored: {{why}}',
} as const

const KO: Readonly<Record<keyof typeof EN, string>> = {
  'title': '주석',
  'new': '새 주석',
  'text': '무슨 일이 있었나요?',
  'textHint': '2.3 버전 배포',
  'noText': '짧게라도 써 주세요. 글이 없으면 표시가 아무것도 알려 주지 않습니다.',
  'tags': '태그',
  'tagsHint': '예: deploy. 다른 보드에서도 태그로 주석을 볼 수 있습니다',
  'from': '시작',
  'to': '끝',
  'badTime': '시각이 아닙니다.',
  'panelOnly': '이 패널에만',
  'save': '저장',
  'remove': '지우기',
  'sure': '모두에게서 지울까요?',
  'yes': '예, 지웁니다',
  'no': '그대로 두기',
  'by': '{{who}} 작성',
  'list': '주석',
  'listCount': '주석 ({{n}})',
  'none': '이 시간 범위에는 주석이 없습니다. 차트를 Ctrl+클릭하거나 Ctrl을 누른 채 끌어서 쓸 수 있습니다. 키보드로는 십자선에서 a를 누르세요.',
  'edit': '“{{text}}” 고치기',
  'failed': '저장하지 못했습니다: {{why}}',
}

/** The words of annotations that people write. */
export const useNoteWords: () => Words & { readonly w: SayOf<keyof typeof EN> } = wordsOf(EN, KO)
