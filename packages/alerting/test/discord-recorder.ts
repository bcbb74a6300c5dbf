import { TransportError } from '../src/index.ts'
import type { HttpPost, HttpRequest, HttpResponse } from '../src/index.ts'

/** Stands in for Discord (or any webhook): keeps what it was sent, answers what it was told to, else 200. */
export class Recorder {
  readonly requests: HttpRequest[] = []
  /** The next answers, in order; an Error is a connection that fails. */
  answers: (Partial<HttpResponse> | TransportError)[] = []

  readonly post: HttpPost = async r => {
    this.requests.push(r)
    const answer = this.answers.shift() ?? { status: 200 }
    if (answer instanceof TransportError) throw answer
    return { status: 200, headers: {}, body: '', ...answer }
  }

  bodies(): Record<string, unknown>[] {
    return this.requests.map(r => JSON.parse(r.body) as Record<string, unknown>)
  }

  /** Titles of the first embeds. */
  titles(): string[] {
    return this.bodies().map(b => (b['embeds'] as { title: string }[])[0]!.title)
  }
}

export const LIMITED: Partial<HttpResponse> = { status: 429, headers: { 'retry-after': '1' }, body: '{"message":"You are being rate limited.","retry_after":0.65,"global":false}' }
