// Scans and pictures that wait to be sent and the stops of the tour, in IndexedDB: they outlive a closed page and a dead battery.
const NAME = "bocage-courier";
const VERSION = 2;

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

export class ScanQueue {
  async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore("scans", { keyPath: "id" });
        request.result.createObjectStore("kept", { keyPath: "name" });
      }
      if (oldVersion < 2) request.result.createObjectStore("pictures", { keyPath: "id" });
    };
    this.database = await asked(request);
    return this;
  }

  // A write is done when its transaction is: only then may the page say so.
  write(stores, act) {
    return new Promise((done, failed) => {
      const transaction = this.database.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => done();
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
      act(...stores.map((store) => transaction.objectStore(store)));
    });
  }

  // A scan with its pictures: both or neither.
  add(scan, pictures = []) {
    return this.write(["scans", "pictures"], (scans, kept) => { scans.put(scan); pictures.forEach((picture) => kept.put(picture)); });
  }

  // These scans are taken; their pictures go on waiting.
  remove(ids) {
    return this.write(["scans"], (store) => ids.forEach((id) => store.delete(id)));
  }

  // A refused scan is put away, and its pictures with it.
  putAway(id) {
    return this.write(["scans", "pictures"], (scans, kept) => { scans.delete(id); kept.delete(IDBKeyRange.bound(`${id}:`, `${id}:\uffff`)); });
  }

  removePicture(id) {
    return this.write(["pictures"], (store) => store.delete(id));
  }

  pictureIds() {
    return asked(this.database.transaction("pictures").objectStore("pictures").getAllKeys());
  }

  picture(id) {
    return asked(this.database.transaction("pictures").objectStore("pictures").get(id));
  }

  async scans() {
    const all = await asked(this.database.transaction("scans").objectStore("scans").getAll());
    return all.sort((one, other) => (one.at < other.at ? -1 : 1));
  }

  keep(name, value) {
    return this.write(["kept"], (store) => store.put({ name, value }));
  }

  async kept(name) {
    return (await asked(this.database.transaction("kept").objectStore("kept").get(name)))?.value;
  }
}
