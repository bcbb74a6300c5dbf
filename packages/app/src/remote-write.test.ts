import { readFileSync } from 'node:fs'
import { snappyCompress } from 'hysnappy'
import { MemoryStorage } from '@haechi/storage'
import { expect, test } from 'vitest'
import { remoteWriteReceiver } from './remote-write.ts'

interface Recorded { readonly headers: readonly [type: string, encoding: string | null]; readonly status: number; readonly written: readonly (string | null)[]; readonly body: string }
const GOLDEN = JSON.parse(readFileSync(new URL('../../remote/test/golden/v2.json', import.meta.url), 'utf8')) as { readonly headers: readonly Recorded[]; readonly requests: readonly { readonly message: string }[] }

test('[RW13] what the headers announce is taken or refused as by Prometheus; the answer counts what was written', async () => {
  const body = snappyCompress(Buffer.from(GOLDEN.requests[0]!.message, 'base64'))
  for (const { headers: [type, encoding], status, written, body: text } of GOLDEN.headers) {
    const receive = remoteWriteReceiver(new MemoryStorage(), false)
    const answer = await receive({ 'content-type': type, ...(encoding !== null && { 'content-encoding': encoding }) }, body)
    expect({ type, status: answer.status, body: answer.body ?? '' }).toEqual({ type, status, body: text })
    if (written[0] !== null) expect(Object.values(answer.headers ?? {})).toEqual(written)
  }
})
