// The real client against real gateways.
import test from "node:test"
import assert from "node:assert/strict"
import { Program, LongPoll, WebSocket, connect, gateway, join, keys, metas, metric, push, raw, until, within } from "./harness.mjs"

for (const [name, transport] of [["WebSocket", WebSocket], ["long poll", LongPoll]]) {
  test(`${name}: two clients see each other come, change and go`, async t => {
    const a = await gateway()
    t.after(() => a.stop())
    const ada = connect(a, { transport }), bob = connect(a, { transport })
    t.after(() => { ada.disconnect(); bob.disconnect() })
    const x = join(ada, "room:1", { key: "ada", meta: { status: "here" } })
    const joined = await x.reply
    assert.equal(joined.ok.key, "ada")
    await within(x.synced, "the state")
    assert.deepEqual(keys(x.presence), ["ada"])
    assert.equal(metas(x.presence, "ada")[0].phx_ref, joined.ok.ref)

    const came = [], went = []
    x.presence.onJoin((key, before, now) => came.push([key, before?.metas?.length ?? 0, now.metas[0]]))
    x.presence.onLeave((key, left, gone) => went.push([key, left.metas.length, gone.metas[0]]))
    const y = join(bob, "room:1", { key: "bob", meta: { status: "new" } })
    await y.reply
    await until(() => keys(x.presence).length === 2 && keys(y.presence).length === 2, "both see both")
    assert.equal(came[0][0], "bob")

    const before = metas(x.presence, "bob")[0].phx_ref
    const changed = await push(y.channel, "update", { status: "away" })
    await until(() => metas(x.presence, "bob")[0]?.status === "away", "the new meta")
    const now = metas(x.presence, "bob")
    assert.equal(now.length, 1)
    assert.equal(now[0].phx_ref, changed.ok.ref)
    assert.equal(now[0].phx_ref_prev, before)

    y.channel.leave()
    await until(() => keys(x.presence).length === 1, "the leave")
    assert.equal(went.at(-1)[0], "bob")
    assert.deepEqual((await a.ask("list", { topic: "room:1" })).presences.map(p => p.key), ["ada"])
  })

  test(`${name}: a client that only listens is not there`, async t => {
    const a = await gateway()
    t.after(() => a.stop())
    const socket = connect(a, { transport })
    t.after(() => socket.disconnect())
    await a.ask("track", { as: "x", topic: "t", key: "x" })
    const y = join(socket, "t", { track: false })
    assert.deepEqual((await y.reply).ok, {})
    await within(y.synced, "the state")
    assert.deepEqual(keys(y.presence), ["x"])
    assert.equal((await a.ask("count", { topic: "t" })).count, 1)
    assert.equal((await push(y.channel, "update", {})).error.reason, "nopresence")
  })
}

test("the end of a connection is the leave, on the other gateway, too", async t => {
  const a = await Program.start(["--name", "a", "--link-grace", "1s"])
  t.after(() => a.stop())
  const b = await Program.start(["--name", "b", "--seed", a.ready.listen, "--link-grace", "1s"])
  t.after(() => b.stop())
  const ada = connect(a), bob = connect(b)
  t.after(() => { ada.disconnect(); bob.disconnect() })
  const x = join(ada, "r", { key: "ada" }), y = join(bob, "r", { key: "bob" })
  await Promise.all([x.reply, y.reply])
  await until(() => keys(x.presence).length === 2 && keys(y.presence).length === 2, "both see both")
  bob.conn.terminate()
  await until(() => keys(x.presence).join() === "ada" || metas(x.presence, "bob").length === 1, "bob leaves or is back")
  bob.disconnect()
  await until(() => keys(x.presence).join() === "ada", "bob has left")
  const z = join(connect(b), "r", { key: "eve" })
  await z.reply
  await until(() => keys(x.presence).length === 2, "eve is seen")
  await b.kill()
  await until(() => keys(x.presence).join() === "ada", "a node that is lost takes its people along")
  z.channel.socket.disconnect()
})

test("a client comes back by itself when its gateway was killed and is back", async t => {
  let a = await gateway()
  const socket = connect(a)
  t.after(() => socket.disconnect())
  const x = join(socket, "r", { key: "ada" })
  await x.reply
  const old = metas(x.presence, "ada")[0]?.phx_ref
  await a.kill()
  a = await gateway("--http", a.http)
  t.after(() => a.stop())
  await until(async () => (await a.ask("list", { topic: "r" })).presences.length === 1, "ada is tracked again")
  await until(() => metas(x.presence, "ada").length === 1 && metas(x.presence, "ada")[0].phx_ref !== old, "ada sees herself")
})

