// Tokens, origins and TLS.
import test from "node:test"
import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, writeFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import { LongPoll, Program, connect, gateway, join, keys, metric, push, raw, token, until, within } from "./harness.mjs"

const secret = "a secret of thirty-two bytes, or more"
const folder = mkdtempSync(path(tmpdir(), "rollcall-"))
test.after(() => rmSync(folder, { recursive: true }))
const file = (name, text) => {
  writeFileSync(path(folder, name), text)
  return path(folder, name)
}
const soon = () => Math.floor(Date.now() / 1000) + 3600
const topics = { "room:*": ["read", "track", "broadcast"], "news": ["read"] }
const good = () => token({ sub: "ada", exp: soon(), topics }, { secret })

test("a good token gives what its claims say, and nothing else", async t => {
  const a = await gateway("--jwt-secret-file", file("secret", secret + "\n"))
  t.after(() => a.stop())
  for (const transport of [undefined, LongPoll]) {
    const socket = connect(a, { authToken: good(), ...(transport ? { transport } : {}) })
    t.after(() => socket.disconnect())
    const x = join(socket, "room:1")
    assert.equal((await x.reply).ok.key, "ada")
    assert.equal((await push(x.channel, "broadcast", {})).ok !== undefined, true)
    for (const [topic, params] of [["room:2", { key: "bob" }], ["news", {}], ["other", {}], ["other", { track: false }], ["room", {}]])
      assert.deepEqual((await join(socket, topic, params).reply).error, { reason: "unauthorized" }, topic)
    const news = join(socket, "news", { track: false })
    assert.ok((await news.reply).ok)
    assert.equal((await push(news.channel, "broadcast", {})).error.reason, "unauthorized")
    socket.disconnect()
  }
  // as a parameter
  const socket = connect(a, { params: { token: good() } })
  t.after(() => socket.disconnect())
  assert.ok((await join(socket, "room:1").reply).ok)
})

test("a token that is wrong, expired or missing is refused, and nothing is tracked", async t => {
  const a = await gateway("--jwt-secret-file", file("secret", secret))
  t.after(() => a.stop())
  const none = Buffer.from('{"alg":"none"}').toString("base64url") + "." + Buffer.from(JSON.stringify({ sub: "ada", topics })).toString("base64url") + "."
  const bad = {
    missing: "",
    garbage: "garbage",
    "of another secret": token({ sub: "ada", exp: soon(), topics }, { secret: "another" }),
    expired: token({ sub: "ada", exp: 1000, topics }, { secret }),
    "without a signature": none,
    "with claims of another form": token({ sub: 7, topics }, { secret }),
  }
  for (const [what, text] of Object.entries(bad)) {
    await assert.rejects(raw(a, { path: `/socket/websocket?vsn=2.0.0&token=${text}` }), { status: 403 }, what)
    const poll = await (await fetch(`${a.url}/socket/longpoll?vsn=2.0.0&token=${text}`)).json()
    assert.equal(poll.status, 403, what)
    assert.equal((await fetch(`${a.url}/api/topics`, { headers: { authorization: `Bearer ${text}` } })).status, 401, what)
  }
  assert.ok(await metric(a, "rollcall_gateway_refused_unauthorized_total") >= 18)
  assert.deepEqual((await a.ask("topics")).topics, {})
})

test("keys of RSA and of an elliptic curve; a public key is no secret", async t => {
  for (const [alg, pair] of [
    ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ]) {
    const pem = pair.publicKey.export({ type: "spki", format: "pem" })
    const a = await gateway("--jwt-key-file", file("key", pem))
    t.after(() => a.stop())
    const claims = { sub: "ada", exp: soon(), topics }
    const s = await raw(a, { path: `/socket/websocket?vsn=2.0.0&token=${token(claims, { key: pair.privateKey, alg })}` })
    s.close()
    const other = generateKeyPairSync(...(alg === "RS256" ? ["rsa", { modulusLength: 2048 }] : ["ec", { namedCurve: "P-256" }]))
    for (const text of [token(claims, { key: other.privateKey, alg }), token(claims, { secret: pem, alg: "HS256" })])
      await assert.rejects(raw(a, { path: `/socket/websocket?vsn=2.0.0&token=${text}` }), { status: 403 })
  }
})

test("a connection ends when its token does", async t => {
  const a = await gateway("--jwt-secret-file", file("secret", secret))
  t.after(() => a.stop())
  const exp = Math.floor(Date.now() / 1000) + 4
  const s = await raw(a, { path: `/socket/websocket?vsn=2.0.0&token=${token({ sub: "ada", exp, topics }, { secret })}` })
  s.say("1", "1", "room:1", "phx_join", {})
  await s.reply("1")
  const { code, reason } = await within(s.closed, "the end")
  assert.equal(code, 1008)
  assert.match(reason, /expired/)
  await until(async () => (await a.ask("count", { topic: "room:1" })).count === 0, "the leave")
})

test("pages of other origins may not connect", async t => {
  const a = await gateway("--origin", "https://example.org")
  t.after(() => a.stop())
  for (const origin of ["https://example.org", `http://${a.http}`, undefined])
    (await raw(a, origin ? { origin } : {})).close()
  for (const origin of ["https://evil.example", "null", `https://${a.http}`, "https://example.org.evil.example"]) {
    await assert.rejects(raw(a, { origin }), { status: 403 })
    assert.equal((await fetch(`${a.url}/socket/longpoll?vsn=2.0.0`, { headers: { origin } })).status, 403)
  }
  // a name that an attacker lets point here is no origin of ours
  await assert.rejects(raw(a, { origin: "http://evil.example", headers: { host: "evil.example" } }), { status: 403 })
})

test("beyond loopback plain HTTP needs a word, and TLS needs tokens", async () => {
  for (const args of [["--http", "0.0.0.0:0"], ["--http-cert", "x"]])
    await assert.rejects(gateway(...args), /--insecure-http|--http-key/)
  const a = await gateway("--http", "0.0.0.0:0", "--insecure-http")
  await a.stop()
})
