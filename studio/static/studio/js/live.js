// A page that follows something: says whether it does, falls back to asking every 3 seconds, and stops when it must.
// hx-sse holds the stream and connects again; this only watches it. The server says hello when a stream flows, and beats
// every 15 seconds: a stream that opens without a hello is kept back on its way, one that falls silent is dead.
const HELLO_MS = 5000;
const SILENCE_MS = 40000;
const PATIENCE_MS = 2000;
const POLL_MS = 3000;
const AGAIN_MS = 30000;
const REFUSED = [401, 403, 404];

const feed = document.getElementById("feed");
const clock = { opened: 0, heard: 0, lost: performance.now(), asked: 0, tried: performance.now() };
let connection = null;

function show(state) {
  if (feed.dataset.state === state) return;
  feed.dataset.state = state;
  for (const one of feed.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== state;
}

function is(...states) {
  return states.includes(feed.dataset.state);
}

function hear() {
  clock.heard = performance.now();
  if (!is("over", "gone")) show("live");
}

function lose(status) {
  if (is("over", "gone")) return;
  if (is("live", "connecting", "off")) clock.lost = performance.now();
  clock.opened = 0;
  if (REFUSED.includes(status)) show("gone");
  else if (!is("poll")) show("lost");
}

function ended() {
  const page = document.querySelector("[data-over]");
  if (page) show("over");
  return Boolean(page);
}

function watch() {
  const now = performance.now();
  if (document.hidden || is("over", "gone")) return;
  if (is("live") && now - clock.heard > SILENCE_MS) {
    connection?.reader?.cancel();
    lose();
  }
  if (is("connecting", "lost") && clock.opened && now - clock.opened > HELLO_MS) show("poll");
  if (is("connecting") && now - clock.lost > HELLO_MS) show("poll"); // nothing has answered at all
  if (is("lost") && now - clock.lost > PATIENCE_MS) show("poll");
  if (!is("poll")) return;
  if (now - clock.asked > POLL_MS) {
    clock.asked = now;
    htmx.trigger(feed, "refresh", {}, false);
  }
  if (now - clock.tried > AGAIN_MS) {
    clock.tried = now;
    htmx.trigger(feed, "connect", {}, false);
  }
}

function answered(event) {
  const raw = event.detail.ctx?.response?.raw;
  if (!raw || event.target.id === "feed") return;
  if (raw.redirected) { // to the sign-in page, which is no part of this one
    event.preventDefault();
    show("gone");
  } else if (REFUSED.includes(raw.status)) show("gone");
  else if (is("lost") && raw.ok) show("poll");
}

function start() {
  show("connecting");
  feed.addEventListener("htmx:sse:before:connection", (event) => { if (is("over", "gone")) event.preventDefault(); });
  feed.addEventListener("htmx:sse:after:connection", (event) => {
    connection = event.detail.connection;
    clock.opened = performance.now();
  });
  feed.addEventListener("htmx:sse:before:message", hear);
  feed.addEventListener("htmx:sse:error", (event) => lose(event.detail.status));
  feed.addEventListener("htmx:sse:close", (event) => { if (event.detail.reason === "message") show("over"); });
  feed.addEventListener("htmx:error", () => lose());
  feed.addEventListener("htmx:response:error", (event) => lose(event.detail.ctx?.response?.status));
  document.addEventListener("htmx:before:response", answered);
  document.addEventListener("htmx:error", () => { if (is("poll")) show("lost"); });
  document.addEventListener("htmx:after:swap", ended);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) clock.heard = clock.lost = performance.now();
  });
  setInterval(watch, 1000);
}

if (feed) start();