test("with a grace the presence outlives its connection", async t => {
  const a = await gateway("--leave-grace", "2s")
  t.after(() => a.stop())
  const socket = connect(a), watcher = connect(a)
  t.after(() => watcher.disconnect())
  const w = join(watcher, "r", { track: false })
  await w.reply
  await join(socket, "r", { key: "ada" }).reply
  await until(() => keys(w.presence).length === 1, "ada is seen")
  let gone = false
  w.presence.onLeave(() => { gone = true })
  socket.disconnect()
  const again = connect(a)
  t.after(() => again.disconnect())
  await join(again, "r", { key: "ada" }).reply
  await until(() => gone, "the first presence has left")
  assert.deepEqual(keys(w.presence), ["ada"])
})

test("a second join of a topic closes the first channel", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const s = await raw(a)
  t.after(() => s.close())
  s.say("1", "1", "t", "phx_join", { key: "ada" })
  assert.equal((await s.reply("1"))[4].status, "ok")
  s.say("2", "2", "t", "phx_join", { key: "ada" })
  assert.equal((await s.reply("2"))[4].status, "ok")
  assert.deepEqual(await s.hear("phx_close"), ["1", "1", "t", "phx_close", {}])
  // of the first join: ignored
  s.say("1", "3", "t", "phx_leave", {})
  s.say(null, "4", "t", "update", { n: 1 })
  assert.equal((await s.reply("4"))[4].status, "ok")
  assert.equal(s.frames.find(f => f[1] === "3"), undefined)
  assert.equal((await a.ask("list", { topic: "t" })).presences.length, 1)
  s.say("2", "5", "t", "phx_leave", {})
  assert.deepEqual(await s.reply("5"), ["2", "5", "t", "phx_reply", { status: "ok", response: {} }])
  await until(() => s.frames.find(f => f[3] === "phx_close" && f[0] === "2"), "the close")
  await until(async () => (await a.ask("count", { topic: "t" })).count === 0, "the leave")
})

test("the state follows the reply, with the reference of the join", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const s = await raw(a)
  t.after(() => s.close())
  s.say(null, "9", "t", "phx_join", {})
  const state = await s.hear("presence_state")
  assert.deepEqual(state.slice(0, 3), [null, null, "t"])
  assert.equal(s.frames[0][3], "phx_reply")
  assert.equal(Object.keys(state[4]).length, 1)
  s.say(null, "10", "phoenix", "heartbeat", {})
  assert.deepEqual(await s.reply("10"), [null, "10", "phoenix", "phx_reply", { status: "ok", response: {} }])
  s.say(null, "11", "other", "update", {})
  assert.equal((await s.reply("11"))[4].response.reason, "unmatched topic")
})

test("keys that objects have by themselves are keys as any other", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const names = ["__proto__", "constructor", "toString", "ключ", "💡", " "]
  const sockets = names.map(() => connect(a))
  t.after(() => sockets.forEach(s => s.disconnect()))
  const all = names.map((key, i) => join(sockets[i], "t", { key, meta: { __proto__: null, n: i } }))
  await Promise.all(all.map(x => x.reply))
  for (const x of all) await until(() => keys(x.presence).length === names.length, "all are seen by all")
  assert.deepEqual(keys(all[0].presence), [...names].sort())
})

test("a broadcast reaches the others of the topic, and not the one who sends it", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const sockets = [connect(a), connect(a), connect(a)]
  t.after(() => sockets.forEach(s => s.disconnect()))
  const all = sockets.map((s, i) => join(s, i < 2 ? "t" : "u", { key: "k" + i }))
  await Promise.all(all.map(x => x.reply))
  const heard = all.map(() => [])
  all.forEach((x, i) => x.channel.on("broadcast", payload => heard[i].push(payload)))
  await within(all[1].synced, "the state")
  await push(all[0].channel, "broadcast", { text: "hi", n: 1.5 })
  await until(() => heard[1].length === 1, "the broadcast")
  assert.deepEqual(heard, [[], [{ text: "hi", n: 1.5 }], []])
})

