// The same job on socket.io 4: rooms, join, leave, who is there. One emit to the
// room for each change, as its guide does it.
import { createServer } from "node:http"
import { Server } from "socket.io"

const http = createServer()
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false })
const rooms = new Map() // room -> Map(key -> meta)

io.on("connection", socket => {
  const mine = new Map()
  const leave = room => {
    const key = mine.get(room)
    if (key === undefined) return
    mine.delete(room)
    socket.leave(room)
    rooms.get(room)?.delete(key)
    io.to(room).emit("diff", { joins: {}, leaves: { [key]: 1 } })
  }
  socket.on("join", (room, key, meta) => {
    let all = rooms.get(room)
    if (!all) rooms.set(room, all = new Map())
    all.set(key, meta)
    mine.set(room, key)
    io.to(room).emit("diff", { joins: { [key]: meta }, leaves: {} })
    socket.join(room)
    socket.emit("state", Object.fromEntries(all))
  })
  socket.on("leave", leave)
  socket.on("disconnect", () => [...mine.keys()].forEach(leave))
})
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ event: "ready", http: `127.0.0.1:${http.address().port}`, pid: process.pid })))
process.stdin.resume()
process.stdin.on("end", () => process.exit(0))
