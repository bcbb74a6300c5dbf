import { CONFIGURATION_MESSAGES } from './configuration.ts'
import { PROGRAM_MESSAGES } from './program.ts'
import { QUERY_MESSAGES } from './queries.ts'
import { REQUEST_MESSAGES } from './requests.ts'
import { translator } from './translator.ts'

const translate = translator([...QUERY_MESSAGES, ...CONFIGURATION_MESSAGES, ...REQUEST_MESSAGES, ...PROGRAM_MESSAGES])

/**
 * A message of this program in Korean. Messages are made deep inside, in English, where no reader is known; who shows one to a person asks here. Places, paths and
 * what people wrote themselves stay as they are; several lines are translated one by one, and what is not known stays English.
 */
export function inKorean(message: string): string {
  const lines = message.split('\n').map(line => ({ line, korean: line === '' ? '' : translate(line) }))
  if (lines.every(l => l.korean !== undefined)) return lines.map(l => l.korean).join('\n')
  return translate(message) ?? lines.map(l => l.korean ?? l.line).join('\n')
}
