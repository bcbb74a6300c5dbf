import { createContext } from 'react'
import type { Context } from 'react'
import type { Diagnosis } from '@haechi/server'

/** What was found about the panels of the board that is shown, by their numbers. */
export const FindingsContext: Context<ReadonlyMap<number, readonly Diagnosis[]>> = createContext<ReadonlyMap<number, readonly Diagnosis[]>>(new Map())
