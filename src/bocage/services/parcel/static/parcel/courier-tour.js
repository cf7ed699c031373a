// <courier-tour>: each scan is first kept on the phone under an id of its own, then sent until it is answered. The server
// takes an id once, so a scan whose answer was lost is sent again and does no harm.
import { base64, shrunk } from "./pictures.js";
import { Place } from "./courier-place.js";
import { ScanQueue } from "./scan-queue.js";

const SEND_EVERY_MS = 20_000;
const SCANS_A_TIME = 200;
// What the server takes of a code; one scan that is longer would keep all the others from being sent.
const NUMBER_MAX = 600;
// An answer that is not about the picture itself: signed out, not allowed just now, too many at a time.
const TRY_AGAIN = new Set([401, 403, 408, 425, 429]);

customElements.define("courier-tour", class extends HTMLElement {
  async connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.form.addEventListener("change", () => this.showCode());
    this.connection = () => { this.showConnection(); this.send(); };
    addEventListener("online", this.connection);
    addEventListener("offline", this.connection);
    this.showCode();
    this.showConnection();
    this.queue = await new ScanQueue().open();
    navigator.storage?.persist?.();
    this.place = new Place(this.dataset.position);
    this.registerWorker();
    this.timer = setInterval(() => this.send(), SEND_EVERY_MS);
    await this.show();
    await this.send();
    await this.loadTour();
  }

  disconnectedCallback() {
    removeEventListener("online", this.connection);
    removeEventListener("offline", this.connection);
    clearInterval(this.timer);
    this.place?.stop();
  }

  async registerWorker() {
    if (!("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(this.dataset.worker).catch(() => null);
    await navigator.serviceWorker.ready;
    this.dataset.offline = "ready";
  }

  get kind() {
    return this.form.elements.kind.value;
  }

  showCode() {
    const field = this.querySelector("[data-receiver-code]");
    field.hidden = this.kind !== "deliver";
    field.querySelector("input").required = this.kind === "deliver";
    this.querySelector("[data-identity]").hidden = this.querySelector("[data-pictures]").hidden = this.kind !== "deliver";
  }

  async submitted(event) {
    event.preventDefault();
    const code = this.form.elements.receiver_code;
    const text = this.querySelector("[data-code]").value.trim().slice(0, NUMBER_MAX);
    if (!text || (this.kind === "deliver" && !code.value.trim())) {
      // The camera has filled the number in: the code is still to be asked for.
      if (text) code.focus();
      return;
    }
    // A photo takes a moment to be made small: a second tap meanwhile is not a second scan.
    if (this.isTaking) return;
    this.isTaking = true;
    await this.take(text, code).finally(() => { this.isTaking = false; });
    await this.send();
  }

  // Keeps a scan and its pictures on the phone, and clears the form for the next one.
  async take(text, code) {
    const scan = { id: crypto.randomUUID(), number: text, kind: this.kind, at: new Date().toISOString(), code: this.kind === "deliver" ? code.value.trim() : "", identity_seen: this.kind === "deliver" && this.form.elements.identity_seen.checked, state: "waiting", says: "" };
    const pictures = this.kind === "deliver" ? await this.pictures(scan) : [];
    if (!pictures) return;
    // A phone that is full keeps the scan all the same: that is what counts.
    const kept = await this.queue.add(scan, pictures).then(() => true, () => this.queue.add(scan).then(() => pictures.length === 0));
    this.querySelector("[data-pictures-lost]").hidden = kept;
    this.querySelector("[data-code]").value = code.value = this.form.elements.photo.value = "";
    this.querySelector("signature-pad").empty();
    this.form.elements.identity_seen.checked = false;
    navigator.vibrate?.(40);
    await this.show();
    const scanner = this.querySelector("qr-scanner");
    if (scanner.dataset.state === "found") scanner.begin();
  }

  // The photo and the signature of a delivery; null where the chosen file is no picture.
  async pictures(scan) {
    const [file] = this.form.elements.photo.files;
    const photo = file ? await shrunk(file).catch(() => null) : null;
    this.querySelector("[data-photo-wrong]").hidden = !file || Boolean(photo);
    if (file && !photo) return null;
    const made = { photo, signature: await this.querySelector("signature-pad").picture() };
    return Object.entries(made).filter(([, image]) => image).map(([kind, image]) => ({ id: `${scan.id}:${kind}`, scan: scan.id, number: scan.number, at: scan.at, kind, image }));
  }

  // One tab at a time sends; whatever is not answered stays and is sent again.
  async send() {
    if (!navigator.onLine || !this.queue) return;
    const once = () => this.sendNow();
    await (navigator.locks ? navigator.locks.request("bocage-courier-send", { ifAvailable: true }, (lock) => (lock ? once() : null)) : once());
  }

  async sendNow() {
    let waiting = (await this.queue.scans()).filter((scan) => scan.state === "waiting").slice(0, SCANS_A_TIME);
    while (waiting.length) {
      const desk = await this.desk();
      if (!desk?.carrier) break;
      const scans = waiting.map(({ id, number, kind, at, code, identity_seen = false }) => ({ id, number, kind, at, code, identity_seen }));
      const headers = { "Content-Type": "application/json", "X-CSRFToken": desk.csrf };
      const answer = await fetch(this.dataset.scans, { method: "POST", headers, body: JSON.stringify({ scans }) }).catch(() => null);
      if (!answer?.ok) break;
      const { verdicts } = await answer.json();
      await this.queue.remove(verdicts.filter((each) => each.done).map((each) => each.id));
      for (const each of verdicts.filter((verdict) => !verdict.done)) {
        const scan = waiting.find((known) => known.id === each.id);
        if (scan) await this.queue.add({ ...scan, state: "refused", says: each.says });
      }
      waiting = (await this.queue.scans()).filter((scan) => scan.state === "waiting").slice(0, SCANS_A_TIME);
      await this.loadTour();
    }
    await this.sendPictures();
    await this.show();
  }

  // A picture goes after its scan was taken, and stays until it is answered.
  async sendPictures() {
    const scans = new Set((await this.queue.scans()).map((scan) => scan.id));
    const ids = (await this.queue.pictureIds()).filter((id) => !scans.has(id.split(":")[0]));
    const desk = ids.length ? await this.desk() : null;
    if (!desk?.carrier) return;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": desk.csrf };
    for (const id of ids) {
      const { scan, number, at, kind, image } = await this.queue.picture(id);
      const body = JSON.stringify({ scan_id: scan, number, at, kind, image: await base64(image) });
      const answer = await fetch(this.dataset.proofs, { method: "POST", headers, body }).catch(() => null);
      if (!answer || answer.status >= 500 || TRY_AGAIN.has(answer.status)) return;
      await this.queue.removePicture(id);
      if (!answer.ok) {
        const problem = await answer.json().catch(() => ({}));
        await this.queue.add({ id: crypto.randomUUID(), number, kind, at, state: "refused", says: problem.detail ?? "" });
      }
    }
  }

  async desk() {
    return fetch(this.dataset.tour).then((answer) => (answer.ok ? answer.json() : null), () => null);
  }

  async loadTour() {
    const desk = navigator.onLine ? await this.desk() : null;
    if (desk) {
      // Signed out, or working for nobody: the addresses leave the phone, the scans stay.
      await this.queue.keep("tour", desk.carrier ? { carrier: desk.carrier.name, stops: desk.stops, shares: desk.shares } : null);
      this.place.follow(desk.carrier ? desk : null);
      this.dataset.desk = desk.carrier ? "here" : "nobody";
    }
    await this.show();
  }

  async show() {
    const scans = await this.queue.scans();
    const tour = await this.queue.kept("tour");
    const waiting = scans.filter((scan) => scan.state === "waiting");
    const done = new Set(waiting.filter((scan) => ["deliver", "back"].includes(scan.kind)).map((scan) => scan.number));
    const open = (tour?.stops ?? []).filter((stop) => ![stop.number, stop.sscc].some((number) => done.has(number)) && ![...done].some((text) => text.endsWith(stop.token)));
    const pictures = await this.queue.pictureIds();
    this.say("waiting", waiting.length);
    this.say("pictures", pictures.length);
    this.say("carrier", tour?.carrier ?? "");
    this.say("open", open.length);
    this.fill("[data-stops]", "stop", open, (line, stop) => {
      line.querySelector("button").addEventListener("click", () => this.choose(stop.number));
    });
    this.fill("[data-refused]", "refused", scans.filter((scan) => scan.state === "refused"), (line, scan) => {
      line.querySelector("button").addEventListener("click", async () => { await this.queue.putAway(scan.id); await this.show(); });
    });
    for (const part of this.querySelectorAll("[data-if]")) {
      const holds = { waiting: waiting.length > 0, pictures: pictures.length > 0, nothing: open.length === 0 && Boolean(tour), stops: open.length > 0, refused: scans.some((scan) => scan.state === "refused"), shown: Boolean(tour?.shares), unshown: Boolean(tour) && !tour.shares, nobody: !tour && this.dataset.desk === "nobody" };
      part.hidden = !holds[part.dataset.if];
    }
  }

  choose(number) {
    this.form.elements.kind.value = "deliver";
    this.showCode();
    this.querySelector("[data-code]").value = number;
    this.form.elements.receiver_code.focus();
  }

  fill(place, template, items, ready) {
    const lines = items.map((item) => {
      const line = this.querySelector(`template[data-of="${template}"]`).content.cloneNode(true);
      for (const part of line.querySelectorAll("[data-part]")) {
        part.textContent = item[part.dataset.part] ?? "";
        part.hidden = !part.textContent;
      }
      ready(line, item);
      return line;
    });
    this.querySelector(place).replaceChildren(...lines);
  }

  say(what, text) {
    for (const place of this.querySelectorAll(`[data-say="${what}"]`)) place.textContent = text;
  }

  showConnection() {
    for (const words of this.querySelectorAll("[data-online-when]")) words.hidden = words.dataset.onlineWhen !== (navigator.onLine ? "online" : "offline");
  }
});
