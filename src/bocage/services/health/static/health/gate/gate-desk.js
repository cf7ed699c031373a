// <gate-desk>: reads codes, verifies them on this device, shows the colour, counts. What a pass says is never kept or sent:
// only how many of each colour this device saw, by the hour, and the random numbers of tokens until those end.
import { admit } from "./admission.js";
import { keysOf } from "./cose.js";
import { chunkOf } from "./shc.js";

const COUNTS = "bocage-gate-counts";
const SEEN = "bocage-gate-seen";
const SOUND = "bocage-gate-sound";
const SEEN_MAX = 20_000;
const CHUNKS_MAX = 32;
const NEXT_AFTER_MS = 2500;
const SEND_EVERY_MS = 60_000;
const TONES = { green: [[660, 0], [990, 0.12]], yellow: [[520, 0], [520, 0.18]], red: [[180, 0]], refused: [[220, 0], [160, 0.16]] };
const hourNow = () => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
const stored = (name, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const store = (name, value) => {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A full or forbidden store: the counts and what is spent last as long as the page.
  }
};

customElements.define("gate-desk", class extends HTMLElement {
  connectedCallback() {
    this.scanner = this.querySelector("qr-scanner");
    this.chunks = new Map();
    this.counts = stored(COUNTS, {});
    this.seen = new Map(stored(SEEN, []));
    this.ready = this.loadKeys();
    this.querySelector("form").addEventListener("submit", (event) => this.submitted(event));
    this.querySelector("[data-next]").addEventListener("click", () => this.next());
    this.sound = this.querySelector("[data-sound]");
    this.sound.setAttribute("aria-pressed", String(stored(SOUND, true)));
    this.sound.addEventListener("click", () => this.toggleSound());
    this.online = () => this.showConnection();
    addEventListener("online", this.online);
    addEventListener("offline", this.online);
    this.timer = setInterval(() => this.send(), SEND_EVERY_MS);
    this.registerWorker();
    this.showCounts();
    this.showConnection();
    this.send();
  }

  disconnectedCallback() {
    removeEventListener("online", this.online);
    removeEventListener("offline", this.online);
    clearInterval(this.timer);
    clearTimeout(this.nextTimer);
  }

  async registerWorker() {
    if (!("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(this.dataset.worker).catch(() => null);
    await navigator.serviceWorker.ready;
    this.dataset.offline = "ready";
  }

  // The keys are asked for each time the page opens; without a connection the worker gives those it kept.
  async loadKeys() {
    try {
      const answer = await fetch(this.dataset.keys);
      if (!answer.ok) throw new Error(String(answer.status));
      const plain = await answer.json();
      this.keys = keysOf(plain);
      this.say("keys", new Date(plain.at * 1000).toLocaleString(document.documentElement.lang));
    } catch {
      this.keys = null;
    }
    this.dataset.keysState = this.keys ? "here" : "missing";
    for (const words of this.querySelectorAll("[data-keys-when]")) words.hidden = words.dataset.keysWhen !== this.dataset.keysState;
  }

  async submitted(event) {
    event.preventDefault();
    const field = this.querySelector("[data-code]");
    const text = field.value.replace(/[\r\n]+$/, "");
    field.value = "";
    await this.ready;
    if (!text || !this.keys) return this.again();
    const codes = this.collected(text);
    if (!codes) return this.again();
    const started = performance.now();
    const decision = this.onceOnly(await admit(codes, this.keys, Date.now() / 1000));
    this.dataset.milliseconds = (performance.now() - started).toFixed(2);
    this.count(decision.colour);
    this.show(decision);
  }

  // A health card of several codes is shown one code after the other.
  collected(text) {
    const chunk = chunkOf(text);
    if (!chunk || chunk.of < 2) {
      this.chunks.clear();
      return [text];
    }
    if (this.chunkTotal !== chunk.of || this.chunks.size >= CHUNKS_MAX) this.chunks.clear();
    this.chunkTotal = chunk.of;
    this.chunks.set(chunk.number, text);
    if (this.chunks.size < chunk.of) {
      this.say("part", `${this.chunks.size}/${chunk.of}`);
      this.querySelector("[data-part]").hidden = false;
      return null;
    }
    const codes = [...this.chunks.values()];
    this.chunks.clear();
    return codes;
  }

  onceOnly(decision) {
    if (decision.kind !== "token" || decision.colour === "refused") return decision;
    const now = Date.now() / 1000;
    for (const [nonce, until] of this.seen) if (until < now) this.seen.delete(nonce);
    if (this.seen.has(decision.nonce)) return { ...decision, colour: "refused", step: "spent", reason: this.dataset.spent };
    if (this.seen.size >= SEEN_MAX) return { ...decision, colour: "refused", step: "spent", reason: this.dataset.full };
    this.seen.set(decision.nonce, decision.expiresAt);
    store(SEEN, [...this.seen]);
    return decision;
  }

  show(decision) {
    const stage = this.querySelector("[data-stage]");
    stage.dataset.colour = decision.colour;
    for (const words of stage.querySelectorAll("[data-colour-is]")) words.hidden = words.dataset.colourIs !== decision.colour;
    this.querySelector("[data-part]").hidden = true;
    this.say("name", decision.name);
    this.say("born", decision.born);
    this.say("reason", decision.step ? `${decision.step}: ${decision.reason}` : decision.reason);
    stage.querySelector("[data-compare]").hidden = !decision.name;
    this.querySelector("[data-reading]").hidden = true;
    stage.hidden = false;
    this.play(decision.colour);
    this.querySelector("[data-next]").focus({ preventScroll: true });
    clearTimeout(this.nextTimer);
    // Where a name is to be compared, or something is wrong, the person at the gate says when to go on.
    if (decision.colour === "green" && !decision.name) this.nextTimer = setTimeout(() => this.next(), NEXT_AFTER_MS);
  }

  next() {
    clearTimeout(this.nextTimer);
    this.querySelector("[data-stage]").hidden = true;
    this.querySelector("[data-reading]").hidden = false;
    document.getElementById("main").focus({ preventScroll: true });
    this.again();
  }

  again() {
    for (const said of ["name", "born", "reason"]) this.say(said, "");
    if (this.scanner.dataset.state === "found") this.scanner.begin();
  }

  say(what, text) {
    for (const place of this.querySelectorAll(`[data-say="${what}"]`)) place.textContent = text;
  }

  toggleSound() {
    const isOn = this.sound.getAttribute("aria-pressed") !== "true";
    this.sound.setAttribute("aria-pressed", String(isOn));
    store(SOUND, isOn);
    if (isOn) this.play("green");
  }

  play(colour) {
    if (this.sound.getAttribute("aria-pressed") !== "true" || !window.AudioContext) return;
    this.audio ??= new AudioContext();
    const start = this.audio.currentTime;
    for (const [hertz, after] of TONES[colour]) {
      const tone = this.audio.createOscillator();
      const volume = this.audio.createGain();
      tone.frequency.value = hertz;
      tone.type = colour === "green" ? "sine" : "square";
      volume.gain.setValueAtTime(0.12, start + after);
      volume.gain.exponentialRampToValueAtTime(0.001, start + after + (colour === "red" ? 0.6 : 0.16));
      tone.connect(volume).connect(this.audio.destination);
      tone.start(start + after);
      tone.stop(start + after + 0.7);
    }
    navigator.vibrate?.(colour === "green" ? 40 : [80, 60, 80]);
  }

  count(colour) {
    const hour = (this.counts[hourNow()] ??= { counts: {}, key: crypto.randomUUID() });
    hour.counts[colour] = (hour.counts[colour] ?? 0) + 1;
    store(COUNTS, this.counts);
    this.showCounts();
  }

  showCounts() {
    const day = Date.now() - 86_400_000;
    const totals = {};
    for (const [hour, { counts }] of Object.entries(this.counts)) {
      if (Date.parse(hour) < day) continue;
      for (const [colour, count] of Object.entries(counts)) totals[colour] = (totals[colour] ?? 0) + count;
    }
    for (const place of this.querySelectorAll("[data-count]")) place.textContent = totals[place.dataset.count] ?? 0;
  }

  showConnection() {
    for (const words of this.querySelectorAll("[data-online-when]")) words.hidden = words.dataset.onlineWhen !== (navigator.onLine ? "online" : "offline");
  }

  // Hours that are over go to the organisation that the signed-in person acts for: counts of colours, once.
  async send() {
    const old = Date.now() - 2 * 86_400_000;
    for (const hour of Object.keys(this.counts)) if (Date.parse(hour) < old) delete this.counts[hour];
    const over = Object.entries(this.counts).filter(([hour, held]) => hour !== hourNow() && !held.sent);
    if (!over.length || !navigator.onLine) return;
    const desk = await fetch(this.dataset.desk).then((answer) => (answer.ok ? answer.json() : null), () => null);
    if (!desk?.organisation) return;
    for (const [hour, held] of over) {
      const headers = { "Content-Type": "application/json", "X-CSRFToken": desk.csrf, "Idempotency-Key": held.key };
      const body = JSON.stringify({ hour, counts: held.counts });
      const answer = await fetch(this.dataset.counts, { method: "POST", headers, body }).catch(() => null);
      if (answer?.ok) held.sent = true;
    }
    store(COUNTS, this.counts);
  }
});
