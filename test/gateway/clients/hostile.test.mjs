// Bad input: the gateway serves on, and says what it refused.
import test from "node:test"
import assert from "node:assert/strict"
import { connect as dial } from "node:net"
import { readFileSync } from "node:fs"
import { connect, gateway, join, keys, metric, push, raw, until, within } from "./harness.mjs"

// What the gateway answers to these bytes, until it closes or answers once.
function send(a, bytes, { until: done = text => text.includes("\r\n\r\n") } = {}) {
  const [host, port] = a.http.split(":")
  return within(new Promise((resolve, reject) => {
    let text = ""
    const socket = dial(Number(port), host, () => socket.write(bytes))
    socket.on("data", chunk => { text += chunk; if (done(text)) { socket.destroy(); resolve(text) } })
    socket.on("close", () => resolve(text))
    socket.on("error", () => resolve(text))
    setTimeout(() => { socket.destroy(); reject(new Error("no answer to " + JSON.stringify(bytes.toString().slice(0, 100)))) }, 50_000).unref()
  }), "an answer")
}

const alive = async a => {
  assert.equal((await fetch(a.url + "/health")).status, 200)
  const s = await raw(a)
  s.say("1", "1", "alive", "phx_join", {})
  assert.equal((await s.reply("1"))[4].status, "ok")
  s.close()
}

test("frames that are none close their connection, with a reason, and no other", async t => {
  const a = await gateway("--max-message-bytes", "4096")
  t.after(() => a.stop())
  const other = await raw(a)
  t.after(() => other.close())
  const deep = "[".repeat(5000) + "]".repeat(5000)
  for (const [bytes, code] of [
    ["", 1007], ["x", 1007], ["{}", 1007], ["[]", 1007], ['["1","1","t","phx_join"]', 1007], ['["1","1",7,"e",{}]', 1007],
    ['[{},"1","t","e",{}]', 1007], ['["1","1","t","phx_join",{}', 1007], [deep.slice(0, 3000), 1007], ["\0".repeat(100), 1007],
    ["[null,null,\"t\",\"" + "e".repeat(200) + '",{}]', 1007],
    [Buffer.from([0, 1, 1, 1, 1, 65, 65, 65, 65]), 1003], ["[" + " ".repeat(5000) + "]", 1009],
  ]) {
    const s = await raw(a)
    s.send(bytes)
    assert.equal((await within(s.closed, "the close")).code, code, String(bytes).slice(0, 40))
  }
  other.say("1", "1", "t", "phx_join", {})
  await other.reply("1")
  assert.ok(await metric(a, "rollcall_gateway_refused_frames_total") >= 13)
  await alive(a)
})

test("joins and updates with a bad payload are refused, each by its name", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const s = await raw(a)
  t.after(() => s.close())
  let n = 0
  const refused = async (topic, event, payload) => {
    const ref = String(++n)
    s.say(ref, ref, topic, event, payload)
    const reply = (await s.reply(ref))[4]
    assert.equal(reply.status, "error")
    return reply.response.reason
  }
  assert.equal(await refused("", "phx_join", {}), "bad_topic")
  assert.equal(await refused("t".repeat(1025), "phx_join", {}), "too_large")
  assert.equal(await refused("t", "phx_join", []), "bad_payload")
  assert.equal(await refused("t", "phx_join", null), "bad_payload")
  assert.equal(await refused("t", "phx_join", { track: "no" }), "bad_payload")
  assert.equal(await refused("t", "phx_join", { key: 7 }), "bad_key")
  assert.equal(await refused("t", "phx_join", { key: "" }), "bad_key")
  assert.equal(await refused("t", "phx_join", { key: "k".repeat(1025) }), "too_large")
  assert.equal(await refused("t", "phx_join", { meta: [] }), "bad_meta")
  assert.equal(await refused("t", "phx_join", { meta: { n: 2 ** 63 } }).catch(() => "bad_meta"), "bad_meta")
  assert.equal(await refused("t", "phx_join", { meta: { s: "x".repeat(70_000) } }), "too_large")
  assert.equal(await refused("phoenix", "phx_join", {}), "unmatched topic")
  s.say("j", "j", "t", "phx_join", { key: "k" })
  assert.equal((await s.reply("j"))[4].status, "ok")
  s.say("j", "u", "t", "nonsense", {})
  assert.equal((await s.reply("u"))[4].response.reason, "unknown_event")
  s.say("j", "v", "t", "update", "x")
  assert.equal((await s.reply("v"))[4].response.reason, "bad_meta")
})

test("limits are answered in the protocol, and counted", async t => {
  const a = await gateway("--max-channels", "3", "--join-rate", "10", "--update-rate", "5", "--max-connections", "20")
  t.after(() => a.stop())
  const socket = connect(a)
  t.after(() => socket.disconnect())
  const replies = await Promise.all([1, 2, 3, 4].map(i => join(socket, "t" + i).reply))
  assert.deepEqual(replies.map(r => r.error?.reason ?? "ok"), ["ok", "ok", "ok", "limit_reached"])
  const s = await raw(a)
  t.after(() => s.close())
  for (let i = 0; i < 50; ++i) s.say(String(i), String(i), "t", "phx_join", { key: "k" })
  await s.reply("49")
  const refused = s.frames.filter(f => f[3] === "phx_reply" && f[4].response.reason === "limit_reached").length
  assert.ok(refused >= 20, `${refused} of 50 joins in a burst are refused`)
  for (let i = 0; i < 30; ++i) s.say(null, "u" + i, "t", "update", {})
  await s.reply("u29")
  assert.ok(await metric(a, "rollcall_gateway_refused_rate_total") >= 20)
  assert.equal(await metric(a, "rollcall_gateway_refused_channels_total") >= 1, true)
  const many = []
  for (let i = 0; i < 40; ++i) many.push(raw(a).catch(error => error))
  const results = await Promise.all(many)
  assert.ok(results.some(x => x instanceof Error), "connections beyond the limit are refused")
  results.forEach(x => x instanceof Error || x.terminate())
  await until(() => alive(a).then(() => true, () => false), "it serves again")
  assert.ok(await metric(a, "rollcall_gateway_refused_connections_total") >= 1)
})

