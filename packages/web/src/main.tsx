import 'virtual:pretendard.css'
import './styles/mantine.ts'
import './styles/tokens.css'
import './styles/print.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { startI18n } from './i18n/index.ts'
import { watchPrinting } from './state/printing.ts'

startI18n()
watchPrinting()
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>)
