// A drawer beside the page: a link with data-drawer="key" fills it from its own address, which without script leads to the
// same page with the drawer open. It is modal only where it covers the page. Nothing that the page learns closes it.
const NARROW = matchMedia("(width < 60rem)");
const drawer = document.querySelector("dialog.drawer");
const body = drawer?.querySelector(".drawer-body");
const title = drawer?.querySelector("h2");
let open = new URLSearchParams(location.search).get("step") ?? "";
let opener = open ? `open-${open}` : "";

function mark() {
  for (const row of document.querySelectorAll("tr.is-current")) row.classList.remove("is-current");
  if (open) document.getElementById(`open-${open}`)?.closest("tr")?.classList.add("is-current");
}

function fill(address, swap) {
  return htmx.ajax("GET", address, { target: body, swap, headers: { "HX-Target": `div#${body.id}` } });
}

async function show(link) {
  open = link.dataset.drawer;
  opener = link.id;
  title.textContent = link.dataset.title ?? link.textContent;
  mark();
  await fill(link.href, "innerHTML");
  if (drawer.open) drawer.close("again");
  if (NARROW.matches) drawer.showModal();
  else drawer.show();
  body.scrollTop = 0;
  history.replaceState(history.state, "", link.href);
}

function closed() {
  if (drawer.returnValue === "again") {
    drawer.returnValue = "";
    return;
  }
  open = "";
  mark();
  history.replaceState(history.state, "", drawer.dataset.closedUrl);
  document.getElementById(opener)?.focus();
}

function clicked(event) {
  const link = event.target.closest("a[data-drawer]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link);
}

function pressed(event) {
  if (event.key !== "Escape" || !drawer.open || document.querySelector("dialog:modal")) return;
  event.preventDefault();
  drawer.close();
}

// Steps that moved are named by the stream; the one that is shown is read again, its focus and place kept.
function moved(event) {
  if (drawer.open && event.detail.data.split(" ").includes(open)) fill(`${drawer.dataset.closedUrl}?step=${open}`, "innerMorph");
}

function count() {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
  for (const one of document.querySelectorAll("[data-countdown]")) {
    const seconds = Math.ceil((Date.parse(one.dataset.countdown) - Date.now()) / 1000);
    const text = seconds > 0 ? format.format(seconds, "second") : "";
    if (one.textContent !== text) one.textContent = text;
  }
}

function start() {
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  drawer.addEventListener("click", (event) => { if (event.target.closest("a[data-closes]")) event.preventDefault(); });
  drawer.addEventListener("close", closed);
  document.getElementById("feed")?.addEventListener("steps", moved);
  document.addEventListener("htmx:after:swap", mark);
  setInterval(count, 1000);
  count();
}

if (drawer) start();
