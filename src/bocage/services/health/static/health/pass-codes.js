// <pass-codes>: shows the code whose time it is, of a batch that the page brought along; needs no connection.
const TICK_MS = 2000;

customElements.define("pass-codes", class extends HTMLElement {
  connectedCallback() {
    this.tick();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  disconnectedCallback() { clearInterval(this.timer); }

  tick() {
    const now = Date.now() / 1000;
    const codes = [...this.querySelectorAll(".code")];
    const present = codes.find((code) => now < Number(code.dataset.until));
    for (const code of codes) code.hidden = code !== present;
    this.querySelector("[data-over]").hidden = present !== undefined;
  }
});
