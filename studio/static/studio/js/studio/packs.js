// What the page has not been sent: the other patterns, fetched once when there is nothing else to do, and what of a
// pattern only those want who look closer. The browser parses both as documents of their own: no markup is assigned here.
const AGAIN_MS = [1000, 3000, 10000, 30000];

function documentAt(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.timeout = 15000;
    request.onload = () => (request.status === 200 && request.responseXML ? resolve(request.responseXML) : reject(new Error(String(request.status))));
    request.onerror = request.ontimeout = () => reject(new Error("no answer"));
    request.send();
  });
}

export class Packs {
  constructor({ packs, part, layout, away }) {
    this.urls = { packs, part };
    this.layout = layout;
    this.away = away; // told whether the server does not answer
    this.articles = new Map();
    this.parts = new Map();
    this.failures = 0;
  }

  keep(article) {
    this.articles.set(article.dataset.slug, article);
    this.first ??= article.dataset.slug;
  }

  get(slug) {
    return this.articles.get(slug);
  }

  async load() {
    try {
      const answer = await documentAt(`${this.urls.packs}&but=${this.first}&layout=${this.layout}`);
      for (const article of answer.querySelectorAll("article.pattern")) this.keep(document.adoptNode(article));
      this.away(false);
    } catch {
      this.away(true);
      setTimeout(() => this.load(), AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)]);
      this.failures += 1;
    }
  }

  // drawers and list of a pattern; asked for again after a failure
  part(article) {
    const { slug } = article.dataset;
    if (article.querySelector("template[data-drawer]")) return Promise.resolve();
    if (!this.parts.has(slug)) {
      this.parts.set(slug, this.#part(article).catch((error) => {
        this.parts.delete(slug);
        throw error;
      }));
    }
    return this.parts.get(slug);
  }

  async #part(article) {
    const answer = await documentAt(`${this.urls.part}&pattern=${article.dataset.slug}`);
    for (const name of [".drawers", ".twin"]) {
      const place = article.querySelector(name);
      if (!place.firstElementChild) place.replaceChildren(...document.adoptNode(answer.querySelector(name)).childNodes);
    }
  }
}
