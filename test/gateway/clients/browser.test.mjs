// The page, in a real browser: Debian's Chromium, driven by playwright-core.
//
// With ROLLCALL_SCREENSHOTS=FOLDER it leaves pictures of the page there.
import test from "node:test"
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { readFileSync } from "node:fs"
import { Program, gateway, until } from "./harness.mjs"

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync)
if (!chromium) {
  console.log("SKIPPED: no Chromium: apt-get install chromium")
  process.exit(0)
}
const require = createRequire(import.meta.url)
const { chromium: driver } = require("playwright-core")
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8")

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]

const text = (page, selector) => page.textContent(selector)
const people = page => page.$$eval("#room-people b", all => all.map(x => x.textContent))

test("two tabs see each other, one closes, and the page follows", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  const b = await Program.start(["--name", "b", "--seed", a.ready.listen], { command: "node" })
  t.after(() => b.stop())
  const browser = await driver.launch({ executablePath: chromium, args: flags })
  t.after(() => browser.close())
  const errors = []
  const open = async (name, options = {}) => {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage()
    page.on("pageerror", e => errors.push(String(e)))
    page.on("console", m => m.type() === "error" && errors.push(m.text()))
    await page.goto(a.url + "/")
    await page.fill("#room", "room:lobby")
    await page.fill("#name", name)
    return page
  }
  const ada = await open("ada"), eve = await open("eve", { colorScheme: "dark" })
  await ada.click("#enter")
  await eve.click("#enter")
  await until(async () => (await people(ada)).join() === "ada,eve", "ada sees eve")
  await until(async () => (await people(eve)).join() === "ada,eve", "eve sees ada")
  await ada.selectOption("#status", "busy")
  await ada.click("#enter")
  await until(async () => (await text(eve, "#room-people")).includes("busy"), "an update is seen")

  await until(async () => (await text(ada, "#nodes")).includes("b") && (await text(ada, "#summary")).startsWith("2 of 2"), "both nodes are shown")
  await b.ask("track_many", { as: "x", topic: "room:many", keys: [0, 30], meta: { status: "online" } })
  await until(async () => (await text(ada, "#topics")).includes("room:many"), "a topic of another node is listed")
  await ada.fill("#search", "room:m")
  await until(async () => !(await text(ada, "#topics")).includes("room:lobby"), "the search narrows the list")
  await ada.click("#topics button")
  await until(async () => (await text(ada, "#presences")).includes("k29"), "its presences are shown")
  await until(async () => ((await ada.getAttribute("#plot-joins", "d")) ?? "").split("L").length > 3, "the plot moves")
  await b.ask("kill", { as: "x" })
  await until(async () => !(await ada.$$eval("#presences b", all => all.length)), "they leave")

  for (const [page, scheme] of [[ada, "light"], [eve, "dark"]]) {
    await page.evaluate(axe)
    const found = await page.evaluate(() => axe.run())
    const serious = found.violations.filter(v => v.impact === "serious" || v.impact === "critical")
    assert.deepEqual(serious.map(v => `${v.id}: ${v.nodes[0].html}`), [], `accessibility, ${scheme}`)
  }
  if (process.env.ROLLCALL_SCREENSHOTS) {
    await b.ask("track_many", { as: "y", topic: "room:many", keys: [0, 12], meta: { status: "online" } })
    await new Promise(r => setTimeout(r, 2500))
    for (const [page, scheme] of [[ada, "light"], [eve, "dark"]]) {
      await page.fill("#search", "")
      await page.screenshot({ path: `${process.env.ROLLCALL_SCREENSHOTS}/page-${scheme}.png`, fullPage: true })
    }
  }
  await eve.context().close()
  await until(async () => (await people(ada)).join() === "ada", "eve's tab is closed: she leaves")
  assert.deepEqual(errors, [])
})

test("the page works on a phone, and is small", async t => {
  const a = await gateway()
  t.after(() => a.stop())
  let bytes = 0
  for (const path of ["/", "/style.css", "/app.js", "/channel.js", "/icon.svg"]) bytes += (await (await fetch(a.url + path)).arrayBuffer()).byteLength
  assert.ok(bytes < 100_000, `${bytes} bytes`)
  const browser = await driver.launch({ executablePath: chromium, args: flags })
  t.after(() => browser.close())
  const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage()
  await page.goto(a.url + "/")
  await until(async () => (await text(page, "#summary")).startsWith("1 of 1"), "it is live")
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  assert.equal(wide, false, "nothing is wider than the screen")
  // By keyboard alone: to the name, and join.
  await page.focus("#name")
  await page.keyboard.press("Enter")
  await until(async () => (await people(page)).length === 1, "joined by keyboard")
})
