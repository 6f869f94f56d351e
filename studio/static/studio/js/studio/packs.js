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

// Text is exchanged in its nodes: an element put in or taken out has all its neighbours looked at again.
const HEADINGS = [".stage-head h2", ".summary"];

export function texts(article) {
  return HEADINGS.flatMap((selector) => {
    const walker = document.createTreeWalker(article.querySelector(selector), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) if (walker.currentNode.data.trim()) found.push(walker.currentNode);
    return found;
  });
}

// A pattern: what of its article is exchanged for that of another one, wherever it is.
export class Sheet {
  constructor(article) {
    Object.assign(this, article.dataset); // slug, title, router, and the platform and scenario its rows say
    this.words = texts(article).map((one) => one.data);
    this.drawn = article.querySelector(".drawn");
    this.twin = article.querySelector(".twin");
    this.drawers = article.querySelector(".drawers");
    this.below = [...article.querySelector(".below").children];
  }

  all(selector) {
    return [this.twin, ...this.below].flatMap((one) => [...one.querySelectorAll(selector)]);
  }

  holds(element) {
    return [this.drawn, this.twin, ...this.below].some((one) => one.contains(element));
  }
}

export class Packs {
  constructor({ packs, part, layout, away, came }) {
    this.urls = { packs, part };
    this.layout = layout;
    this.away = away; // told whether the server does not answer
    this.came = came; // told of each pattern that has arrived
    this.sheets = new Map();
    this.parts = new Map();
    this.failures = 0;
  }

  keep(article) {
    const sheet = new Sheet(article);
    this.sheets.set(sheet.slug, sheet);
    this.first ??= sheet.slug;
    return sheet;
  }

  get(slug) {
    return this.sheets.get(slug);
  }

  async load() {
    try {
      const answer = await documentAt(`${this.urls.packs}&but=${this.first}&layout=${this.layout}`);
      for (const article of answer.querySelectorAll("article.pattern")) this.came(this.keep(document.adoptNode(article)));
      this.away(false);
    } catch {
      this.away(true);
      setTimeout(() => this.load(), AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)]);
      this.failures += 1;
    }
  }

  // drawers and list of a pattern; asked for again after a failure
  part(sheet) {
    const { slug } = sheet;
    if (sheet.drawers.firstElementChild) return Promise.resolve();
    if (!this.parts.has(slug)) {
      this.parts.set(slug, this.#part(sheet).catch((error) => {
        this.parts.delete(slug);
        throw error;
      }));
    }
    return this.parts.get(slug);
  }

  async #part(sheet) {
    const answer = await documentAt(`${this.urls.part}&pattern=${sheet.slug}`);
    for (const name of ["drawers", "twin"]) {
      const place = sheet[name];
      if (!place.firstElementChild) place.replaceChildren(...document.adoptNode(answer.querySelector(`.${name}`)).childNodes);
    }
  }
}
