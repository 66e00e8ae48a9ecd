import { Socket } from "/channel.js";

const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token");
const withToken = (path) => (token ? `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}` : path);

const get = async (path) => {
  const reply = await fetch(withToken(path));
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply.json();
};

// Everything that comes from outside becomes text, never markup.
const element = (tag, text, className) => {
  const x = document.createElement(tag);
  if (text !== undefined) x.textContent = text;
  if (className) x.className = className;
  return x;
};

// -- the cluster, twice a second ---------------------------------------------------

const seconds = 120;
const rates = { joins: [], leaves: [] };
let last = null;

const line = (values, most) =>
  values.map((v, i) => `${i ? "L" : "M"}${((i + seconds - values.length) / (seconds - 1)) * 600},${116 - (v / most) * 110}`).join("");

function plot(cluster) {
  const now = performance.now();
  if (last) {
    const passed = (now - last.now) / 1000;
    for (const name of ["joins", "leaves"]) {
      const rate = Math.max(0, (cluster[name] - last[name]) / passed);
      rates[name].push(rate);
      if (rates[name].length > seconds) rates[name].shift();
      $(`${name}-now`).textContent = rate < 10 ? rate.toFixed(1) : Math.round(rate);
    }
    const most = Math.max(1, ...rates.joins, ...rates.leaves);
    $("plot-joins").setAttribute("d", line(rates.joins, most));
    $("plot-leaves").setAttribute("d", line(rates.leaves, most));
  }
  last = { now, joins: cluster.joins, leaves: cluster.leaves };
}

function showNodes(cluster) {
  $("nodes").replaceChildren(
    ...cluster.nodes.map((node) => {
      const item = element("li", undefined, node.status);
      item.append(element("b", node.name), element("span", node.status, "state"));
      if (node.presences !== undefined) item.append(element("span", ` · ${node.presences.toLocaleString()} present`));
      return item;
    }),
  );
  const up = cluster.nodes.filter((n) => n.status === "up").length;
  $("summary").textContent =
    `${up} of ${cluster.nodes.length} nodes up · ${cluster.presences.toLocaleString()} presences · seen from ${cluster.name}`;
}

async function watchCluster() {
  try {
    const cluster = await get("/api/cluster");
    showNodes(cluster);
    plot(cluster);
  } catch {
    $("summary").textContent = "The gateway does not answer; trying again.";
    last = null;
  }
  setTimeout(watchCluster, 1000);
}

// -- topics ------------------------------------------------------------------------

const pageSize = 100;
let shown = pageSize;

async function watchTopics(again = true) {
  try {
    const { topics, next } = await get(`/api/topics?limit=${shown}&prefix=${encodeURIComponent($("search").value)}`);
    const focused = document.activeElement?.dataset?.topic;
    const items = Object.entries(topics).map(([topic, count]) => {
      const item = element("li");
      const button = element("button", topic);
      button.type = "button";
      button.dataset.topic = topic;
      button.setAttribute("aria-pressed", String(topic === chosen?.topic));
      button.onclick = () => choose(topic);
      item.append(button, element("span", count.toLocaleString(), "count"));
      return item;
    });
    if (items.length === 0) items.push(element("li", "Nobody is present under that prefix.", "note"));
    $("topics").replaceChildren(...items);
    if (focused) [...$("topics").querySelectorAll("button")].find((b) => b.dataset.topic === focused)?.focus();
    $("more-topics").hidden = next === null;
  } catch {
    // watchCluster says so
  }
  if (again) setTimeout(watchTopics, 2000);
}

$("search").oninput = () => watchTopics(false);
$("more-topics").onclick = () => { shown += pageSize; watchTopics(false); };

// -- people of a channel -------------------------------------------------------------

const mostShown = 500;

function showPeople(list, people, before) {
  const keys = [...people.keys()].sort();
  const items = keys.slice(0, mostShown).map((key) => {
    const metas = people.get(key);
    const { phx_ref, phx_ref_prev, ...meta } = metas[metas.length - 1];
    const item = element("li", undefined, before.has(key) ? "" : "new");
    item.append(element("b", key), element("span", Object.entries(meta).map(([k, v]) => `${k}: ${typeof v === "string" ? v : JSON.stringify(v)}`).join(", ")));
    if (metas.length > 1) item.append(element("span", `${metas.length} times`, "count"));
    return item;
  });
  for (const key of before.keys()) {
    if (people.has(key) || items.length >= mostShown) continue;
    const item = element("li");
    item.append(element("span", `${key} left`, "gone"));
    items.push(item);
  }
  if (keys.length > mostShown) items.push(element("li", `and ${keys.length - mostShown} more`, "note"));
  list.replaceChildren(...items);
}

const socket = new Socket(withToken(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket/websocket?vsn=2.0.0`));
let chosen = null;
let room = null;

function choose(topic) {
  if (chosen && chosen !== room) chosen.leave();
  $("topic-title").textContent = topic;
  $("topic-note").textContent = "Live: the list follows the topic.";
  if (room?.topic === topic) {
    chosen = room;
    showPeople($("presences"), room.people, room.people);
  } else {
    chosen = socket.channel(topic, { track: false });
    chosen.onsync = (people, before) => showPeople($("presences"), people, before);
    chosen.onstatus = (status, response) => {
      if (status !== "ok") $("topic-note").textContent = `Not to be seen: ${response?.reason ?? status}`;
    };
    chosen.join();
  }
  watchTopics(false);
}

// -- the room to try it in ------------------------------------------------------------

const say = (text) => { $("room-state").textContent = text; };

function leaveRoom() {
  room?.leave();
  if (chosen === room) chosen = null;
  room = null;
  $("leave").hidden = true;
  $("enter").textContent = "Join";
  $("room-people").replaceChildren();
}

$("join").onsubmit = (e) => {
  e.preventDefault();
  const topic = $("room").value.trim(), key = $("name").value.trim(), meta = { status: $("status").value };
  if (room && room.topic === topic && room.payload.key === key) {
    room.payload.meta = meta;
    room.update(meta, (status, response) => say(status === "ok" ? `Your status is ${meta.status}.` : `Not changed: ${response?.reason}`));
    return;
  }
  leaveRoom();
  if (chosen?.topic === topic) chosen = null;
  room = socket.channel(topic, { key, meta, track: true });
  const mine = room;
  room.onsync = (people, before) => {
    showPeople($("room-people"), people, before);
    if (chosen === mine) showPeople($("presences"), people, before);
  };
  room.onstatus = (status, response) => {
    if (status === "ok") {
      say(`You are in ${topic} as ${key}.`);
      $("leave").hidden = false;
      $("enter").textContent = "Update";
    } else {
      say(`Not joined: ${response?.reason ?? status}`);
      if (room === mine) leaveRoom();
    }
  };
  room.join();
};
$("leave").onclick = () => { leaveRoom(); say("You left."); };

socket.onstate = (state) => { if (state === "closed" && room) say("The connection is lost; it comes back by itself."); };
$("name").value = `guest-${Math.floor(Math.random() * 900 + 100)}`;

watchCluster();
watchTopics();
