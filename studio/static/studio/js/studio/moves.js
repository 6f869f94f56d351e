// What a change of platform means, read from the rows that name each node's five services.
export class Moves {
  constructor(words) {
    this.words = words;
    this.rules = new Intl.PluralRules(document.documentElement.lang || "en");
  }

  // the nodes whose service is another one on the second platform
  between(article, from, to) {
    const rows = [...article.querySelectorAll("#changes .changes > li")];
    const service = (row, platform) => row.querySelector(`[data-platform="${platform}"]`).firstChild.data.trim();
    const moved = rows.filter((row) => service(row, from) !== service(row, to));
    return { all: rows.length, moved: moved.map((row) => row.firstElementChild.dataset.node), without: unmatched(article, to) };
  }

  said({ all, moved, without }) {
    const ending = without.length ? this.#counted("without", without.length) : this.words.all[0];
    return `${this.#counted("moved", moved.length).replace("{all}", all)}, ${ending}.`;
  }

  #counted(name, count) {
    return this.words[name][this.rules.select(count) === "one" ? 0 : 1].replace("{count}", count);
  }
}

export function unmatched(article, platform) {
  return article.querySelector(`#changes [data-platform="${platform}"]`).dataset.unmatched.split(" ").filter(Boolean);
}
