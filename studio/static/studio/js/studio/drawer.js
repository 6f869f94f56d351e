// The drawer at the side: what a node is. Without script the same words stand in the page.
export class Drawer {
  constructor(dialog, closed) {
    this.dialog = dialog;
    this.slot = dialog.querySelector("#drawer-node");
    this.title = dialog.querySelector("#drawer-title");
    this.simulator = dialog.querySelector("#simulator");
    dialog.addEventListener("close", closed);
    this.simulator.addEventListener("htmx:after:swap", () => { this.simulator.dataset.filled = "yes"; });
    this.simulator.addEventListener("click", (event) => {
      if (!event.target.closest("[data-again]")) return;
      event.preventDefault();
      this.fill();
    });
    dialog.querySelector("#drawer-close").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
  }

  open(article, id, label, platform) {
    const words = article.querySelector(`template[data-drawer="${CSS.escape(id)}"]`);
    if (!words) return;
    const router = id === article.dataset.router;
    this.title.textContent = label;
    this.slot.replaceChildren(words.content.cloneNode(true));
    this.mark(platform);
    this.dialog.classList.toggle("drawer-wide", router);
    this.simulator.hidden = !router;
    if (router) this.fill();
    if (!this.dialog.matches(":modal")) this.dialog.removeAttribute("open"); // as the server opened it; closing would tell
    if (!this.dialog.open) this.dialog.showModal();
  }

  // the simulator comes when it is first wanted, by htmx
  fill() {
    if (!this.simulator.dataset.filled) this.simulator.dispatchEvent(new Event("simulate"));
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  mark(platform) {
    for (const row of this.slot.querySelectorAll("[data-row]")) row.classList.toggle("is-current", row.dataset.row === platform);
  }
}
