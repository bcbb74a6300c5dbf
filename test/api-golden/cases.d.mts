/** An answer: JSON as a value, anything else as text. */
export interface Said { readonly status: number; readonly type: string | null; readonly body: unknown }
export type Case = readonly [path: string, params: Readonly<Record<string, unknown>>]
export declare const cases: readonly Case[]
export declare function data(): Uint8Array
export declare function ask(base: string, question: Case, method: 'GET' | 'POST'): Promise<Said>
export declare function methods(path: string): readonly ('GET' | 'POST')[]
