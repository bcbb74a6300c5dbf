import type { ChangeLog, JsonAnswer } from '@haechi/storage'
import type { Question } from './protocol.ts'

/** The largest part of all memory that one body may take. */
const LARGEST_PART = 4
/** What a body takes beside its bytes, roughly. */
const ENTRY_BYTES = 500

/** The present of the storage. */
interface Moment {
  readonly version: number
  readonly mark: number
}

interface KeptAnswer extends Moment {
  readonly body: Uint8Array
  readonly bytes: number
}

/** A question whose answer may be kept. Made before the storage is read. */
export interface AnswerPlace extends Moment {
  readonly key: string
}

/** What looks at samples behind the time of a step, or may. */
const LOOKS_AHEAD = /@|\boffset\s*(?![\s\d])|\bsmoothed\b/i

/**
 * Whole bodies, for questions that come again word by word: several people look at one board, or one of them goes back to it. A body holds as
 * long as no sample came that is not behind the question's end, and nothing of the past was changed. The caller's thread alone uses it.
 */
export class KeptAnswers {
  readonly #maxBytes: number
  readonly #changes: ChangeLog
  /** Oldest use first. */
  readonly #answers = new Map<string, KeptAnswer>()
  #bytes = 0

  constructor(maxBytes: number, changes: ChangeLog) {
    this.#maxBytes = maxBytes
    this.#changes = changes
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#bytes
  }

  /** Where the answer to a question belongs; undefined: it is not kept. To be called before the question is asked. */
  placeOf(question: Question): AnswerPlace | undefined {
    const key = keyOf(question)
    return key === undefined ? undefined : { key, version: this.#changes.version(), mark: this.#changes.mark() }
  }

  /** The kept answer to a question, if it still holds. */
  find(question: Question, { key, version }: AnswerPlace): JsonAnswer | undefined {
    const found = this.#answers.get(key)
    if (found === undefined) return undefined
    const { query } = question
    const lastMs = 'tMs' in query ? query.tMs : query.endMs
    this.#drop(key)
    if (found.version !== version || !(this.#changes.oldestSince(found.mark) > lastMs)) return undefined
    this.#answers.set(key, found)
    this.#bytes += found.bytes
    return { body: found.body }
  }

  /** Keeps a body, which nobody may write into any more. */
  keep({ key, version, mark }: AnswerPlace, { body }: JsonAnswer): void {
    this.#drop(key)
    const bytes = body.buffer.byteLength + 2 * key.length + ENTRY_BYTES
    if (bytes > this.#maxBytes / LARGEST_PART) return
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes + bytes <= this.#maxBytes) break
      this.#drop(oldest)
    }
    this.#answers.set(key, { version, mark, body, bytes })
    this.#bytes += bytes
  }

  #drop(key: string): void {
    this.#bytes -= this.#answers.get(key)?.bytes ?? 0
    this.#answers.delete(key)
  }
}

/** Everything that an answer depends on, as one text; undefined: such an answer is not kept. */
function keyOf(question: Question): string | undefined {
  switch (question.method) {
    case 'seriesJson':
    case 'labelNamesJson': {
      const { query: q } = question
      return q.fresh === true ? undefined : JSON.stringify([question.method, q.startMs, q.endMs, q.limit ?? 0, q.matchers])
    }
    case 'labelValuesJson': {
      const { query: q } = question
      return q.fresh === true ? undefined : JSON.stringify([question.method, q.startMs, q.endMs, q.limit ?? 0, q.matchers, question.name])
    }
    case 'instantJson':
    case 'rangeJson': {
      const { query: q } = question
      if (q.fresh === true || (q.stats ?? '') !== '' || LOOKS_AHEAD.test(q.expr)) return undefined
      const times = 'tMs' in q ? [q.tMs] : [q.startMs, q.endMs, q.stepMs]
      return JSON.stringify([question.method, ...times, q.lookbackMs ?? 0, q.limit ?? 0, q.expr])
    }
    default: return undefined
  }
}
