// Links of the page: a click on one changes the state in place, and afterwards all of them say what they lead to.
const CHANGES = {
  pattern: (link) => ({ pattern: link.dataset.pattern }),
  node: (link) => ({ node: link.dataset.node }),
  beat: (link) => ({ beat: Number(link.dataset.beat) }),
  view: (link) => ({ view: link.dataset.view }),
};
const SELECTOR = "a[data-pattern], a[data-node], a[data-beat], a[data-view]";

function changesOf(link) {
  const kind = Object.keys(CHANGES).find((name) => name in link.dataset);
  return CHANGES[kind](link);
}

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

export function listenLinks(places, act) {
  for (const place of places) {
    place.addEventListener("click", (event) => {
      const link = event.target.closest(SELECTOR);
      if (!link || !plain(event)) return;
      event.preventDefault();
      act(changesOf(link), link);
    });
  }
}

// what leads away from this page takes the state along
function carried(link, state) {
  const url = new URL(link.getAttribute("href"), location.href);
  const next = url.searchParams.get("next");
  const target = next ? new URL(next, location.href) : url;
  for (const name of ["pattern", "platform", "scenario", "beat", "won"]) {
    if (link.dataset.export || target.searchParams.has(name)) target.searchParams.set(name, state[name]);
  }
  if (next) url.searchParams.set("next", target.pathname + target.search);
  link.setAttribute("href", url.pathname + url.search);
}

// what to paste into another page: this state in a frame
function frame(address, { pattern, platform, scenario, beat, won }) {
  const url = new URL(address, location.href);
  url.search = new URLSearchParams({ pattern, platform, scenario, beat, won, language: document.documentElement.lang });
  const element = document.createElement("iframe");
  for (const [name, value] of Object.entries({ src: url.href, title: document.title, width: "100%", height: "560", loading: "lazy" })) element.setAttribute(name, value);
  return element.outerHTML;
}

export function relink(places, query, state) {
  for (const place of places) {
    for (const link of place.querySelectorAll(SELECTOR)) link.setAttribute("href", query(changesOf(link)));
    for (const link of place.querySelectorAll("a[data-export]")) carried(link, state);
  }
  for (const kept of document.querySelectorAll("#simulator form input[type=hidden]")) {
    if (kept.name in state) kept.value = state[kept.name];
  }
  const use = document.getElementById("use");
  if (use) carried(use, state);
  for (const next of document.querySelectorAll("input[name=next]")) next.value = location.pathname + location.search;
  const share = document.getElementById("share");
  if (share) share.dataset.copyValue = location.href;
  const embed = document.getElementById("embed");
  if (embed) embed.dataset.copyValue = frame(embed.dataset.address, state);
}
