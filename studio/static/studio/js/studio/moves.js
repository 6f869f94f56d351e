// What a change of platform means, read once from the rows that name each node's five services.
const read = new WeakMap();

function servicesOf(sheet) {
  if (!read.has(sheet)) {
    const rows = sheet.all("#changes .changes > li").map((row) => {
      const services = [...row.querySelectorAll("[data-platform]")].map((one) => [one.dataset.platform, one.firstChild.data.trim()]);
      return { node: row.firstElementChild.dataset.node, services: Object.fromEntries(services) };
    });
    const without = sheet.all("#changes > [data-platform]").map(({ dataset }) => [dataset.platform, dataset.unmatched.split(" ").filter(Boolean)]);
    read.set(sheet, { rows, without: Object.fromEntries(without) });
  }
  return read.get(sheet);
}

export function unmatched(sheet, platform) {
  return servicesOf(sheet).without[platform];
}

export class Moves {
  constructor(words) {
    this.words = words;
    this.rules = new Intl.PluralRules(document.documentElement.lang || "en");
  }

  // the nodes whose service is another one on the second platform
  between(sheet, from, to) {
    const { rows } = servicesOf(sheet);
    const moved = rows.filter(({ services }) => services[from] !== services[to]).map(({ node }) => node);
    return { all: rows.length, moved, without: unmatched(sheet, to) };
  }

  said({ all, moved, without }) {
    const ending = without.length ? this.#counted("without", without.length) : this.words.all[0];
    return `${this.#counted("moved", moved.length).replace("{all}", all)}, ${ending}.`;
  }

  #counted(name, count) {
    return this.words[name][this.rules.select(count) === "one" ? 0 : 1].replace("{count}", count);
  }
}
