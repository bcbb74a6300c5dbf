import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { later } from './later.ts'

const View = ({ name }: { readonly name: string }): string => `hello ${name}`

describe('later', () => {
  test('[W1] code that is there is drawn in the same pass; before, what waits for it stands there', async () => {
    let loads = 0
    const Late = later(async () => {
      loads++
      return await Promise.resolve(View)
    })
    const drawn = (): string => renderToStaticMarkup(createElement(Late, { name: 'you', waiting: 'a moment' }))
    expect(drawn()).toBe('a moment')
    await expect.poll(drawn).toBe('hello you')
    expect(loads).toBe(1)
  })

  test('[W1] a failed load is thrown where it should have been drawn', async () => {
    const Late = later<{ readonly name: string }>(async () => await Promise.reject(new Error('no such file')))
    const drawn = (): string => renderToStaticMarkup(createElement(Late, { name: 'you' }))
    expect(drawn()).toBe('')
    await expect.poll(() => {
      try {
        return drawn()
      } catch (err) {
        return String(err)
      }
    }).toBe('Error: no such file')
  })
})
