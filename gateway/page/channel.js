// Phoenix Channels, protocol 2.0.0, as much as this page needs: one socket that comes
// back by itself, channels on it, and the list of who is present in a channel.

const firstWait = 500, longestWait = 10_000, beat = 30_000;

export class Socket {
  constructor(url) {
    this.url = url;
    this.channels = new Map();
    this.replies = new Map();
    this.ref = 0;
    this.wait = firstWait;
    this.onstate = () => {};
    this.connect();
  }

  connect() {
    this.ws = new WebSocket(this.url);
    this.ws.onopen = () => {
      this.wait = firstWait;
      this.onstate("open");
      this.timer = setInterval(() => this.push(null, "phoenix", "heartbeat", {}), beat);
      for (const channel of this.channels.values()) channel.rejoin();
    };
    this.ws.onmessage = (e) => this.take(JSON.parse(e.data));
    this.ws.onclose = () => {
      clearInterval(this.timer);
      this.replies.clear();
      this.onstate("closed");
      setTimeout(() => this.connect(), this.wait * (0.5 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, longestWait);
    };
  }

  get open() { return this.ws.readyState === WebSocket.OPEN; }

  push(joinRef, topic, event, payload, reply) {
    const ref = String(++this.ref);
    if (reply) this.replies.set(ref, reply);
    if (this.open) this.ws.send(JSON.stringify([joinRef, ref, topic, event, payload]));
    return ref;
  }

  take([joinRef, ref, topic, event, payload]) {
    if (event === "phx_reply") {
      this.replies.get(ref)?.(payload.status, payload.response);
      this.replies.delete(ref);
      return;
    }
    const channel = this.channels.get(topic);
    if (channel && (joinRef === null || joinRef === channel.joinRef)) channel.take(event, payload);
  }

  channel(topic, payload) {
    const channel = new Channel(this, topic, payload);
    this.channels.get(topic)?.leave();
    this.channels.set(topic, channel);
    return channel;
  }
}

export class Channel {
  constructor(socket, topic, payload) {
    Object.assign(this, { socket, topic, payload, people: new Map(), joined: false });
    this.onsync = () => {};
    this.onstatus = () => {};
  }

  join() { if (this.socket.open) this.rejoin(); return this; }

  rejoin() {
    this.joinRef = String(this.socket.ref + 1);
    this.socket.push(this.joinRef, this.topic, "phx_join", this.payload, (status, response) => {
      this.joined = status === "ok";
      this.onstatus(status, response);
    });
  }

  leave() {
    this.socket.push(this.joinRef, this.topic, "phx_leave", {});
    if (this.socket.channels.get(this.topic) === this) this.socket.channels.delete(this.topic);
  }

  update(meta, done) { this.socket.push(this.joinRef, this.topic, "update", meta, done); }

  take(event, payload) {
    const before = this.people;
    if (event === "presence_state") {
      this.people = new Map(Object.entries(payload).map(([key, x]) => [key, x.metas]));
    } else if (event === "presence_diff") {
      this.people = new Map(before);
      // Joins before leaves: an update is both, of one key.
      for (const [key, { metas }] of Object.entries(payload.joins)) {
        const refs = new Set(metas.map((m) => m.phx_ref));
        const kept = (this.people.get(key) ?? []).filter((m) => !refs.has(m.phx_ref));
        this.people.set(key, [...kept, ...metas]);
      }
      for (const [key, { metas }] of Object.entries(payload.leaves)) {
        const refs = new Set(metas.map((m) => m.phx_ref));
        const left = (this.people.get(key) ?? []).filter((m) => !refs.has(m.phx_ref));
        if (left.length > 0) this.people.set(key, left);
        else this.people.delete(key);
      }
    } else if (event === "presence_count") {
      this.count = payload;
    } else {
      if (event === "phx_close" || event === "phx_error") this.onstatus(event, payload);
      return;
    }
    this.onsync(this.people, before);
  }
}
