// The gateway, and socket.io 4 beside it, doing one job: rooms, join, leave, who
// is there. Clients and servers share the machine; only the server's own CPU time
// and memory are counted, from /proc.
//
//     bench.mjs ROLLCALL [--connections 10000] [--seconds 10] [--only NAME,…]
//
// A JSON line for each row.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import WebSocket from "ws"

const args = process.argv.slice(2)
const program = args.shift()
const option = (name, fallback) => {
  const at = args.indexOf("--" + name)
  return at < 0 ? fallback : args[at + 1]
}
const connections = Number(option("connections", 10_000))
const seconds = Number(option("seconds", 10))
const only = option("only", "")?.split(",").filter(Boolean)
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

class Server {
  static async start(name, command, params) {
    const server = new Server()
    server.name = name
    server.child = spawn(command, params, { stdio: ["pipe", "pipe", "inherit"] })
    const [line] = await once(createInterface({ input: server.child.stdout }), "line")
    server.child.stdout.resume()
    Object.assign(server, JSON.parse(line), { name })
    return server
  }
  get memory() { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))[1]) }
  get cpu() {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1].split(" ")
    return (Number(fields[11]) + Number(fields[12])) / 100
  }
  async stop() { this.child.stdin.end(); this.child.kill("SIGTERM"); await once(this.child, "exit") }
}

// Two protocols behind one client: join, leave, and what is heard.
class Client {
  constructor(server) {
    this.changes = 0
    this.onjoin = null
    this.phoenix = server.name === "rollcall"
    this.socket = new WebSocket(`ws://${server.http}${this.phoenix ? "/socket/websocket?vsn=2.0.0" : "/socket.io/?EIO=4&transport=websocket"}`, { perMessageDeflate: false })
    // Of a client that only counts, nothing long is parsed: a thousand parsers on the
    // server's cores would be what is measured.
    this.socket.on("message", data => {
      if (this.counts) this.named += occurrences(data, '"name":')
      if (!this.counts || data.length < 200) this.heard(data.toString())
    })
    this.named = 0
    this.socket.on("error", e => { this.failed = e })
    this.open = new Promise((resolve, reject) => {
      this.opened = resolve
      this.socket.on("close", () => reject(this.failed ?? new Error("closed")))
      if (this.phoenix) this.socket.on("open", resolve)
    })
    this.ref = 0
  }
  heard(text) {
    if (this.phoenix) {
      if (text.includes('"presence_diff"')) this.diff(JSON.parse(text)[4])
      else if (text.includes('"presence_state"')) this.state?.(JSON.parse(text)[4])
      return
    }
    if (text[0] === "0") this.socket.send("40")
    else if (text[0] === "2") this.socket.send("3")
    else if (text.startsWith("40")) this.opened()
    else if (text.startsWith("42")) {
      const [event, payload] = JSON.parse(text.slice(2))
      if (event === "diff") this.diff(payload)
      else if (event === "state") this.state?.(payload)
    }
  }
  diff({ joins, leaves }) {
    const came = Object.keys(joins)
    this.changes += came.length + Object.keys(leaves).length
    if (this.onjoin) for (const key of came) this.onjoin(key)
  }
  join(room, key) {
    const meta = { name: key, status: "online" }
    this.room = room
    if (this.phoenix) {
      this.join_ref = String(++this.ref)
      this.socket.send(JSON.stringify([this.join_ref, this.join_ref, room, "phx_join", { key, meta }]))
    } else this.socket.send("42" + JSON.stringify(["join", room, key, meta]))
  }
  leave() {
    if (this.phoenix) this.socket.send(JSON.stringify([this.join_ref, String(++this.ref), this.room, "phx_leave", {}]))
    else this.socket.send("42" + JSON.stringify(["leave", this.room]))
  }
  close() { this.socket.terminate() }
}

async function open(server, n) {
  const all = []
  for (let i = 0; i < n; i += 200) {
    const some = Array.from({ length: Math.min(200, n - i) }, () => new Client(server))
    await Promise.all(some.map(c => c.open))
    all.push(...some)
  }
  return all
}
function occurrences(data, what) {
  let n = 0
  for (let at = data.indexOf(what); at >= 0; at = data.indexOf(what, at + 1)) ++n
  return n
}
const row = x => console.log(JSON.stringify(x))
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
async function until(condition) {
  const end = Date.now() + 120_000
  while (!condition()) {
    if (Date.now() > end) return false
    await sleep(5)
  }
  return true
}

