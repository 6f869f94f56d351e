// The Studio: keeps page and address in one state. The server has drawn it already; every control was a link before.
import { changed, queryOf, readAddress, stateOf } from "./address.js";
import { Board, NARROW, layout } from "./board.js";
import { Drawer } from "./drawer.js";
import { listenKeys } from "./keys.js";
import { listenLinks, relink } from "./links.js";
import { Moves, unmatched } from "./moves.js";
import { Packs, texts } from "./packs.js";
import { Story } from "./story.js";

const AUTOPLAY_AFTER_MS = 600;
const OUTLINED_MS = 1500;
const FOLLOWS_MS = 60; // at the latest what stands further down follows
const root = document.getElementById("workbench");
const dialog = document.getElementById("drawer");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const still = () => reduced.matches;
const listed = ({ view }) => (view || root.dataset.firstView) === "list";
const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));

// when an element comes into view, or as near to it as the margin says
function once(element, margin, act) {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    act();
  }, { rootMargin: `${margin} 0px` });
  watch.observe(element);
}

class Studio {
  constructor() {
    this.state = stateOf(root);
    this.article = root.querySelector("#pattern");
    this.texts = texts(this.article);
    this.scheduled = false;
    const words = JSON.parse(root.querySelector("#studio-words").textContent);
    this.board = new Board(words.states, this.article.querySelector(".board-scroll"));
    this.moves = new Moves(words);
    this.story = new Story({ root, article: this.article, board: this.board, still, settled: (beat) => this.settled(beat) });
    this.drawer = new Drawer(dialog, () => this.go({ node: "" }));
    this.packs = new Packs({
      ...root.dataset,
      layout: layout(),
      away: (away) => { root.querySelector("#studio-away").hidden = !away; },
      came: (sheet) => soon(() => this.came(sheet)),
    });
    this.sheet = this.packs.keep(this.article);
    this.below = this.sheet; // whose words stand further down
  }

  start() {
    this.board.mount(this.sheet);
    this.board.platform(this.state.platform, unmatched(this.sheet, this.state.platform));
    this.story.load(this.sheet, this.state.scenario, this.state.beat);
    if (this.state.node) this.#node({});
    if (this.state.won) this.outcome("won");
    soon(() => this.relink());
    if (root.dataset.live) this.follow();
    once(root, "60%", () => soon(() => this.packs.load()));
    const calm = still() || this.state.beat || this.state.node || listed(this.state);
    if (!calm) once(this.article.querySelector(".board"), "-25%", () => setTimeout(() => this.begin(), AUTOPLAY_AFTER_MS));
  }

  // real traffic instead of a story
  async follow() {
    const { follow } = await import(root.dataset.live);
    this.touched = true;
    const idle = () => !this.story.playing && !still();
    follow({ url: root.dataset.traffic, board: this.board, badge: document.getElementById("studio-live"), idle });
  }

  // one pass by itself, unless somebody was faster
  begin() {
    if (!this.touched && !document.hidden) this.story.play({ auto: true });
  }

  // the one way to another state: the page first, then the address
  go(changes, { push = true } = {}) {
    this.write();
    this.told();
    const before = this.state;
    const next = changed(before, changes);
    // a configuration has its own names: the server draws them
    if (next.configuration !== before.configuration || (next.pattern !== before.pattern && !this.packs.get(next.pattern))) {
      location.assign(queryOf(next));
      return;
    }
    this.touched = true;
    this.state = next;
    const other = next.pattern !== before.pattern;
    if (other) this.#pattern();
    if (other || next.platform !== before.platform) this.#platform(before, other);
    if (other || next.view !== before.view) this.#view();
    if (other || next.scenario !== before.scenario) this.#scenario();
    else if (next.beat !== before.beat && !next.won) this.story.to(next.beat, push);
    if (next.won || before.won) this.outcome("won");
    if (next.node !== before.node) this.#node(before);
    if (push) this.address(true);
  }

