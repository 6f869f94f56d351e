// Single keys, only while the Studio has the focus, and only while they are switched on (WCAG 2.1.4).
const KEPT = "studio-single-keys";
const TYPED_IN = "input:not([type=radio], [type=checkbox]), select, textarea";

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // a browser that keeps nothing: the choice holds for this page
  }
}

export function listenKeys(root, box, actions) {
  box.checked = kept();
  box.addEventListener("change", () => keep(box.checked));
  root.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPED_IN)) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
