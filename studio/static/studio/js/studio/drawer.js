// The drawer at the side: what a node is. Without script the same words stand in the page.
// htmx may wait in a template
async function scripts(template) {
  if (!template) return;
  template.remove();
  for (const script of [...template.content.cloneNode(true).children]) {
    const loaded = new Promise((resolve) => { script.onload = script.onerror = resolve; });
    document.head.append(script);
    await loaded; // one after the other: the second extends the first
  }
}

export class Drawer {
  constructor(dialog, closed) {
    this.dialog = dialog;
    this.slot = dialog.querySelector("#drawer-node");
    this.title = dialog.querySelector("#drawer-title");
    this.simulator = dialog.querySelector("#simulator");
    this.shown = dialog.dataset.shown; // the server may have opened it
    dialog.addEventListener("close", closed);
    this.simulator.addEventListener("htmx:after:swap", () => { this.simulator.dataset.filled = "yes"; });
    dialog.addEventListener("click", (event) => {
      if (!event.target.closest("[data-again]")) return;
      event.preventDefault();
      if (this.simulator.contains(event.target)) this.simulate();
      else this.fill();
    });
    dialog.querySelector("#drawer-close").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
  }

  open({ sheet, id, label, platform, ready }) {
    const router = id === sheet.router;
    this.wanted = { sheet, id, platform, ready };
    this.title.textContent = label;
    this.dialog.classList.toggle("drawer-wide", router);
    this.simulator.hidden = !router;
    if (router) this.simulate();
    this.fill();
    if (!this.dialog.matches(":modal")) this.dialog.removeAttribute("open"); // as the server opened it; closing would tell
    if (!this.dialog.open) this.dialog.showModal();
  }

  // the words are there, or on their way, or the server does not answer
  async fill() {
    const { wanted } = this;
    const words = () => wanted.sheet.drawers.querySelector(`template[data-drawer="${CSS.escape(wanted.id)}"]`);
    if (!words()) {
      if (!this.slot.firstElementChild || this.shown !== wanted.id) this.put("#drawer-wait");
      try {
        await wanted.ready();
      } catch {
        if (wanted === this.wanted) this.put("#drawer-away");
        return;
      }
    }
    if (wanted !== this.wanted || !words()) return;
    this.slot.replaceChildren(words().content.cloneNode(true));
    this.shown = wanted.id;
    this.mark(wanted.platform);
  }

  put(template) {
    this.slot.replaceChildren(this.dialog.querySelector(template).content.cloneNode(true));
  }

  // the simulator comes when it is first wanted, by htmx
  async simulate() {
    await scripts(document.getElementById("htmx"));
    if (!this.simulator.dataset.filled) this.simulator.dispatchEvent(new Event("simulate"));
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  mark(platform) {
    for (const row of this.slot.querySelectorAll("[data-row]")) row.classList.toggle("is-current", row.dataset.row === platform);
  }
}
