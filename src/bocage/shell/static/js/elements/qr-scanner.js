// <qr-scanner wasm field>: reads a code from the camera or from a picture, puts it into the form and sends that.
// Without camera, permission or script, the form below stays: a code can always be typed.
import { prepareZXingModule, readBarcodes } from "../../vendor/zxing/reader/index.js";

const EVERY_MS = 160;
const MAX_SIDE = 1280;
const FORMATS = ["QRCode"];

customElements.define("qr-scanner", class extends HTMLElement {
  connectedCallback() {
    prepareZXingModule({ overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? this.getAttribute("wasm") : prefix + path) } });
    this.field = this.querySelector("[data-code]");
    this.canvas = document.createElement("canvas");
    this.querySelector("[data-start]")?.addEventListener("click", () => this.start());
    this.querySelector("[data-torch]")?.addEventListener("click", (event) => this.toggleTorch(event.currentTarget));
    this.querySelector("[data-picture]")?.addEventListener("change", (event) => this.readPicture(event.currentTarget.files[0]));
    this.shown = () => (document.hidden ? this.stop() : this.wanted && this.start());
    document.addEventListener("visibilitychange", this.shown);
    this.begin();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.shown);
    this.stop();
  }

  // Asks at once only where the person has already agreed: otherwise a tap comes before the browser's question.
  async begin() {
    if (!navigator.mediaDevices?.getUserMedia) return this.say("none");
    const state = await navigator.permissions?.query({ name: "camera" }).then((found) => found.state, () => "prompt");
    if (state === "granted") this.start();
    else this.say(state === "denied" ? "denied" : "ask");
  }

  async start() {
    this.wanted = true;
    this.say("starting");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: MAX_SIDE } } });
    } catch (error) {
      const state = { NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none" }[error.name] ?? "busy";
      return this.say(state);
    }
    const video = this.querySelector("video");
    video.srcObject = this.stream;
    video.hidden = false;
    await video.play();
    this.say("scanning");
    const torch = this.querySelector("[data-torch]");
    if (torch) torch.hidden = !this.stream.getVideoTracks()[0].getCapabilities?.().torch;
    this.look(video);
  }

  stop() {
    clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  async look(video) {
    if (!this.stream) return;
    if (video.videoWidth) {
      const found = await this.read(video, video.videoWidth, video.videoHeight);
      if (found) return this.use(found);
    }
    this.timer = setTimeout(() => this.look(video), EVERY_MS);
  }

  async readPicture(file) {
    if (!file) return;
    this.say("reading");
    try {
      const picture = await createImageBitmap(file);
      const found = await this.read(picture, picture.width, picture.height);
      if (found) this.use(found);
      else this.say("nothing");
    } catch (error) {
      this.say("unreadable");
    }
  }

  async read(source, width, height) {
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, this.canvas.width, this.canvas.height);
    const pixels = context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    const [code] = await readBarcodes(pixels, { formats: FORMATS, tryHarder: true, maxNumberOfSymbols: 1 });
    return code?.text;
  }

  use(text) {
    this.stop();
    this.wanted = false;
    navigator.vibrate?.(40);
    this.say("found");
    this.field.value = text;
    this.field.form.requestSubmit();
  }

  // Each state's words stand in the page, in its language; only one of them shows.
  say(state) {
    this.dataset.state = state;
    for (const words of this.querySelectorAll("[data-when]")) words.hidden = !words.dataset.when.split(" ").includes(state);
    const video = this.querySelector("video");
    if (state !== "scanning" && state !== "starting") video.hidden = true;
  }

  async toggleTorch(button) {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    await this.stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: isOn }] });
    button.setAttribute("aria-pressed", String(isOn));
  }
});