test("a broadcast reaches the clients of other gateways, once, in order, and those that only listen", async t => {
  const a = await gateway("--update-rate", "1000")
  t.after(() => a.stop())
  const b = await Program.start(["--name", "b", "--seed", a.ready.listen])
  t.after(() => b.stop())
  const sockets = [connect(a), connect(a), connect(b), connect(b, { transport: LongPoll }), connect(b)]
  t.after(() => sockets.forEach(s => s.disconnect()))
  const all = [
    join(sockets[0], "t", { key: "ada" }), join(sockets[1], "t", { key: "bob" }), join(sockets[2], "t", { key: "eve" }),
    join(sockets[3], "t", { track: false }), join(sockets[4], "u", { key: "ida" }),
  ]
  await Promise.all(all.map(x => x.reply))
  const heard = all.map(() => [])
  all.forEach((x, i) => x.channel.on("broadcast", payload => heard[i].push(payload.n ?? payload)))
  // the gateways have found each other when what one says comes through
  await until(async () => {
    await push(all[0].channel, "broadcast", { hello: "?" })
    return heard[2].length > 0
  }, "the gateways have found each other")
  await until(() => heard[3].length > 0, "the listener hears, too")
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  for (const n of numbers) await push(all[0].channel, "broadcast", { n })
  const counted = i => heard[i].filter(x => typeof x === "number")
  for (const i of [1, 2, 3]) await until(() => counted(i).length >= 20, `client ${i} has heard all`)
  await push(all[2].channel, "broadcast", { n: "back" })
  await until(() => heard[0].includes("back") && heard[1].includes("back") && heard[3].includes("back"), "the other way, too")
  for (const i of [1, 2, 3]) assert.deepEqual(counted(i), numbers, `client ${i}`)
  assert.deepEqual([heard[0], heard[4]], [["back"], []])
  // how gateways find each other is nobody's topic
  assert.deepEqual((await b.ask("topics")).topics, { t: 3, u: 1 })
})

test("another version of the protocol is refused, and says which one is not", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  for (const query of ["?vsn=1.0.0", "?vsn=3.0.0", "", "?vsn=2"])
    await assert.rejects(raw(a, { path: "/socket/websocket" + query }), { status: 400 })
  const answer = await fetch(`${a.url}/socket/websocket?vsn=1.0.0`, { headers: { connection: "keep-alive" } })
  assert.equal(answer.status, 400)
  assert.equal((await fetch(`${a.url}/socket/longpoll?vsn=1.0.0`)).status, 400)
})

test("a topic of too many members is told by counts and pages", async t => {
  const a = await gateway("--max-listed", "10")
  t.after(() => a.stop())
  await a.ask("track_many", { as: "x", topic: "big", keys: [0, 50], meta: {} })
  const s = await raw(a)
  t.after(() => s.close())
  s.say("1", "1", "big", "phx_join", { track: false })
  const first = await s.hear("presence_count")
  assert.equal(first[4].count, 50)
  assert.equal(first[4].listed, false)
  assert.equal(s.frames.find(f => f[3] === "presence_state"), undefined)
  let after, seen = []
  do {
    const ref = "p" + seen.length
    s.say("1", ref, "big", "presence_list", after ? { after, limit: 20 } : { limit: 20 })
    const page = (await s.reply(ref))[4].response
    seen.push(...Object.keys(page.presences))
    after = page.next
  } while (after)
  assert.equal(seen.length, 50)
  await a.ask("track", { as: "y", topic: "big", key: "new", meta: {} })
  const more = await until(() => s.frames.find(f => f[3] === "presence_count" && f[4].count === 51), "the change")
  assert.deepEqual(Object.keys(more[4].changes.joins), ["new"])
  // and in full again when it is small
  await a.ask("kill", { as: "x" })
  const state = await s.hear("presence_state")
  assert.deepEqual(Object.keys(state[4]), ["new"])
})

test("a thousand clients at once", { timeout: 5 * 60_000 }, async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const sockets = Array.from({ length: 1000 }, () => connect(a))
  t.after(() => sockets.forEach(s => s.disconnect()))
  const all = sockets.map((s, i) => join(s, "room:" + i % 20, { key: "k" + i }))
  await Promise.all(all.map(x => x.reply))
  await until(() => all.every(x => keys(x.presence).length === 50), "all see all of their room")
  assert.equal(await metric(a, "rollcall_gateway_channels"), 1000)
  sockets.slice(0, 500).forEach(s => s.disconnect())
  await until(() => all.slice(500).every(x => keys(x.presence).length === 25), "half are gone")
})