  // The first frame shows the drawing and what is said of it, the next one its story and what stands further down.
  #pattern() {
    const before = this.sheet;
    const sheet = this.packs.get(this.state.pattern);
    const places = still() ? null : this.board.places();
    const inside = before.holds(document.activeElement);
    this.story.hold();
    this.sheet = sheet;
    this.texts.forEach((one, index) => { one.data = sheet.words[index]; });
    this.board.mount(sheet);
    if (places) this.board.glide(places);
    for (const link of root.querySelectorAll(".stations a")) current(link, link.dataset.pattern === this.state.pattern);
    if (inside) this.board.focus(this.board.current);
    this.say(sheet.title);
    this.later();
  }

  #platform(before, other) {
    const { platform } = this.state;
    this.board.platform(platform, unmatched(this.sheet, platform));
    this.#check("platform", platform);
    this.drawer.mark(platform);
    if (listed(this.state)) this.#rows();
    this.later();
    if (other) return;
    const moves = this.moves.between(this.sheet, before.platform, platform);
    this.say(this.moves.said(moves));
    this.board.outline(moves.moved);
    clearTimeout(this.outlined);
    this.outlined = setTimeout(() => this.board.outline([]), OUTLINED_MS);
  }

  // the services named in words
  #rows() {
    const { platform } = this.state;
    if (this.sheet.shown === platform) return;
    this.sheet.shown = platform;
    for (const one of this.sheet.all("[data-platform]")) one.hidden = one.dataset.platform !== platform;
  }

  // what follows when the frame has been painted
  later() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      setTimeout(() => this.told());
      soon(() => {
        this.scheduled = false;
        this.#rows();
        if (this.below !== this.sheet) this.#below();
        this.write();
        soon(() => {
          this.relink();
          this.#tidy();
        });
      }, { timeout: FOLLOWS_MS });
    });
  }

  // a story begins after the drawing, unless somebody asked for a moment of it
  told() {
    this.tell?.();
    this.tell = null;
  }

  #below() {
    document.title = document.title.replace(this.below.title, this.sheet.title);
    this.article.querySelector(".below").replaceChildren(...this.sheet.below);
    this.#twin();
    this.below = this.sheet;
    root.querySelector("input[name=pattern]").value = this.sheet.slug;
  }

  #twin() {
    this.article.querySelector("#twin").replaceChildren(this.sheet.twin);
  }

  // a fetched pattern
  came(sheet) {
    this.board.hang(sheet);
    this.#tidy();
  }

  #tidy() {
    const { platform } = this.state;
    this.board.tidy(platform, (sheet) => unmatched(sheet, platform));
  }

  #scenario() {
    const { scenario, beat, won } = this.state;
    this.#check("scenario", scenario);
    this.tell = () => {
      this.story.load(this.sheet, scenario, beat);
      if (!beat && !won && !still() && !listed(this.state)) this.story.play({ auto: true });
    };
    if (beat || won) this.told();
    this.later();
  }

  #view() {
    const list = listed(this.state);
    if (list) {
      this.#twin();
      this.part().catch(() => this.go({ view: "diagram" }));
    }
    this.article.querySelector("#board").hidden = list;
    this.article.querySelector("#twin").hidden = !list;
    for (const link of this.article.querySelectorAll("a[data-view]")) current(link, (link.dataset.view === "list") === list);
  }

  #node(before) {
    const { node } = this.state;
    if (!node) {
      this.drawer.close();
      this.board.focus(before.node);
      return;
    }
    this.board.rove(node);
    this.drawer.open({
      sheet: this.sheet,
      id: node,
      label: this.board.label(node),
      platform: this.state.platform,
      ready: () => this.part(),
    });
    if (node === this.sheet.router) this.outcome("simulated");
  }

  async outcome(act, anew) {
    (await import(root.dataset.outcome))[act](this, anew);
  }

  // drawers and list of the pattern, fetched when somebody is near
  async part() {
    const { sheet } = this;
    const had = sheet.twin.firstElementChild;
    await this.packs.part(sheet);
    if (!had && sheet === this.sheet) {
      for (const one of sheet.twin.querySelectorAll("[data-platform]")) one.hidden = one.dataset.platform !== this.state.platform;
      this.board.twin(sheet);
      this.relink();
    }
  }

  // the story came to rest on a beat that somebody asked for
  settled(beat) {
    this.touched = true;
    if (beat === this.state.beat && !this.state.won) return;
    this.state = { ...this.state, beat, won: "" };
    this.address();
  }

  // written when the frame has been shown, and before anything else is chosen
  address(push = false) {
    this.unwritten = this.unwritten === "push" || push ? "push" : "replace";
    this.later();
  }

  write() {
    const { unwritten } = this;
    this.unwritten = "";
    const query = queryOf(this.state);
    if (unwritten && query !== location.search) history[`${unwritten}State`](null, "", query);
  }

  relink() {
    const query = (changes) => queryOf(changed(this.state, changes));
    relink([root, dialog], query, this.state);
  }

  say(words) {
    root.querySelector("#studio-said").textContent = words;
  }

  #check(name, value) {
    for (const one of root.querySelectorAll(`input[name="${name}"]`)) one.checked = one.value === value;
  }
}

