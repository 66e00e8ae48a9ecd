// HTTPS and WSS by the gateway itself.
import test from "node:test"
import assert from "node:assert/strict"
import https from "node:https"
import tls from "node:tls"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import { Program, WebSocket, connect, gateway, join, keys, raw, until, within } from "./harness.mjs"

const folder = mkdtempSync(path(tmpdir(), "rollcall-"))
test.after(() => rmSync(folder, { recursive: true }))
const cert = path(folder, "cert.pem"), key = path(folder, "key.pem")
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
  "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" })
const ca = readFileSync(cert)

class Trusting extends WebSocket {
  constructor(url, protocols) { super(url, protocols, { ca }) }
}

const get = (a, where) => within(new Promise((resolve, reject) => {
  const [host, port] = a.http.split(":")
  https.get({ host, port, path: where, ca }, answer => {
    let text = ""
    answer.on("data", x => { text += x }).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }))
  }).on("error", reject)
}), where)

test("the page, the interface and channels by TLS", async t => {
  const a = await gateway("--http-cert", cert, "--http-key", key)
  t.after(() => a.stop())
  const health = await get(a, "/health")
  assert.deepEqual([health.status, JSON.parse(health.text).status], [200, "ok"])
  const page = await get(a, "/")
  assert.equal(page.status, 200)
  assert.match(page.headers["content-security-policy"], /default-src 'none'/)

  const sockets = ["ada", "bob"].map(() => connect(a, { base: "wss://", transport: Trusting }))
  t.after(() => sockets.forEach(s => s.disconnect()))
  const all = sockets.map((s, i) => join(s, "room", { key: ["ada", "bob"][i] }))
  for (const x of all) assert.ok((await x.reply).ok)
  for (const x of all) await until(() => keys(x.presence).join() === "ada,bob", "each sees both")
  const big = { text: "x".repeat(100_000) } // many TLS records
  const heard = []
  all[1].channel.on("broadcast", payload => heard.push(payload))
  all[0].channel.push("broadcast", big)
  await until(() => heard.length === 1, "the broadcast")
  assert.deepEqual(heard[0], big)
  sockets[0].disconnect()
  await until(() => keys(all[1].presence).join() === "bob", "the leave")
})

test("what does not speak TLS is cut off, and the others are served on", async t => {
  const a = await gateway("--http-cert", cert, "--http-key", key, "--handshake-timeout", "500ms")
  t.after(() => a.stop())
  await assert.rejects(fetch(`http://${a.http}/health`))
  await assert.rejects(raw(a))
  const [host, port] = a.http.split(":")
  // an old version of TLS, and a client that says nothing
  await assert.rejects(new Promise((resolve, reject) =>
    tls.connect({ host, port, ca, minVersion: "TLSv1", maxVersion: "TLSv1.1" }, resolve).on("error", reject)))
  const silent = tls.connect({ host, port, ca })
  silent.on("error", () => {})
  await within(new Promise(resolve => silent.on("close", resolve).resume()), "the end of a client that says nothing")
  assert.equal((await get(a, "/health")).status, 200)
})

test("certificate and key that are not good are refused at the start", async () => {
  const bad = path(folder, "bad.pem"), other = path(folder, "other.pem")
  writeFileSync(bad, "no certificate")
  execFileSync("openssl", ["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other], { stdio: "ignore" })
  for (const args of [["--http-cert", cert], ["--http-key", key], ["--http-cert", bad, "--http-key", key], ["--http-cert", cert, "--http-key", bad],
    ["--http-cert", cert, "--http-key", other], ["--http-cert", path(folder, "none"), "--http-key", key]])
    await assert.rejects(Program.start(["--name", "a", ...args]), /http-cert|http-key/, args.join(" "))
})
