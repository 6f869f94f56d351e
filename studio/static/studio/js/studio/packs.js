// The other patterns, fetched once when the page has nothing else to do. The browser parses them as a document of its
// own (no markup is ever assigned here), and a choice then only moves what is already there.
const AGAIN_MS = [1000, 3000, 10000, 30000];

export class Packs {
  constructor(url, told) {
    this.url = url;
    this.told = told; // called with true while the server does not answer
    this.articles = new Map();
    this.failures = 0;
  }

  start() {
    const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
    soon(() => this.load(), { timeout: 1500 });
  }

  keep(article) {
    this.articles.set(article.dataset.slug, article);
  }

  has(slug) {
    return this.articles.has(slug);
  }

  get(slug) {
    return this.articles.get(slug);
  }

  load() {
    const request = new XMLHttpRequest();
    request.open("GET", this.url);
    request.responseType = "document";
    request.timeout = 15000;
    request.onload = () => (request.status === 200 && request.responseXML ? this.arrived(request.responseXML) : this.failed());
    request.onerror = request.ontimeout = () => this.failed();
    request.send();
  }

  arrived(answer) {
    for (const article of answer.querySelectorAll("article.pattern")) {
      if (!this.has(article.dataset.slug)) this.keep(document.adoptNode(article));
    }
    this.told(false);
  }

  failed() {
    this.told(true);
    setTimeout(() => this.load(), AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)]);
    this.failures += 1;
  }
}
