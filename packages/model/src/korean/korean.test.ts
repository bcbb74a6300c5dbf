import { describe, expect, it } from 'vitest'
import { inKorean } from './index.ts'
import { translator } from './translator.ts'

describe('[K1] messages in Korean', () => {
  it('[K1] known as a whole, by their gaps, behind a place and a path, with a hint', () => {
    expect(inKorean('expected a list')).toBe('목록이어야 합니다')
    expect(inKorean('prometheus.yml:4:18: scrape_configs[0].static_configs[0].targets: expected a list')).toBe('prometheus.yml:4:18: scrape_configs[0].static_configs[0].targets: 목록이어야 합니다')
    expect(inKorean('a.yml:1:1: scrape_config: field scrape_config not found (did you mean scrape_configs?)')).toBe('a.yml:1:1: scrape_config: 없는 항목입니다: scrape_config (혹시 scrape_configs인가요?)')
    expect(inKorean('C:\\haechi\\a.yml:2:1: not valid YAML: Tabs are not allowed as indentation')).toBe('C:\\haechi\\a.yml:2:1: YAML 문법이 잘못되었습니다. 들여쓰기에는 탭 대신 빈칸을 써야 합니다')
  })

  it('[K1] what is filled in is translated when it is known itself', () => {
    expect(inKorean('invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector'))
      .toBe('매개변수 "query": 1:6: 식을 읽을 수 없습니다. 함수 "rate"의 인자 자리에는 범위 벡터가 와야 하는데 순간 벡터입니다')
    expect(inKorean('cannot read configuration file nope.yml: no such file')).toBe('설정 파일을 읽을 수 없습니다: nope.yml. 그런 파일이 없습니다')
  })

  it('[K1] what people wrote is not translated, and particles go with what is filled in', () => {
    expect(inKorean('expected type string in call to function "scalar", got scalar')).toBe('함수 "scalar"의 인자 자리에는 문자열이 와야 하는데 스칼라입니다')
    expect(inKorean('unexpected end of input in label matching, expected "," or "}"')).toBe('레이블 조건에서 "," 또는 "}"이(가) 와야 할 자리에 식의 끝이 왔습니다')
    expect(inKorean('there is one organisation here, number 1, not 2')).toBe('조직은 1번 하나뿐인데 2번이 적혀 있습니다')
    const say = translator([['x {what}', '{what}은(는) {what}을(를) {what}과(와)']])
    expect(say('x 3')).toBe('3은 3을 3과')
    expect(say('x "9"')).toBe('"9"는 "9"를 "9"와')
    expect(say('x up')).toBe('up은(는) up을(를) up과(와)')
  })

  it('[K1] each line of several', () => {
    expect(inKorean('r.yml: 3:5: group "a", rule 1, "b": invalid recording rule name: b c\nr.yml: 9:5: Groupname must not be empty'))
      .toBe('r.yml: 3:5: 그룹 "a"의 1번째 규칙 "b": 기록 규칙의 이름이 잘못되었습니다: b c\nr.yml: 9:5: 그룹 이름이 비어 있습니다')
  })

  it('[K1] what is unknown stays as it is, whatever it holds', () => {
    for (const text of ['', ' ', 'something else', 'a.yml:1:1: x: something else', '{}', '$1 ('.repeat(2000), '1:1: '.repeat(2000), 'no '.repeat(100_000), '안녕']) expect(inKorean(text)).toBe(text)
  })

  it('[K1] a long message takes no longer than its length: a million letters of words that could fit in many ways', () => {
    const text = `unexpected ${' in a, expected b'.repeat(60_000)}`
    expect(inKorean(text)).toMatch(/^a에서 /)
  })

  it('[K1] the longer message wins, and a gap is never empty', () => {
    const say = translator([['no {a}', '없음 {a}'], ['no {a} in {b}', '{b}에 {a} 없음']])
    expect(say('no milk in tea')).toBe('tea에 milk 없음')
    expect(say('no milk')).toBe('없음 milk')
    expect(say('no ')).toBeUndefined()
  })
})
