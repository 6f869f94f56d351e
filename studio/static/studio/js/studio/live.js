// A configuration that is live: its figures are looked up again and again, and what is new travels along its line.
const EVERY_MS = 5000;
const MOST_MS = 60000;
const TRAVELS_MS = 900;

export function follow({ url, board, badge, idle }) {
  let failures = 0;
  const again = () => setTimeout(look, Math.min(EVERY_MS * 2 ** failures, MOST_MS));

  async function look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(url);
        if (!answer.ok) throw new Error(String(answer.status));
        take((await answer.json()).figures);
        failures = 0;
      } catch {
        failures += 1;
      }
      const words = failures ? badge.dataset.away : badge.dataset.fresh;
      if (badge.textContent !== words) badge.textContent = words;
    }
    again();
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

  look();
}
