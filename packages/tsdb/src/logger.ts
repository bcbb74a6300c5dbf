/** Where the storage says what it did. A pino logger fits. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** Says nothing. */
export const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} }
