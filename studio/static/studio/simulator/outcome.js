// The outcome of a simulation in the drawing, fetched when there is one; studio/diagrams/outcome.py draws the same.
// A value names the nodes in the order they were asked, the last one answered; or it ends in `nobody`, or is `cache`.
function light(board, router, outcome) {
  const failed = outcome.split(".");
  const last = failed.pop();
  const lines = [...board.drawing.edges].filter(([, { dataset }]) => dataset.source === router && dataset.target === last);
  const lit = lines.slice(0, 1).map(([id]) => id);
  const cached = last === "cache";
  const states = Object.fromEntries(failed.map((id) => [id, "failed"]));
  if (lit.length) Object.assign(states, { [router]: "done", [last]: cached ? "hit" : "won" });
  else states[router] = cached ? "hit" : "failed";
  board.paint(states, lit, new Set());
  board.tokens(lit.map((edge) => ({ edge, where: 1 })));
}

// the path as the state has it, or the story at rest again
export function won(studio) {
  const { state, story, board, sheet } = studio;
  studio.touched = true; // nothing plays by itself over it
  if (state.won || !(state.beat || story.playing)) story.rest(0);
  if (state.won) light(board, sheet.router, state.won);
}

// what the simulator says; a moment of the story stays until an input is changed
export function simulated(studio, anew) {
  const panel = document.getElementById("simulation");
  const { state: { node, pattern, beat }, sheet } = studio;
  if (panel && node === sheet.router && (anew || !beat)) {
    studio.go({ beat: 0, won: panel.getAttribute(`data-won-${pattern}`) ?? "" }, { push: false });
    studio.address();
  }
  studio.relink();
}
