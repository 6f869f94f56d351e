// The story of a scenario: buttons, narration, track and figures around the player.
import { Player } from "./player.js";

// words that stand there already are not written again: it would be laid out again
function write(element, words) {
  if (element.textContent !== String(words)) element.textContent = words;
}

export class Story {
  constructor({ root, article, board, still, settled }) {
    this.root = root;
    this.article = article;
    this.board = board;
    this.still = still;
    this.settled = settled; // (beat) when it stands on another beat and somebody asked for it
    this.now = 0;
    this.figure = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.player = new Player({ board, still, show: (beat, arrived) => this.show(beat, arrived), stopped: () => this.stopped() });
  }

  // another pattern or scenario
  load(sheet, scenario, beat) {
    if (sheet.told !== scenario) {
      for (const one of sheet.all("[data-story]")) one.hidden = one.dataset.story !== scenario;
      sheet.told = scenario;
    }
    this.article.dataset.told = scenario;
    const beats = sheet.all(`[data-story="${scenario}"] a[data-beat]`);
    this.marks = [...beats, ...this.#track(beats)];
    this.player.load(beats);
    this.rest(beat);
  }

  get playing() {
    return this.player.playing;
  }

  get last() {
    return this.player.beats.length;
  }

  rest(beat) {
    this.auto = true; // where it stands now is what the address says
    this.player.rest(beat);
    this.buttons();
  }

  // one pass nobody asked for is not read aloud
  play({ auto = false } = {}) {
    this.settled(this.now);
    this.auto = auto;
    this.#find("#narration").setAttribute("aria-live", auto ? "off" : "polite");
    this.player.play({ auto, speed: this.#speed() });
    this.buttons();
  }

  pause() {
    this.player.pause();
  }

  // another one follows
  hold() {
    this.player.clock.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  step(by) {
    if (by > 0 && this.now === this.last) this.to(1);
    else if (this.now + by >= 0) this.to(this.now + by, by > 0);
  }

  to(beat, moving = true) {
    this.auto = false;
    this.#find("#narration").setAttribute("aria-live", "polite");
    if (moving && beat) this.player.step(beat, this.#speed());
    else this.player.rest(beat);
    this.settled(beat);
    this.buttons();
  }

  show(beat, arrived) {
    const { beats } = this.player;
    const past = new Set(beats.slice(0, Math.max(beat - 1, 0)).flatMap((one) => one.edges));
    const seen = beats[(arrived ? beat : beat - 1) - 1];
    this.board.paint(seen?.states ?? {}, beats[beat - 1]?.edges ?? [], past);
    this.now = beat;
    this.#tell(beat);
    this.#figures(arrived ? beat : beat - 1);
    this.#mark(beat);
  }

  stopped() {
    if (!this.auto) this.settled(this.now);
    this.buttons();
  }

  buttons() {
    const { playing } = this;
    const play = this.#find("#play");
    play.classList.toggle("is-playing", playing);
    write(play.querySelector("span"), playing ? play.dataset.pause : play.dataset.play);
    this.root.classList.toggle("is-playing", playing);
    this.#find("#previous").toggleAttribute("data-nowhere", this.now === 0);
  }

  // the line of the player has a station for each beat
  #track(beats) {
    const track = this.#find(".track");
    while (track.childElementCount > beats.length) track.lastElementChild.remove();
    while (track.childElementCount < beats.length) {
      const station = track.firstElementChild.cloneNode(true);
      const [link] = station.children;
      link.dataset.beat = track.childElementCount + 1;
      link.firstElementChild.textContent = track.dataset.words.replace("{beat}", link.dataset.beat);
      track.append(station);
    }
    return [...track.children].map((station) => station.firstElementChild);
  }

  #find(selector) {
    return this.article.querySelector(selector);
  }

  #speed() {
    return Number(this.#find("#speed").value) || 1;
  }

  #tell(beat) {
    const step = this.#find("#beat-of");
    write(step, beat ? step.dataset.words.replace("{beat}", beat).replace("{beats}", this.last) : step.dataset.rest);
    write(this.#find("#narration"), this.player.beats[Math.max(beat, 1) - 1].say);
  }

  #figures(beat) {
    const { milliseconds, hops, calls, cost } = this.player.sums(beat);
    write(this.#find("#gauge-time"), beat ? `${this.figure.format(milliseconds / 1000)} s` : "–");
    write(this.#find("#gauge-hops"), beat ? hops : "–");
    write(this.#find("#gauge-calls"), beat ? calls : "–");
    write(this.#find("#gauge-cost"), cost ?? "–");
  }

  #mark(beat) {
    for (const link of this.marks) {
      const at = Number(link.dataset.beat);
      if (at === beat) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
      link.classList.toggle("is-past", at < beat);
    }
  }
}