function current(link, on) {
  if (!on) link.removeAttribute("aria-current");
  else if (!link.ariaCurrent) link.ariaCurrent = "true";
}

const studio = new Studio();
const { board, story } = studio;

listenLinks([root, dialog], (changes) => {
  studio.go(changes);
});

root.addEventListener("change", ({ target }) => {
  if (target.name === "platform" || target.name === "scenario") studio.go({ [target.name]: target.value });
});

root.addEventListener("submit", (event) => {
  if (event.target.id === "studio-bar") event.preventDefault();
});

root.addEventListener("click", async (event) => {
  studio.touched = true;
  const button = event.target.closest("#play, #previous, #next, [data-export=png]");
  if (!button) return;
  if (button.tagName === "A") event.preventDefault();
  studio.told();
  if (button.id === "play") story.toggle();
  else if (button.id === "previous") story.step(-1);
  else if (button.id === "next") story.step(1);
  else await picture(button);
});

async function picture(button) {
  const svg = root.querySelector("a[data-export=svg]").href;
  try {
    const { png } = await import(root.dataset.picture);
    await png(svg);
  } catch {
    studio.say(button.dataset.failed);
    button.querySelector("span").textContent = button.dataset.failed;
  }
}

// looking closer: hover and focus
const nodeOf = (target) => target.closest?.("a[data-node]")?.dataset.node ?? "";
for (const name of ["pointerover", "focusin"]) {
  root.addEventListener(name, ({ target }) => {
    if (target.closest("#board, #changes")) studio.part().catch(() => {});
    if (target.closest(".board")) board.near(nodeOf(target));
  }, { passive: true });
}
for (const name of ["pointerleave", "focusout"]) {
  root.addEventListener(name, () => board.near(""), true);
}

root.addEventListener("keydown", (event) => {
  const node = event.target.closest(".board") && nodeOf(event.target);
  if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!/^(Arrow|Home|End)/.test(event.key)) return;
  event.preventDefault();
  board.focus(board.towards(event.key, node) ?? node);
});

const finder = root.querySelector("#find");
const seek = { to: "" };
function showFinder() {
  finder.hidden = false;
  const input = finder.querySelector("input");
  input.value = "";
  input.focus();
}
finder.addEventListener("input", ({ target }) => { seek.to = board.find(target.value) ?? ""; board.near(seek.to); });
finder.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  finder.hidden = true;
  board.focus(event.key === "Enter" && seek.to ? seek.to : board.current);
});

const choose = (changes) => () => studio.go(changes);
const choices = (selector, change) => [...root.querySelectorAll(selector)].map((one) => [one.getAttribute("aria-keyshortcuts"), choose(change(one))]);
listenKeys(root, document.getElementById("single-keys"), {
  ...Object.fromEntries(choices(".stations a", (link) => ({ pattern: link.dataset.pattern }))),
  ...Object.fromEntries(choices("input[name=platform]", (input) => ({ platform: input.value }))),
  p: () => root.querySelector("#play").click(),
  ",": () => root.querySelector("#previous").click(),
  ".": () => root.querySelector("#next").click(),
  l: () => studio.go({ view: listed(studio.state) ? "diagram" : "list" }),
  r: () => studio.sheet.router && studio.go({ node: studio.sheet.router }),
  "/": showFinder,
  "?": () => document.getElementById("studio-keys").showModal(),
});

dialog.addEventListener("htmx:after:swap", ({ target }) => studio.outcome("simulated", target.id !== "simulator"));

addEventListener("popstate", () => {
  studio.unwritten = "";
  story.pause();
  studio.go(readAddress(studio.state), { push: false });
  studio.relink();
});
// wide or narrow by now: the address leads to the same state, drawn for it
NARROW.addEventListener("change", () => { if (studio.sheet !== studio.packs.get(studio.packs.first)) location.reload(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) story.pause(); });
addEventListener("pagehide", () => studio.write());

studio.start();
