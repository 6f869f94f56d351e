// The drawing: states of nodes, lines that are lit, tokens on their way, and walking through it with the keyboard.
// A pattern is drawn twice, wide and narrow; the style sheet shows one, both are kept true.
const SVG = "http://www.w3.org/2000/svg";
const SAMPLES = 32;
const MOST_TOKENS = 40;
const RADIUS = 5;
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
export const NARROW = matchMedia("(width < 46rem)"); // as in the style sheet; asking the layout would cost it
export const layout = () => (NARROW.matches ? "narrow" : "wide");
const FAINT = 0.4; // what is new is there from the first frame
const GLIDE = { duration: 250, easing: "cubic-bezier(.2, .7, .2, 1)" };

class Drawing {
  constructor(svg) {
    this.svg = svg;
    this.layout = svg.classList.contains("diagram-narrow") ? "narrow" : "wide";
    this.nodes = new Map([...svg.querySelectorAll("[data-node]")].map((node) => [node.dataset.node, node]));
    this.edges = new Map([...svg.querySelectorAll("[data-edge]")].map((edge) => [edge.dataset.edge, edge]));
    this.seconds = [...svg.querySelectorAll("text[data-platform]")];
    for (const one of svg.querySelectorAll(".d-token, .tokens")) one.remove(); // the server's, and those of an earlier visit
    this.layer = svg.appendChild(document.createElementNS(SVG, "g"));
    this.layer.setAttribute("class", "tokens");
    this.layer.setAttribute("aria-hidden", "true");
  }

  middle(id) {
    const box = this.nodes.get(id).querySelector(".d-box");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    return { x: x + width / 2, y: y + height / 2 };
  }

  mark(name, ids) {
    for (const [id, node] of this.nodes) node.classList.toggle(name, ids.includes(id));
  }

  // which service stands in the second lines
  platform(platform, unmatched) {
    if (this.on === platform) return;
    this.on = platform;
    for (const one of this.seconds) one.classList.toggle("is-on", one.dataset.platform === platform);
    this.mark("is-unmatched", unmatched);
  }

  // Tab enters the drawing once; inside it the arrows go
  rove(id) {
    if (this.roved === id) return;
    if (this.roved) this.nodes.get(this.roved).setAttribute("tabindex", "-1");
    else for (const node of this.nodes.values()) node.setAttribute("tabindex", "-1");
    this.nodes.get(id)?.setAttribute("tabindex", "0");
    this.roved = id;
  }

  // states after a beat; lines it uses, and those used before it
  paint(looks, states, lit, past) {
    for (const [id, node] of this.nodes) this.#state(looks, node, states[id] ?? "idle");
    for (const [id, edge] of this.edges) {
      const on = lit.includes(id);
      edge.classList.toggle("is-past", past.has(id));
      if (edge.classList.contains("is-lit") === on) continue;
      edge.classList.toggle("is-lit", on);
      for (const shape of edge.querySelectorAll("path, polygon")) shape.classList.toggle("w-lit", on);
    }
  }

  #state(looks, node, state) {
    if (node.dataset.state === state) return;
    node.classList.replace(`is-${node.dataset.state}`, `is-${state}`);
    node.dataset.state = state;
    const [word, icon] = looks[state] ?? ["", ""];
    node.querySelector(".d-state-word").textContent = word;
    node.querySelector(".d-state-icon").setAttribute("d", icon || "M0 0");
  }
}

export class Board {
  constructor(looks, scroll) {
    this.looks = looks; // of states: [word, icon]
    this.scroll = scroll;
    this.samples = new WeakMap();
    this.known = new Map(); // drawings by sheet
  }

  // A drawing is put on the page, and laid out unseen, before anybody asks for it.
  hang(sheet) {
    if (this.known.has(sheet)) return;
    const { drawn } = sheet;
    this.known.set(sheet, [...drawn.querySelectorAll("svg.diagram")].map((svg) => new Drawing(svg)));
    if (drawn.parentElement === this.scroll) return;
    for (const path of drawn.querySelectorAll("path[id]")) path.removeAttribute("id"); // alike in each
    this.#warm(sheet);
    this.scroll.append(drawn);
  }

