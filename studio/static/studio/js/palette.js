// Command palette: Ctrl-K filters the pages and actions the server listed. A combobox over a listbox.
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();

const REQUEST_ID = /^[0-9a-f]{4,}[0-9a-f-]*$/i;

class Palette {
  constructor(dialog) {
    this.dialog = dialog;
    this.input = dialog.querySelector("input");
    this.none = dialog.querySelector(".none");
    this.options = [...dialog.querySelectorAll("[role=option]")];
    this.input.addEventListener("input", () => this.filter());
    this.input.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("click", (event) => this.go(event.target.closest("[role=option]")));
  }

  get shown() {
    return this.options.filter((option) => !option.hidden);
  }

  open() {
    this.input.value = "";
    this.filter();
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  filter() {
    const wanted = plain(this.input.value).split(/\s+/).filter(Boolean);
    for (const option of this.options) option.hidden = !this.matches(option, wanted);
    this.none.hidden = this.shown.length > 0;
    this.select(this.shown[0]);
  }

  matches(option, wanted) {
    if (option.dataset.find) return REQUEST_ID.test(this.input.value.trim());
    const text = plain(option.textContent);
    return wanted.every((word) => text.includes(word));
  }

  select(option) {
    for (const one of this.options) one.setAttribute("aria-selected", String(one === option));
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    const shown = this.shown;
    const at = shown.findIndex((option) => option.getAttribute("aria-selected") === "true");
    this.select(shown[(at + step + shown.length) % shown.length]);
  }

  go(option) {
    if (!option) return;
    const { url, find, press } = option.dataset;
    this.dialog.close();
    if (press) document.querySelector(press)?.click();
    else location.assign(find ? find + encodeURIComponent(this.input.value.trim()) : url);
  }

  key(event) {
    const actions = {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Enter: () => this.go(this.options.find((one) => one.getAttribute("aria-selected") === "true")),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
}

const palettes = new WeakMap();

export function palette(dialog) {
  if (!palettes.has(dialog)) palettes.set(dialog, new Palette(dialog));
  return palettes.get(dialog);
}
