// <relative-time><time datetime></time></relative-time>: keeps "5 minutes ago" right in the page's language.
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7]];
const EVERY_MS = 30_000;

customElements.define("relative-time", class extends HTMLElement {
  connectedCallback() {
    this.time = this.querySelector("time");
    this.words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "long" });
    this.written = this.time.textContent;
    this.time.title = this.written;
    this.say();
    this.timer = setInterval(() => this.say(), EVERY_MS);
  }

  disconnectedCallback() { clearInterval(this.timer); }

  say() {
    let amount = (new Date(this.time.dateTime) - Date.now()) / 1000;
    for (const [unit, size] of STEPS) {
      if (Math.abs(amount) < size) {
        this.time.textContent = this.words.format(unit === "second" ? 0 : Math.round(amount), unit === "second" ? "minute" : unit);
        return;
      }
      amount /= size;
    }
    this.time.textContent = this.written;
  }
});
