// <search-keys>: arrows walk through the results, Escape goes back to the words.
customElements.define("search-keys", class extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input[type=search]");
    this.addEventListener("keydown", (event) => this.walk(event));
    // Results that come late take away the link on which the focus stood: the page's Escape then, no longer ours.
    this.back = (event) => { if (event.key === "Escape" && !this.contains(event.target)) this.walk(event); };
    document.addEventListener("keydown", this.back);
    this.field.form.addEventListener("submit", (event) => {
      const first = this.links()[0];
      if (!first || !this.field.value.trim()) return;
      event.preventDefault();
      first.click();
    });
    if (document.readyState === "complete") this.catchUp();
    else addEventListener("load", () => this.catchUp(), { once: true });
  }

  // Words typed before htmx listened had no answer yet.
  catchUp() {
    if (this.field.value !== this.field.defaultValue) this.field.dispatchEvent(new Event("search", { bubbles: true }));
  }

  disconnectedCallback() { document.removeEventListener("keydown", this.back); }

  links() { return [...this.querySelectorAll(".results a")]; }

  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { this.field.focus(); this.field.select(); return; }
    if (!step) return;
    const stops = [this.field, ...this.links()];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
});