  // for a frame, so that its places are known afterwards
  #warm(sheet) {
    const { classList } = sheet.drawn;
    classList.remove("is-away");
    classList.add("is-warming");
    requestAnimationFrame(() => setTimeout(() => classList.replace("is-warming", "is-away")));
  }

  // another pattern is chosen
  mount(sheet) {
    this.near("");
    this.sheet?.drawn.classList.add("is-away");
    this.sheet = sheet;
    this.hang(sheet);
    sheet.drawn.classList.remove("is-away", "is-warming");
    this.drawings = this.known.get(sheet);
    this.twin(sheet);
    const [first] = this.drawings[0].nodes.keys();
    this.rove(first);
    this.#measure();
  }

  // what nobody sees, put in order for the next time
  tidy(platform, unmatched) {
    for (const [sheet, drawings] of this.known) {
      if (sheet === this.sheet) continue;
      const before = drawings[0].on;
      for (const one of drawings) {
        one.platform(platform, unmatched(sheet));
        one.mark("is-changed", []);
        one.paint(this.looks, {}, [], new Set());
        one.layer.replaceChildren();
      }
      if (before !== platform) this.#warm(sheet);
    }
  }

  // the list of the same, once it is there
  twin(sheet) {
    this.twins = new Map([...sheet.twin.querySelectorAll("[data-state-of]")].map((one) => [one.dataset.stateOf, one]));
    for (const [id, twin] of this.twins) this.#say(twin, this.drawing.nodes.get(id)?.dataset.state);
  }

  #say(twin, state) {
    twin.textContent = this.looks[state]?.[0] ?? "";
  }

  get drawing() {
    return this.drawings.find((one) => one.layout === layout()) ?? this.drawings[0];
  }

  // points of all lines, so that the first token starts on time
  #measure() {
    const { drawing } = this;
    (window.requestIdleCallback ?? setTimeout)(() => drawing.edges.forEach((edge) => this.#points(edge)));
  }

  paint(states, lit, past) {
    for (const one of this.drawings) one.paint(this.looks, states, lit, past);
    for (const [id, twin] of this.twins) this.#say(twin, states[id]);
  }

  // where tokens are: [{edge, back, where}], `where` from 0 at the source to 1
  tokens(list) {
    const { layer, edges } = this.drawing;
    const shown = list.filter(({ edge }) => edges.has(edge)).slice(0, MOST_TOKENS);
    while (layer.childElementCount < shown.length) this.#token(layer);
    while (layer.childElementCount > shown.length) layer.lastElementChild.remove();
    shown.forEach(({ edge, back, where }, index) => {
      const points = this.#points(edges.get(edge));
      const at = (back ? 1 - where : where) * SAMPLES;
      const low = Math.min(Math.floor(at), SAMPLES - 1);
      const [a, b, part] = [points[low], points[low + 1], at - low];
      const token = layer.children[index];
      token.setAttribute("transform", `translate(${a.x + (b.x - a.x) * part} ${a.y + (b.y - a.y) * part})`);
      token.setAttribute("class", `token token-${edges.get(edge).dataset.kind}`);
    });
  }

  #token(layer) {
    const token = document.createElementNS(SVG, "circle");
    token.setAttribute("r", RADIUS);
    layer.append(token);
  }

  #points(edge) {
    if (!this.samples.has(edge)) {
      const line = edge.querySelector("path");
      const step = line.getTotalLength() / SAMPLES;
      this.samples.set(edge, Array.from({ length: SAMPLES + 1 }, (_, index) => line.getPointAtLength(index * step)));
    }
    return this.samples.get(edge);
  }

  ends(id) {
    const { source, target } = this.drawing.edges.get(id).dataset;
    return [source, target];
  }

  label(id) {
    return [...this.drawing.nodes.get(id).querySelectorAll(".d-label")].map((line) => line.lastChild.data).join(" ");
  }

  outline(ids) {
    for (const one of this.drawings) one.mark("is-changed", ids);
  }

  platform(platform, unmatched) {
    for (const one of this.drawings) one.platform(platform, unmatched);
  }

  // a node that is looked at: its lines stand out, the rest steps back
  near(id) {
    if (id === (this.close ?? "")) return;
    this.close = id;
    const { svg, nodes, edges } = this.drawing;
    const neighbours = new Set([id]);
    svg.classList.toggle("has-near", Boolean(id));
    for (const edge of edges.values()) {
      const ends = [edge.dataset.source, edge.dataset.target];
      edge.classList.toggle("is-near", ends.includes(id));
      if (ends.includes(id)) ends.forEach((end) => neighbours.add(end));
    }
    for (const [other, node] of nodes) node.classList.toggle("is-near", neighbours.has(other));
  }

  rove(id) {
    this.current = id;
    for (const one of this.drawings) one.rove(id);
  }

  focus(id) {
    const node = this.drawing.nodes.get(id);
    if (!node) return;
    this.rove(id);
    node.focus();
  }

  // where a key leads: the neighbour by a line that lies most in its direction, else the nearest node that does
  towards(key, id) {
    const { nodes, edges } = this.drawing;
    const ids = [...nodes.keys()];
    if (key === "Home") return ids[0];
    if (key === "End") return ids.at(-1);
    const joined = [...edges.values()]
      .map(({ dataset: { source, target } }) => (source === id ? target : target === id ? source : ""))
      .filter(Boolean);
    return this.#most(ARROWS[key], id, joined) ?? this.#most(ARROWS[key], id, ids);
  }

  #most([dx, dy], id, others) {
    const from = this.drawing.middle(id);
    let [best, least] = [undefined, Infinity];
    for (const other of others) {
      const to = this.drawing.middle(other);
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const across = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (other !== id && along > 1 && across <= along * 2.5 && along + 2 * across < least) [best, least] = [other, along + 2 * across];
    }
    return best;
  }

  find(letters) {
    const wanted = letters.trim().toLocaleLowerCase();
    if (!wanted) return "";
    const all = [...this.drawing.nodes.keys()].map((id) => [id, this.label(id).toLocaleLowerCase()]);
    return (all.find(([, label]) => label.startsWith(wanted)) ?? all.find(([, label]) => label.includes(wanted)))?.[0] ?? "";
  }

  places() {
    const { drawing } = this;
    return new Map([...drawing.nodes.keys()].map((id) => [id, drawing.middle(id)]));
  }

  // nodes that both patterns have glide from where they were, the others appear
  glide(before) {
    const { nodes } = this.drawing;
    for (const [id, to] of this.places()) {
      const from = before.get(id);
      const frames = from
        ? [{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: "none" }]
        : [{ opacity: FAINT }, { opacity: 1 }];
      nodes.get(id).animate(frames, GLIDE);
    }
    this.drawing.svg.querySelector(".d-lines")?.animate([{ opacity: FAINT }, { opacity: 1 }], GLIDE);
  }
}
