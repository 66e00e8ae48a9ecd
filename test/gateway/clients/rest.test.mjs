// The HTTP interface.
import test from "node:test"
import assert from "node:assert/strict"
import { Program, connect, gateway, join, keys, metric, until, within } from "./harness.mjs"

const json = async (a, path, options = {}) => {
  const answer = await fetch(a.url + path, options)
  return { status: answer.status, body: await answer.json() }
}
const send = (a, method, path, body) => json(a, path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) })

test("topics and presences, by page", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  for (const topic of ["room:1", "room:2", "room:/ü", "other"])
    await a.ask("track", { as: "x", topic, key: "k", meta: { n: 1 } })
  await a.ask("track_many", { as: "y", topic: "room:1", keys: [0, 25], meta: {} })
  assert.deepEqual((await json(a, "/api/topics")).body, { topics: { other: 1, "room:/ü": 1, "room:1": 26, "room:2": 1 }, next: null })
  const first = (await json(a, "/api/topics?prefix=room:&limit=2")).body
  assert.deepEqual(Object.keys(first.topics).length, 2)
  const second = (await json(a, "/api/topics?prefix=room:&limit=2&after=" + encodeURIComponent(first.next))).body
  assert.deepEqual([Object.keys(second.topics).length, second.next], [1, null])

  const one = (await json(a, "/api/topics/" + encodeURIComponent("room:/ü"))).body
  assert.equal(one.count, 1)
  const { ref, ...rest } = one.presences[0]
  assert.match(ref, /^\d+-[0-9a-f]{16}-\d+$/)
  assert.deepEqual(rest, { key: "k", meta: { n: 1 }, replica: "a", pid: rest.pid })
  let after = "", seen = []
  do {
    const page = (await json(a, `/api/topics/room:1?limit=10&after=${after}`)).body
    seen.push(...page.presences.map(p => p.key))
    after = page.next
  } while (after)
  assert.equal(new Set(seen).size, 26)
  const many = (await json(a, "/api/presences?topic=room:1&topic=other&topic=nothing")).body
  assert.deepEqual(Object.entries(many.presences).map(([k, v]) => [k, v.length]), [["nothing", 0], ["other", 1], ["room:1", 26]])
  for (const path of ["/api/topics?limit=x", "/api/topics?limit=0", "/api/presences"])
    assert.equal((await json(a, path)).status, 400, path)
  for (const path of ["/api", "/api/x", "/x", "/api/topics/a/b"]) assert.equal((await json(a, path)).status, 404, path)
  assert.equal((await send(a, "POST", "/api/topics")).status, 405)
})

test("health, metrics, the cluster and the page", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const b = await Program.start(["--name", "b", "--seed", a.ready.listen], { command: "node" })
  t.after(() => b.stop())
  await b.ask("track", { as: "x", topic: "t", key: "k" })
  await until(async () => (await json(a, "/api/topics")).body.topics.t === 1, "it is seen")
  const health = await json(a, "/health")
  assert.deepEqual([health.status, health.body.status, health.body.name], [200, "ok", "a"])
  const cluster = (await json(a, "/api/cluster")).body
  assert.deepEqual(cluster.nodes.map(n => [n.name, n.status, n.presences]), [["a", "up", 0], ["b", "up", 1]])
  assert.equal(await metric(a, "rollcall_presences"), 1)
  assert.equal(await metric(a, 'rollcall_replica_up{node="b",shard="0"}'), 1)
  const page = await fetch(a.url + "/")
  assert.match(page.headers.get("content-security-policy"), /default-src 'none'/)
  assert.match(page.headers.get("content-type"), /text\/html/)
  assert.ok((await page.text()).length > 100)
})

test("a presence of something without a socket lives as long as it is renewed", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const socket = connect(a)
  t.after(() => socket.disconnect())
  const x = join(socket, "t", { track: false })
  await x.reply
  const made = await send(a, "POST", "/api/topics/t/presences", { key: "lamp", meta: { on: true }, ttl: "1h" })
  assert.equal(made.status, 201)
  await until(() => keys(x.presence).join() === "lamp", "the lamp is seen")
  const changed = await send(a, "PUT", "/api/leases/" + made.body.lease, { meta: { on: false } })
  assert.equal(changed.status, 200)
  await until(() => x.presence.state.lamp?.metas[0].on === false, "its change")
  assert.equal(x.presence.state.lamp.metas[0].phx_ref_prev, made.body.ref)
  assert.equal((await send(a, "PUT", "/api/leases/" + made.body.lease)).status, 200)
  assert.equal((await send(a, "DELETE", "/api/leases/" + made.body.lease)).status, 200)
  await until(() => keys(x.presence).length === 0, "its end")
  assert.equal((await send(a, "PUT", "/api/leases/" + made.body.lease)).status, 404)
  assert.equal((await send(a, "DELETE", "/api/leases/" + made.body.lease)).status, 404)
  const short = await send(a, "POST", "/api/topics/t/presences", { key: "short", ttl: "300ms" })
  const listed = (await json(a, "/api/topics/t")).body.presences[0]
  assert.ok(listed === undefined || BigInt(listed.pid.slice(2)) >= 1n << 63n, "a lease, and no actor")
  await until(async () => (await json(a, "/api/topics/t")).body.count === 0, "it ends by itself")
  assert.equal((await send(a, "PUT", "/api/leases/" + short.body.lease)).status, 404)
  await until(() => keys(x.presence).length === 0, "and leaves")
  assert.equal(await metric(a, "rollcall_gateway_leases_total"), 2)
  const text = made.body.lease
  for (const other of ["x", text + "0", text.replace(/-\d+-/, "-17-"), text.slice(0, -1) + (text.endsWith("0") ? "1" : "0"), "99" + text.slice(1)])
    assert.equal((await send(a, "PUT", "/api/leases/" + other)).status, 404, other)
  for (const body of [{ key: "k" }, { key: "k", ttl: "soon" }, { key: "k", ttl: 10 }, { key: 7, ttl: "10s" }, { key: "", ttl: "10s" }, { key: "k", ttl: "10s", meta: 1 }, []])
    assert.equal((await send(a, "POST", "/api/topics/t/presences", body)).status, 400, JSON.stringify(body))
})
