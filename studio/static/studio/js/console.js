// The console's own behaviour, in one module and one request. Every page works without it; each part only adds to markup
// that already works. Words come from attributes the server wrote, so there is no catalogue here.

// Theme switch: same cookie as the form's POST would set, without the round trip.
const YEAR = 31536000;

function show(form, theme) {
  for (const button of form.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

function pin(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? YEAR : 0}; SameSite=Lax${secure}`;
}

function startTheme() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-switch]") || !event.submitter) return;
    event.preventDefault();
    pin(event.submitter.value);
    document.querySelectorAll("[data-theme-switch]").forEach((one) => show(one, event.submitter.value));
  });
}

// Copy buttons: data-copy names the element, data-copy-value holds the text itself.
const SHOWN_MS = 2000;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = button.dataset.copyValue ?? source?.textContent.trim() ?? "";
  try {
    await navigator.clipboard.writeText(text);
    tell(button, button.dataset.done);
  } catch {
    if (source) getSelection().selectAllChildren(source);
    tell(button, button.dataset.failed);
  }
}

function tell(button, words) {
  const label = button.querySelector("span");
  const before = button.dataset.words ?? label.textContent;
  button.dataset.words = before;
  label.textContent = words;
  label.setAttribute("role", "status");
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = String(setTimeout(() => { label.textContent = before; }, SHOWN_MS));
}

function startCopy() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
}

// Native dialogs: data-opens="id" opens, data-closes closes, a click beside closes. On a link the address stays the way without script.
function open(event, opener) {
  const dialog = document.getElementById(opener.dataset.opens);
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  dialog.close(); // it is open without being modal where the address asked for it
  dialog.showModal();
}

function dismiss(flash) {
  flash.classList.add("is-leaving");
  setTimeout(() => flash.remove(), 250);
}

function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) return open(event, opener);
    if (event.target.closest("[data-closes]")) return event.target.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) return event.target.close();
    const dismisser = event.target.closest("[data-dismiss]");
    if (dismisser) dismiss(dismisser.closest(".flash"));
  });
}

// Menus are <details>: close on a click elsewhere and on Escape, with focus back on the summary.
function closeAll(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

function startMenus() {
  document.addEventListener("click", (event) => closeAll(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// Relative times stay true while the page is open: <time data-live datetime="…">.
const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [45, "day"]];
const EVERY_MS = 30000;

function words(seconds, format) {
  let size = seconds;
  for (const [length, unit] of STEPS) {
    if (Math.abs(size) < length) return format.format(Math.round(size), unit);
    size /= length;
  }
  return null;
}

function tick() {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
  for (const time of document.querySelectorAll("time[data-live]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    const text = Math.abs(seconds) < 60 ? null : words(seconds, format);
    if (text && time.textContent !== text) time.textContent = text;
  }
}

function startClocks() {
  setInterval(() => { if (!document.hidden) tick(); }, EVERY_MS);
}

// Command palette: fetched on its first use.
async function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const { palette } = await import(dialog.dataset.module);
  palette(dialog).open();
}

function startPalette() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    openPalette();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) openPalette();
  });
}

startTheme();
startCopy();
startDialogs();
startMenus();
startClocks();
startPalette();
