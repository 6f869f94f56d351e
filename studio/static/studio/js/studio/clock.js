// One clock per player: runs, stands, can be set. Everything that moves is a function of its time.
export class Clock {
  constructor(tick) {
    this.tick = tick;
    this.time = 0;
    this.end = 0;
    this.speed = 1;
    this.running = false;
  }

  set(time) {
    this.time = Math.min(Math.max(time, 0), this.end);
    this.tick(this.time);
  }

  play(until = this.end) {
    this.until = Math.min(until, this.end);
    if (this.running) return;
    this.running = true;
    let before = performance.now();
    const frame = (now) => {
      if (!this.running) return;
      // a frame that came late moves no further than a tenth of a second: nothing jumps
      this.time = Math.min(this.time + Math.min(Math.max(now - before, 0), 100) * this.speed, this.until);
      before = now;
      if (this.time >= this.until) this.running = false;
      this.tick(this.time);
      if (this.running) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    this.running = false;
  }
}
