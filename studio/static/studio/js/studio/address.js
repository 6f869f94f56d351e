// The state of the page and its address: the same names as studio/viewstate.py, in the same order.
const ALWAYS = ["pattern", "platform", "scenario"];
const NAMES = [...ALWAYS, "beat", "node", "view", "won", "configuration"];
const read = (value) => Object.fromEntries(NAMES.map((name) => [name, name === "beat" ? Number(value(name)) || 0 : value(name)]));

export function readAddress(before) {
  const query = new URLSearchParams(location.search);
  return read((name) => query.get(name) ?? (ALWAYS.includes(name) ? before[name] : ""));
}

// what the server made of the address: it may have corrected it
export function stateOf(root) {
  return read((name) => root.dataset[name]);
}

export function changed(state, changes) {
  const next = { ...state, ...changes };
  if (changes.pattern && changes.pattern !== state.pattern) Object.assign(next, { beat: 0, node: "", won: "", configuration: "" }, changes);
  if (changes.scenario && changes.scenario !== state.scenario) Object.assign(next, { beat: 0, won: "" }, changes);
  if (next.beat) next.won = "";
  return next;
}

// the simulator's own inputs stay in the address while its node is open
const SIMULATOR = /^(s_\w+|route)$/;

export function queryOf(state) {
  const query = new URLSearchParams();
  for (const name of NAMES) if (state[name] || ALWAYS.includes(name)) query.set(name, state[name]);
  if (state.node) for (const [name, value] of new URLSearchParams(location.search)) if (SIMULATOR.test(name)) query.append(name, value);
  return `?${query}`;
}
