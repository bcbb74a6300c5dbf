import { referencePath } from '@haechi/testkit'

/** The folder of reference material beside the repository, or undefined in a clone that has none. */
export function sharedFolder(): string | undefined {
  return referencePath('.')
}
