// Starts gateways as real processes, and connects the real client to them.
import { spawn } from "node:child_process"
import { createHmac, sign } from "node:crypto"
import { createInterface } from "node:readline"
import { once } from "node:events"
import { Socket, Presence, LongPoll } from "phoenix"
import WebSocket from "ws"

export { Presence, LongPoll, WebSocket }

export const patience = 60_000 // the machine may be loaded; no test measures time

// A gateway (or a node): ops go in, answers and events come out.
export class Program {
  static async start(args, { command = "gateway" } = {}) {
    const program = new Program()
    program.args = args
    program.child = spawn(process.env.ROLLCALL, [command, ...args], { stdio: ["pipe", "pipe", "pipe"] })
    program.log = ""
    program.child.stderr.on("data", chunk => { program.log = (program.log + chunk).slice(-20_000) })
    program.child.stdin.on("error", () => {})
    program.exit = once(program.child, "exit")
    program.waiting = new Map()
    program.next = 1
    const ready = new Promise((resolve, reject) => {
      program.child.once("exit", () => reject(new Error("ended before it was ready: " + program.log)))
      createInterface({ input: program.child.stdout }).on("line", line => {
        const x = JSON.parse(line)
        if (x.event === "ready") resolve(x)
        if (x.id !== undefined) program.waiting.get(x.id)?.(x)
      })
    })
    program.ready = await ready
    return program
  }
  get http() { return this.ready.http }
  get url() { return "http://" + this.http }
  ask(op, members = {}) {
    const id = this.next++
    const answer = new Promise(resolve => this.waiting.set(id, resolve))
    this.child.stdin.write(JSON.stringify({ id, op, ...members }) + "\n")
    return within(answer, `the answer to ${op}`)
  }
  async kill(signal = "SIGKILL") {
    this.child.kill(signal)
    await this.exit
  }
  async stop() {
    this.child.stdin.end()
    const timer = setTimeout(() => this.child.kill("SIGKILL"), patience)
    await this.exit
    clearTimeout(timer)
  }
}

export const gateway = (...args) => Program.start(["--name", "a", ...args])

export function within(promise, what, ms = patience) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export async function until(condition, what) {
  const end = Date.now() + patience
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`not in time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

export function connect(where, { transport = WebSocket, base = transport === LongPoll ? "http://" : "ws://", ...options } = {}) {
  const socket = new Socket(`${base}${where.http ?? where}/socket`, {
    transport, reconnectAfterMs: () => 100, rejoinAfterMs: () => 100, timeout: patience, ...options,
  })
  socket.connect()
  return socket
}

// Joins, and says what the server replied: {ok: …} or {error: …}.
export function join(socket, topic, params = {}) {
  const channel = socket.channel(topic, params)
  const presence = new Presence(channel)
  const synced = new Promise(resolve => presence.onSync(() => resolve()))
  const reply = within(new Promise(resolve => {
    channel.join().receive("ok", ok => resolve({ ok })).receive("error", error => resolve({ error }))
  }), `the reply to the join of ${topic}`)
  return { channel, presence, reply, synced }
}

export const push = (channel, event, payload) => within(new Promise(resolve => {
  channel.push(event, payload).receive("ok", ok => resolve({ ok })).receive("error", error => resolve({ error }))
}), `the reply to ${event}`)

export const keys = presence => presence.list(key => key).sort()
export const metas = (presence, key) => presence.state[key]?.metas ?? []

// A socket without phoenix.js: frames as they are.
export async function raw(where, { path = "/socket/websocket?vsn=2.0.0", protocols, ...options } = {}) {
  const socket = new WebSocket(`ws://${where.http}${path}`, protocols, options)
  const frames = []
  socket.on("message", data => frames.push(JSON.parse(data)))
  socket.closed = new Promise(resolve => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })))
  socket.on("error", error => { socket.failed = error })
  await within(new Promise((resolve, reject) => {
    socket.on("open", resolve)
    socket.on("unexpected-response", (_, response) => reject(Object.assign(new Error("refused"), { status: response.statusCode })))
    socket.on("error", reject)
  }), "the upgrade")
  socket.frames = frames
  socket.say = (...frame) => socket.send(JSON.stringify(frame))
  socket.hear = (event, from = 0) => until(() => frames.slice(from).find(f => f[3] === event), `${event} among ${JSON.stringify(frames)}`)
  socket.reply = ref => until(() => frames.find(f => f[3] === "phx_reply" && f[1] === ref), `a reply to ${ref}`)
  return socket
}

export function token(claims, { secret, key, alg = secret ? "HS256" : "RS256" }) {
  const part = x => Buffer.from(JSON.stringify(x)).toString("base64url")
  const text = `${part({ alg, typ: "JWT" })}.${part(claims)}`
  const signature = secret
    ? createHmac("sha256", secret).update(text).digest("base64url")
    : sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")
  return `${text}.${signature}`
}

export const metric = async (where, name) => {
  const text = await (await fetch(`http://${where.http}/metrics`)).text()
  const line = text.split("\n").find(x => x.startsWith(name + " ") || x.startsWith(name + "{"))
  return line === undefined ? undefined : Number(line.split(" ").pop())
}
