import { useEffect, useRef } from 'react'
import type { TimeRange } from '@haechi/dashboards'
import { boardUid } from '../api/first-paths.ts'
import { firstOf, keepQuestions } from '../api/first-questions.ts'
import type { AskedQuestion } from '../api/first-questions.ts'
import type { RangeText } from './types.ts'

/** So long after it was made a board has asked what it asks first. */
const FIRST_MS = 2000

let asked: AskedQuestion[] | undefined = []

/** Notes what is asked while the page is being opened. */
export function noteQuestion({ expr, stepMs, instant, startMs, endMs }: AskedQuestion): void {
  asked?.push({ expr, stepMs, instant, startMs, endMs })
}

/**
 * Remembers in this browser what the board asked that the page was opened with, so that it is asked at the next opening before the page's code is there.
 * Whatever has changed by then is asked as ever, and what was asked in vain is not used.
 */
export function useKeptQuestions(uid: string, text: RangeText, range: TimeRange): void {
  const first = useRef({ text, range })
  useEffect(() => {
    const opened = globalThis.haechiOpened
    if (asked === undefined || opened === undefined || boardUid(opened.address.split('?', 1)[0]!) !== uid) return undefined
    const keep = (): void => {
      end()
      const kept = firstOf(asked ?? [], first.current.text.from, first.current.text.to, first.current.range, innerWidth)
      asked = undefined
      if (kept !== undefined) keepQuestions(() => localStorage, opened.address, kept)
    }
    const timer = setTimeout(keep, FIRST_MS)
    const end = (): void => {
      clearTimeout(timer)
      removeEventListener('pagehide', keep)
    }
    addEventListener('pagehide', keep)
    return end
  }, [uid])
}
