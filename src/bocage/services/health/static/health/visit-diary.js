// <visit-diary>: this phone's own copy of the check-ins, encrypted (AES-GCM) by a key that the browser keeps and does
// not hand out, for 14 days. It is read by nobody else; the server never asks for it.
const DATABASE = "health-diary";
const KEPT_MS = 14 * 24 * 3600 * 1000;

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("keys");
      asked.result.createObjectStore("visits");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function run(database, store, mode, act) {
  return new Promise((resolve, reject) => {
    const done = act(database.transaction(store, mode).objectStore(store));
    done.onsuccess = () => resolve(done.result);
    done.onerror = () => reject(done.error);
  });
}

async function keyOf(database) {
  const held = await run(database, "keys", "readonly", (store) => store.get("key"));
  if (held) return held;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await run(database, "keys", "readwrite", (store) => store.put(made, "key"));
  return made;
}

customElements.define("visit-diary", class extends HTMLElement {
  async connectedCallback() {
    if (!window.indexedDB || !window.crypto?.subtle) return;
    const database = await open();
    const key = await keyOf(database);
    for (const visit of this.querySelectorAll("[data-visit]")) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const text = new TextEncoder().encode(JSON.stringify({ place: visit.dataset.place, at: visit.dataset.at }));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text);
      await run(database, "visits", "readwrite", (store) => store.put({ iv, sealed, until: Date.parse(visit.dataset.at) + KEPT_MS }, visit.dataset.visit));
    }
    await this.forgetOld(database);
    this.querySelector("[data-clear]").addEventListener("click", async () => {
      await run(database, "visits", "readwrite", (store) => store.clear());
      this.show(0);
    });
    this.show(await run(database, "visits", "readonly", (store) => store.count()));
  }

  async forgetOld(database) {
    const ids = await run(database, "visits", "readonly", (store) => store.getAllKeys());
    const rows = await run(database, "visits", "readonly", (store) => store.getAll());
    for (const [index, row] of rows.entries()) {
      if (row.until < Date.now()) await run(database, "visits", "readwrite", (store) => store.delete(ids[index]));
    }
  }

  show(count) {
    this.querySelector("[data-diary]").hidden = count === 0;
    this.querySelector("[data-count]").textContent = count;
  }
});
