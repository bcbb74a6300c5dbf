import express from 'express'
import { instrument } from '@haechi/instrument'

const app = express()
app.use(instrument().express) // first: counts every request, serves /metrics

app.get('/', (_req, res) => res.json({ ok: true }))
app.get('/orders/:id', (req, res) => res.json({ id: req.params.id }))
app.get('/boom', (_req, res) => res.status(500).send('intentional'))

app.listen(3000, '127.0.0.1', () => console.log('http://localhost:3000'))
