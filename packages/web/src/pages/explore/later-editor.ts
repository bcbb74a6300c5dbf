import { later } from '../../components/later.ts'
import type { Later } from '../../components/later.ts'
import type { PromqlEditorProps } from './PromqlEditor.tsx'

/** The field for queries. Loaded with the first one that is shown: it brings CodeMirror along. */
export const PromqlEditor: Later<PromqlEditorProps> = later(async () => (await import('./PromqlEditor.tsx')).PromqlEditor)
