// The state of the page and its address: the same names as studio/viewstate.py, in the same order.
const NAMES = ["pattern", "platform", "scenario", "beat", "node", "view", "configuration"];

export function readAddress(before) {
  const query = new URLSearchParams(location.search);
  const read = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? before[name]]));
  return { ...read, beat: Number(query.get("beat")) || 0, node: query.get("node") ?? "", view: query.get("view") ?? "", configuration: query.get("configuration") ?? "" };
}

// what the server made of the address: it may have corrected it
export function stateOf(root) {
  const { pattern, platform, scenario, beat, node, view, configuration } = root.dataset;
  return { pattern, platform, scenario, beat: Number(beat), node, view, configuration };
}

export function changed(state, changes) {
  const next = { ...state, ...changes };
  if (changes.pattern && changes.pattern !== state.pattern) Object.assign(next, { beat: 0, node: "", configuration: "" }, changes);
  if (changes.scenario && changes.scenario !== state.scenario) Object.assign(next, { beat: 0 }, changes);
  return next;
}

// the simulator's own inputs stay in the address while its node is open
const SIMULATOR = /^(s_\w+|route)$/;

export function queryOf(state) {
  const query = new URLSearchParams({ pattern: state.pattern, platform: state.platform, scenario: state.scenario });
  if (state.beat) query.set("beat", state.beat);
  if (state.node) query.set("node", state.node);
  if (state.view) query.set("view", state.view);
  if (state.configuration) query.set("configuration", state.configuration);
  if (state.node) for (const [name, value] of new URLSearchParams(location.search)) if (SIMULATOR.test(name)) query.append(name, value);
  return `?${query}`;
}
