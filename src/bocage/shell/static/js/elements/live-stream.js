// <live-stream src events refresh>: a server-sent event is a hint; the part named by `refresh` asks for itself again.
// Where streams cannot be reached, the part is asked for now and then instead, and the `data-state` says which it is.
const FALLBACK_MS = 20_000;
const FAILURES_BEFORE_FALLBACK = 3;

customElements.define("live-stream", class extends HTMLElement {
  connectedCallback() {
    this.failures = 0;
    this.open();
    this.shown = () => (document.hidden ? this.close() : this.open());
    document.addEventListener("visibilitychange", this.shown);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.shown);
    this.close();
  }

  open() {
    if (this.source || this.timer) return;
    this.source = new EventSource(this.getAttribute("src"), { withCredentials: true });
    this.source.onopen = () => { this.failures = 0; this.dataset.state = "live"; };
    this.source.onerror = () => {
      this.failures += 1;
      if (this.failures >= FAILURES_BEFORE_FALLBACK) this.fallBack();
    };
    for (const name of (this.getAttribute("events") ?? "message").split(" ")) {
      this.source.addEventListener(name, () => this.refresh());
    }
  }

  fallBack() {
    this.close();
    this.dataset.state = "polling";
    this.timer = setInterval(() => this.refresh(), FALLBACK_MS);
  }

  refresh() {
    for (const target of document.querySelectorAll(this.getAttribute("refresh"))) window.htmx?.trigger(target, "refresh");
  }

  close() {
    this.source?.close();
    clearInterval(this.timer);
    this.source = this.timer = null;
  }
});