const benches = {
  // memory of a connection that does nothing, then of one that is in a room of ten
  async idle(server) {
    await (await open(server, 200)).forEach(c => c.close()) // warm
    await sleep(1000)
    const before = server.memory
    const all = await open(server, connections)
    await sleep(2000)
    const idle = server.memory
    all.forEach((c, i) => c.join("room:" + Math.floor(i / 10), "k" + i))
    await sleep(5000)
    row({ bench: "idle", server: server.name, connections, kib_per_connection: +((idle - before) / connections).toFixed(2), kib_per_connection_in_a_room: +((server.memory - before) / connections).toFixed(2) })
    all.forEach(c => c.close())
    await sleep(2000)
  },
  // 50 rooms of 20: in each second a tenth of all leave and come again
  async churn(server) {
    const all = await open(server, 1000)
    all.forEach((c, i) => c.join("room:" + i % 50, "k" + i))
    await sleep(3000)
    const from = all.reduce((sum, c) => sum + c.changes, 0), cpu = server.cpu
    let i = 0, began = Date.now(), changes = 0
    while (Date.now() - began < seconds * 1000) {
      for (let n = 0; n < 5; ++n, ++i) {
        const c = all[i * 7 % all.length]
        c.leave()
        c.join(c.room, "k" + i * 7 % all.length)
        changes += 2
      }
      await sleep(50)
    }
    await sleep(2000)
    const delivered = all.reduce((sum, c) => sum + c.changes, 0) - from
    const used = server.cpu - cpu
    row({ bench: "churn", server: server.name, changes, delivered, cpu_s: +used.toFixed(2), cpu_us_per_delivered_change: +(used * 1e6 / delivered).toFixed(2) })
    all.forEach(c => c.close())
    await sleep(2000)
  },
  // one room of a thousand: how long until all have seen a join
  async room(server) {
    const all = await open(server, 1000)
    all.forEach((c, i) => c.join("big", "k" + i))
    await sleep(5000)
    const times = []
    for (let n = 0; n < 20; ++n) {
      const [newcomer] = await open(server, 1)
      let seen = 0
      const key = "new" + n
      const began = performance.now()
      all.forEach(c => { c.onjoin = k => { if (k === key) { ++seen; times.push(performance.now() - began) } } })
      newcomer.join("big", key)
      await until(() => seen === all.length)
      newcomer.close()
      await sleep(300)
    }
    times.sort((a, b) => a - b)
    row({ bench: "room", server: server.name, seen: times.length, p50_ms: +percentile(times, .5).toFixed(1), p99_ms: +percentile(times, .99).toFixed(1) })
    all.forEach(c => c.close())
    await sleep(2000)
  },
  // A thousand more come into that room within a second. One client of forty keeps
  // the list, by the protocol; the others count what they are told.
  async storm(server) {
    const all = await open(server, 1000)
    all.forEach((c, i) => { c.counts = i % 40 !== 0; c.join("storm", "k" + i) })
    await sleep(5000)
    const more = await open(server, 1000)
    const agreed = []
    for (const [i, c] of [...all, ...more].entries()) {
      const here = i < 1000
      if (i % 40 !== 0) {
        c.counts = true
        c.named = 0
        agreed.push(() => c.named >= (here ? 1000 : 2000))
        continue
      }
      const keys = new Set()
      c.onjoin = key => keys.add(key)
      c.state = state => { for (const key of Object.keys(state)) keys.add(key) }
      if (here) for (let k = 0; k < 1000; ++k) keys.add("k" + k)
      agreed.push(() => keys.size >= 2000)
    }
    const cpu = server.cpu, began = performance.now()
    for (let i = 0; i < 1000; ++i) {
      more[i].join("storm", "m" + i)
      if (i % 50 === 49) await sleep(40)
    }
    const joined = performance.now() - began
    const all_agreed = await until(() => agreed.every(c => c()))
    const took = performance.now() - began
    row({ bench: "storm", server: server.name, agreed: all_agreed, joins_took_ms: +joined.toFixed(0), agreed_after_ms: +took.toFixed(0), cpu_s: +(server.cpu - cpu).toFixed(2), cores: +((server.cpu - cpu) / (took / 1000)).toFixed(2) })
    ;[...all, ...more].forEach(c => c.close())
    await sleep(2000)
  },
}

for (const [name, run] of Object.entries(benches)) {
  if (only.length && !only.includes(name)) continue
  for (const start of [
    () => Server.start("rollcall", program, ["gateway", "--name", "a", "--max-connections", "20000", "--log-level", "error"]),
    () => Server.start("socket.io", process.execPath, [fileURLToPath(new URL("socketio_server.mjs", import.meta.url))]),
  ]) {
    const server = await start()
    try { await run(server) } finally { await server.stop() }
  }
}
process.exit(0)
