import 'virtual:pretendard.css'
import './styles/mantine.ts'
import './styles/tokens.css'
import './styles/print.css'
import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { firstPicture } from './app/first-picture.ts'
import { newQueryClient } from './app/query-client.ts'
import { newRouter } from './app/router.tsx'
import { startI18n } from './i18n/index.ts'
import { watchPrinting } from './state/printing.ts'

startI18n()
watchPrinting()
const client = newQueryClient()
const router = newRouter(client)
// No await out here: the code of the routes needs this module's neighbours, and would wait for it.
void (async () => {
  await firstPicture(client, router)
  // In slices: what people press meanwhile is heard.
  startTransition(() => createRoot(document.getElementById('root')!).render(<StrictMode><App client={client} router={router} /></StrictMode>))
})()
