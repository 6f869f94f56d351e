// Plays a story: turns the clock's time into a beat, tokens under way, and figures. It knows nothing of the address.
import { Clock } from "./clock.js";

const ARRIVES = 0.8; // part of a beat after which its tokens have arrived
const AUTOPLAY_MS = 4800;
const ease = (x) => (x < 0.5 ? 2 * x * x : 1 - (2 - 2 * x) ** 2 / 2);

const pairs = (text = "") => Object.fromEntries(text.split(" ").filter(Boolean).map((one) => one.split(":")));

export class Player {
  constructor({ board, still, show, stopped }) {
    this.board = board;
    this.still = still; // whether nothing may move
    this.show = show; // (beat, arrived, time) whenever one of the first two changes
    this.stopped = stopped;
    this.clock = new Clock((time) => this.at(time));
    this.beats = [];
  }

  load(links) {
    this.clock.pause();
    let start = 0;
    let states = {};
    this.beats = links.map((link) => {
      states = { ...states, ...pairs(link.dataset.states) };
      const length = Number(link.dataset.ms);
      const beat = {
        start,
        length,
        edges: link.dataset.edges.split(" ").filter(Boolean),
        back: "back" in link.dataset,
        states,
        calls: Number(link.dataset.calls ?? 0),
        say: link.textContent.trim(),
        cost: link.nextElementSibling.textContent, // so far, in words
      };
      start += length;
      return beat;
    });
    this.clock.end = start;
    this.clock.time = 0;
    this.seen = "";
  }

  get playing() {
    return this.clock.running;
  }

  // beat 0 is the picture at rest; beat n has arrived
  rest(number) {
    this.clock.pause();
    const beat = this.beats[number - 1];
    this.seen = "";
    if (!beat) return this.nothing();
    this.clock.set(beat.start + beat.length * ARRIVES);
  }

  nothing() {
    this.clock.time = 0;
    this.board.tokens([]);
    this.show(0, true, 0);
  }

  play({ auto = false, speed = 1 } = {}) {
    if (this.clock.time >= this.clock.end - 1 || this.clock.time === 0) this.seen = "";
    if (this.clock.time >= this.clock.end - 1) this.clock.time = 0;
    this.clock.speed = auto ? Math.max(speed, this.clock.end / AUTOPLAY_MS) : speed;
    this.clock.play();
  }

  // one beat from its beginning to its arrival
  step(number, speed) {
    const beat = this.beats[number - 1];
    if (!beat) return;
    if (this.still()) return this.rest(number);
    this.clock.pause();
    this.seen = "";
    this.clock.speed = speed;
    this.clock.time = beat.start;
    this.clock.play(beat.start + beat.length * ARRIVES);
  }

  pause() {
    if (!this.clock.running) return;
    this.clock.pause();
    this.stopped();
  }

  at(time) {
    let index = this.beats.findIndex((beat) => time < beat.start + beat.length);
    if (index < 0) index = this.beats.length - 1;
    const beat = this.beats[index];
    const done = Math.min((time - beat.start) / (beat.length * ARRIVES), 1);
    const arrived = done >= 1 || this.still();
    const seen = `${index}.${arrived}`;
    if (seen !== this.seen) {
      this.seen = seen;
      this.show(index + 1, arrived, time);
    }
    this.board.tokens(arrived ? beat.edges.map((edge) => ({ edge, back: beat.back, where: 1 })) : this.#under(beat, done));
    if (!this.clock.running) this.stopped();
  }

  // lines that begin where another ends are travelled one after the other, all others at once
  #under(beat, done) {
    const legs = beat.legs ?? (beat.legs = this.#legs(beat));
    const count = Math.max(...legs, 0) + 1;
    const leg = Math.min(Math.floor(done * count), count - 1);
    const where = ease(done * count - leg);
    return beat.edges.filter((_, index) => legs[index] === leg).map((edge) => ({ edge, back: beat.back, where }));
  }

  #legs(beat) {
    const arrived = new Map();
    return beat.edges.map((edge) => {
      const [from, to] = beat.back ? this.board.ends(edge).reverse() : this.board.ends(edge);
      const leg = arrived.has(from) ? arrived.get(from) + 1 : 0;
      arrived.set(to, leg);
      return leg;
    });
  }

  // what has happened up to a beat, for the figures
  sums(number) {
    const past = this.beats.slice(0, number);
    return {
      milliseconds: past.reduce((sum, beat) => sum + beat.length, 0),
      hops: past.reduce((sum, beat) => sum + beat.edges.length, 0),
      calls: past.reduce((sum, beat) => sum + beat.calls, 0),
      cost: past.at(-1)?.cost,
    };
  }
}
