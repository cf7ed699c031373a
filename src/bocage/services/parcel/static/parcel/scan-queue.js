// Scans that wait to be sent and the stops of the tour, in IndexedDB: they outlive a closed page and a dead battery.
const NAME = "bocage-courier";
const VERSION = 1;

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

export class ScanQueue {
  async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("scans", { keyPath: "id" });
      request.result.createObjectStore("kept", { keyPath: "name" });
    };
    this.database = await asked(request);
    return this;
  }

  // A write is done when its transaction is: only then may the page say so.
  write(store, act) {
    return new Promise((done, failed) => {
      const transaction = this.database.transaction(store, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => done();
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
      act(transaction.objectStore(store));
    });
  }

  add(scan) {
    return this.write("scans", (store) => store.put(scan));
  }

  remove(ids) {
    return this.write("scans", (store) => ids.forEach((id) => store.delete(id)));
  }

  async scans() {
    const all = await asked(this.database.transaction("scans").objectStore("scans").getAll());
    return all.sort((one, other) => (one.at < other.at ? -1 : 1));
  }

  keep(name, value) {
    return this.write("kept", (store) => store.put({ name, value }));
  }

  async kept(name) {
    return (await asked(this.database.transaction("kept").objectStore("kept").get(name)))?.value;
  }
}
