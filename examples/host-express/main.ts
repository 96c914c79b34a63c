/** An Express application with routes and a Socket.IO of its own, and Sightline in it: what is Sightline's stands between the two lines. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Server } from 'socket.io'

const app = express()
const server = createServer(app)
const chat = new Server(server)
const orders = { open: 3 }

chat.on('connection', (socket) => socket.on('chat', (text) => chat.emit('chat', text)))
app.get('/', (_request, response) => void response.send('The host’s own page; Sightline is at /sightline.'))
app.get('/orders', (_request, response) => void response.json(orders))
app.post('/orders', (_request, response) => void response.status(201).json({ open: ++orders.open }))

// ---------------------------------------------------------------------------------------------------------------------------------
import { allowAll, createSightline } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { serve } from '@sightline/server-socketio'

const port = Number(process.env.PORT ?? 3000)
const url = `http://127.0.0.1:${port}/orders`
const sightline = createSightline({
  access: allowAll(),
  apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } },
})
const web = serve(sightline, { path: '/sightline', static: dashboardFolder })
app.use(web.handler)
web.attach(server)
await sightline.start()
// ---------------------------------------------------------------------------------------------------------------------------------

app.use((_request, response) => void response.status(404).send('The host’s own 404.'))

server.listen(port, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', async () => {
  await sightline.stop()
  await chat.close()
})
