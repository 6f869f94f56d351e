// A configuration that is live: its figures are looked up again and again, and what is new travels along its line.
// What the page knows of the server is one word in `badge`: fresh, slow, lost, over (not live any more), gone (no longer
// allowed). The figures last seen stay; a server that does not answer is asked again with growing pauses.
const EVERY_MS = 5000;
const MOST_MS = 60000;
const SLOW_MS = 2500;
const PATIENCE_MS = 12000;
const TRAVELS_MS = 900;
const REFUSED = [401, 403, 404];

export function follow({ url, board, badge, idle }) {
  const times = badge.querySelectorAll("time");
  let failures = 0;
  let timer = 0;
  let asking = false;

  function show(state) {
    if (badge.dataset.state !== state) badge.dataset.state = state;
  }

  function again(after) {
    clearTimeout(timer);
    timer = setTimeout(look, after);
  }

  async function look() {
    if (asking || badge.dataset.state === "gone") return;
    if (document.hidden) return again(EVERY_MS);
    asking = true;
    const slow = setTimeout(() => { if (!failures) show("slow"); }, SLOW_MS);
    try {
      await ask();
      failures = 0;
    } catch {
      failures += 1;
      show("lost");
    }
    clearTimeout(slow);
    asking = false;
    again(Math.min(EVERY_MS * 2 ** failures, MOST_MS));
  }

  async function ask() {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "manual" });
    // a redirect leads to the sign-in page: whoever reads this is nobody any more
    if (REFUSED.includes(answer.status) || answer.type === "opaqueredirect") return show("gone");
    if (!answer.ok) throw new Error(String(answer.status));
    const { live, figures, read_at: moment } = await answer.json();
    if (live) {
      take(figures);
      for (const one of times) one.textContent = moment;
    }
    show(live ? "fresh" : "over");
  }

  function take(figures) {
    const fresh = new Set();
    for (const { edges } of board.drawings) {
      for (const [id, edge] of edges) {
        const count = edge.querySelector(".d-count");
        const words = ` ${figures[id] ?? ""}`;
        if (!count || count.textContent.trim() === words.trim()) continue;
        count.textContent = count.previousSibling ? words : words.trim();
        fresh.add(id);
      }
    }
    if (fresh.size && idle()) travel([...fresh]);
  }

  function travel(edges) {
    const begun = performance.now();
    const frame = (now) => {
      const where = Math.min(Math.max(now - begun, 0) / TRAVELS_MS, 1); // a frame may bear a time before it was asked for
      if (!idle()) return;
      board.tokens(where < 1 ? edges.map((edge) => ({ edge, back: false, where })) : []);
      if (where < 1) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  // back on line, or looked at again: no need to wait for the end of a long pause
  addEventListener("online", look);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  look();
}