test("requests that an intermediary might read in another way are refused", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const get = "GET /health HTTP/1.1\r\nHost: x\r\n"
  for (const bytes of [
    "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
    "GET /health HTTP/1.1\r\n\r\n",
    get + "Host: y\r\n\r\n",
    get + "X : y\r\n\r\n",
    get + " folded: y\r\n\r\n",
    get + "X-Long: " + "y".repeat(70_000) + "\r\n\r\n",
    "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /health HTTP/3.9\r\nHost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /socket/longpoll?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
  ]) {
    const text = await send(a, bytes)
    assert.doesNotMatch(text, /^HTTP\/1\.1 2/, JSON.stringify(bytes.slice(0, 120)))
    assert.equal(text.match(/^HTTP\/1\.1 /gm)?.length ?? 0, text ? 1 : 0, text)
  }
  await alive(a)
})

test("slow headers and half requests are cut off", async t => {
  const a = await gateway("--handshake-timeout", "1s")
  t.after(() => a.stop())
  for (const bytes of ["", "GET /he", "GET /health HTTP/1.1\r\nHost: x\r\nX-", "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"])
    await send(a, bytes, { until: () => false })
  await alive(a)
})

test("a client that never reads is given the state again, then closed, and costs no memory", { timeout: 5 * 60_000 }, async t => {
  const a = await gateway("--max-waiting-bytes", "65536", "--send-timeout", "2s", "--update-rate", "100000", "--message-rate", "100000")
  t.after(() => a.stop())
  const [host, port] = a.http.split(":")
  const mute = dial(Number(port), host)
  mute.pause()
  mute.on("error", () => {})
  mute.write("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
  const frame = text => {
    const data = Buffer.from(text)
    const head = data.length < 126 ? Buffer.from([0x81, 0x80 | data.length, 0, 0, 0, 0]) : Buffer.from([0x81, 0xfe, data.length >> 8, data.length & 255, 0, 0, 0, 0])
    return Buffer.concat([head, data])
  }
  await until(async () => (await metric(a, "rollcall_gateway_connections")) >= 2, "the upgrade")
  await new Promise(resolve => setTimeout(resolve, 300))
  mute.write(frame('["1","1","t","phx_join",{"track":false}]'))
  await until(async () => (await metric(a, "rollcall_gateway_listeners")) === 1, "the join")
  const busy = await raw(a)
  t.after(() => busy.close())
  busy.say("1", "1", "t", "phx_join", { key: "busy" })
  await busy.reply("1")
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${a.ready.pid}/status`, "utf8"))[1])
  const before = memory()
  const fill = "x".repeat(20_000)
  let n = 0
  await until(async () => {
    for (let i = 0; i < 20; ++i) busy.say("1", "u" + n, "t", "update", { n: n++, fill })
    await busy.reply("u" + (n - 1))
    busy.frames.length = 0
    return (await metric(a, "rollcall_gateway_closed_slow_total")) === 1
  }, "the slow one is closed")
  assert.ok(await metric(a, "rollcall_gateway_resyncs_total") >= 1)
  assert.ok(memory() - before < 100_000, `grew by ${memory() - before} KiB`)
  mute.destroy()
  await alive(a)
})

test("a client that reads late finds whole frames in order, and its pongs between them", { timeout: 5 * 60_000 }, async t => {
  const a = await gateway("--max-waiting-bytes", "33554432", "--update-rate", "100000", "--message-rate", "100000")
  t.after(() => a.stop())
  const late = await raw(a), busy = await raw(a)
  t.after(() => { late.close(); busy.close() })
  late.say("1", "1", "t", "phx_join", { track: false })
  await late.reply("1")
  busy.say("1", "1", "t", "phx_join", { key: "busy" })
  await busy.reply("1")
  let pongs = 0
  late.on("pong", () => ++pongs)
  late.pause()
  // More than the buffers of both kernels hold, so that a frame is sent in part.
  const fill = "x".repeat(20_000)
  for (let i = 0; i < 1000; ++i) {
    busy.say("1", "b" + i, "t", "broadcast", { i, fill })
    if (i % 20 === 19) late.ping()
  }
  await busy.reply("b999")
  late.resume()
  const heard = () => late.frames.filter(f => f[3] === "broadcast").map(f => f[4].i)
  await until(() => late.failed || (heard().length === 1000 && pongs >= 1), "all that was said")
  assert.equal(late.failed, undefined)
  assert.deepEqual(heard(), Array.from({ length: 1000 }, (_, i) => i))
  assert.equal(await metric(a, "rollcall_gateway_broadcasts_dropped_total"), 0)
})
