// <rotating-code seconds>: asks for a new code shortly before the old one ends, and shows how long it still lives.
const TICK_MS = 1000;

customElements.define("rotating-code", class extends HTMLElement {
  connectedCallback() {
    this.ends = Date.now() + Number(this.getAttribute("seconds")) * 1000;
    this.bar = this.querySelector("progress");
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  disconnectedCallback() { clearInterval(this.timer); }

  tick() {
    const left = Math.max(0, Math.round((this.ends - Date.now()) / 1000));
    if (this.bar) this.bar.value = left;
    if (left > 0) return;
    clearInterval(this.timer);
    window.htmx?.trigger(this, "refresh");
  }
});
