import { createContext, useContext } from 'react'
import type { Context } from 'react'

/** The data source that a part of a page asks, by its uid; undefined for our own storage. */
export const AskedSource: Context<string | undefined> = createContext<string | undefined>(undefined)

/** The data source that is asked here. */
export function useAskedSource(): string | undefined {
  return useContext(AskedSource)
}
