export { decodeSearch, encodeSearch } from './state/search.ts'
export type { PageSearch } from './state/search.ts'
