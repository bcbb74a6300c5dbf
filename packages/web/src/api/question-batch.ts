/** Status and text of an answer. */
export interface TextAnswer {
  readonly status: number
  readonly body: string
}

/** How questions go to the server. `path`: below `api/v1/`, e.g. `query_range`. */
export interface QuestionWays {
  readonly one: (path: string, params: URLSearchParams, signal: AbortSignal | undefined) => Promise<TextAnswer>
  /** Several at once, as addresses (`query_range?query=…`). Told of each answer when it comes. Rejects when not all came. */
  readonly several: (addresses: readonly string[], onAnswer: (place: number, answer: TextAnswer) => void, signal: AbortSignal) => Promise<void>
}

/**
 * Asks a question. Rejects with the signal's reason when that fires, as the request does that carried it, and as `read` throws.
 * @param read  what the answer says
 */
export type AskQuestion = <T>(path: string, params: URLSearchParams, read: (answer: TextAnswer) => T, signal?: AbortSignal) => Promise<T>

/** As many as the server takes. @see packages/server/src/own/queries.ts */
const MOST_TOGETHER = 100

interface Waiting {
  readonly path: string
  readonly params: URLSearchParams
  readonly signal: AbortSignal | undefined
  readonly take: (answer: TextAnswer) => void
  readonly reject: (err: unknown) => void
}

/**
 * Has questions that are asked in the same moment travel together: a board asks those of all its panels at once, and a browser opens six connections to one server.
 * One that is alone goes alone. Who gives up leaves the request to the others; the last one ends it.
 */
export function questionBatch(ways: QuestionWays): AskQuestion {
  let waiting: Waiting[] = []
  const flush = (): void => {
    const asked = waiting.filter(w => w.signal?.aborted !== true)
    for (const w of waiting) if (w.signal?.aborted === true) w.reject(w.signal.reason)
    waiting = []
    for (let i = 0; i < asked.length; i += MOST_TOGETHER) {
      const part = asked.slice(i, i + MOST_TOGETHER)
      if (part.length === 1) ways.one(part[0]!.path, part[0]!.params, part[0]!.signal).then(part[0]!.take).catch(part[0]!.reject)
      else void askSeveral(part, ways)
    }
  }
  return (path, params, read, signal) => new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    if (waiting.length === 0) queueMicrotask(flush)
    waiting.push({ path, params, signal, take: answer => resolve(read(answer)), reject })
  })
}

async function askSeveral(asked: readonly Waiting[], ways: QuestionWays): Promise<void> {
  const controller = new AbortController()
  let left = asked.length
  const leave = asked.map(w => {
    const onAbort = (): void => {
      w.reject(w.signal!.reason)
      if (--left === 0) controller.abort(w.signal!.reason)
    }
    w.signal?.addEventListener('abort', onAbort, { once: true })
    return () => w.signal?.removeEventListener('abort', onAbort)
  })
  try {
    await ways.several(asked.map(w => `${w.path}?${w.params.toString()}`), (place, answer) => {
      const w = asked[place]
      if (w === undefined || w.signal?.aborted === true) return
      leave[place]!()
      left--
      try {
        w.take(answer)
      } catch (err) {
        w.reject(err)
      }
    }, controller.signal)
  } catch (err) {
    for (const w of asked) w.reject(err)
  } finally {
    for (const end of leave) end()
  }
}

/** So long answers are handed over in one go; the rest come after what people have pressed meanwhile. */
const SLICE_MS = 8

/**
 * Reads `<place> <status> <body>` lines as they come. Hands over answers in slices, so that those of fifty panels never hold up the keyboard.
 *
 * @param pause  gives the browser its turn
 * @throws the reader's error; Error when the text ends before `count` answers
 */
export async function readAnswers(reader: Pick<ReadableStreamDefaultReader<Uint8Array>, 'read'>, count: number, onAnswer: (place: number, answer: TextAnswer) => void, pause: () => Promise<void>, now: () => number): Promise<void> {
  const decoder = new TextDecoder()
  let parts: string[] = []
  let told = 0
  let endMs = now() + SLICE_MS
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    endMs = Math.max(endMs, now() + SLICE_MS / 2)
    const text = decoder.decode(value, { stream: true })
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      parts.push(text.slice(from, to))
      from = to + 1
      const line = parts.length === 1 ? parts[0]! : parts.join('')
      parts = []
      const first = line.indexOf(' ')
      const second = line.indexOf(' ', first + 1)
      told++
      onAnswer(Number(line.slice(0, first)), { status: Number(line.slice(first + 1, second)), body: line.slice(second + 1) })
      if (now() < endMs) continue
      await pause()
      endMs = now() + SLICE_MS
    }
    if (from < text.length) parts.push(text.slice(from))
  }
  if (told < count) throw new Error(`${count - told} of ${count} answers are missing`)
}
