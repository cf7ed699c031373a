// <pass-codes>: shows codes for gates, each once. The page brings a batch along; those that are not shown yet wait in the
// browser's database, so that it opens again without a connection. They go when the person signs out (app.js).
const TICK_MS = 2000;
const DATABASE = "person-health-codes";

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});
const alone = (act) => (navigator.locks ? navigator.locks.request("person", act) : act());
const seconds = () => Date.now() / 1000;

class Kept {
  async open() {
    // Without it app.js could not find what another person must not see.
    if (!indexedDB.databases) throw new Error("this browser does not name its databases");
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("codes", { autoIncrement: true, keyPath: "id" });
    this.database = await asked(request);
    // Somebody else signed in on another page: nothing is left to show.
    this.database.onversionchange = () => { this.database.close(); this.database = null; };
    return this;
  }

  // A change is made when its transaction is: only then is a code shown.
  change(act) {
    if (!this.database) return Promise.resolve({});
    return new Promise((done, failed) => {
      const transaction = this.database.transaction("codes", "readwrite", { durability: "strict" });
      const answer = {};
      transaction.oncomplete = () => done(answer);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
      act(transaction.objectStore("codes"), answer);
    });
  }

  replace(codes) {
    return this.change((store) => {
      store.clear();
      for (const code of codes) store.add(code);
    });
  }

  // A code whose time it is leaves for good; and when the next one's time comes.
  take() {
    return this.change((store, answer) => {
      store.getAll().onsuccess = ({ target }) => {
        const now = seconds();
        const codes = target.result.sort((one, other) => one.from - other.from);
        answer.code = codes.find((code) => code.from <= now && now < code.until);
        answer.next = codes.find((code) => code.from > now)?.from;
        for (const code of codes) if (code === answer.code || code.until <= now) store.delete(code.id);
      };
    });
  }
}

// Where the browser keeps no database for the page, they last as long as it is open.
class Held {
  codes = [];

  async replace(codes) { this.codes = codes; }

  async take() {
    const now = seconds();
    this.codes = this.codes.filter((code) => now < code.until);
    const place = this.codes.findIndex((code) => code.from <= now);
    const [code] = place < 0 ? [] : this.codes.splice(place, 1);
    return { code, next: this.codes.find((each) => each.from > now)?.from };
  }
}

customElements.define("pass-codes", class extends HTMLElement {
  async connectedCallback() {
    const shown = this.querySelector(".code[data-until]");
    this.until = Number(shown?.dataset.until ?? 0);
    this.registerWorker();
    const brought = [...this.querySelectorAll("template[data-until]")].map((each) => ({ from: Number(each.dataset.from), until: Number(each.dataset.until), colour: this.dataset.colour, drawing: each.innerHTML }));
    for (const each of this.querySelectorAll("template[data-until]")) each.remove();
    await alone(async () => {
      this.codes = await new Kept().open().catch(() => new Held());
      if (shown) await this.codes.replace(brought);
    });
    await this.tick();
    if (this.isConnected) this.timer = setInterval(() => this.tick(), TICK_MS);
    this.dataset.state = "ready";
  }

  disconnectedCallback() { clearInterval(this.timer); }

  async registerWorker() {
    if (!this.dataset.worker || !("serviceWorker" in navigator)) return;
    const found = await navigator.serviceWorker.register(this.dataset.worker, { scope: this.dataset.scope }).catch(() => null);
    const worker = found && (found.installing ?? found.waiting ?? found.active);
    if (!worker) return;
    const ready = () => { if (worker.state === "activated") this.dataset.offline = "ready"; };
    worker.addEventListener("statechange", ready);
    ready();
  }

  async tick() {
    if (seconds() < this.until || this.taking) return;
    this.taking = true;
    const { code, next } = await alone(() => this.codes.take()).catch(() => ({}));
    this.taking = false;
    this.until = code?.until ?? 0;
    for (const section of this.querySelectorAll("[data-colour-is]")) {
      const place = section.querySelector(".code");
      if (section.dataset.colourIs === code?.colour) place.innerHTML = code.drawing;
      else place.replaceChildren();
      place.hidden = !place.firstElementChild;
      section.hidden = place.hidden;
    }
    this.querySelector("[data-when=soon]").hidden = Boolean(code) || next === undefined;
    this.querySelector("[data-when=over]").hidden = Boolean(code) || next !== undefined;
    const at = next && new Date(next * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    this.querySelector("[data-next]").textContent = at ?? "";
  }
});
