// <share-button url title text>: the device's own share sheet; hidden where there is none.
customElements.define("share-button", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = !navigator.share;
    button.addEventListener("click", async () => {
      const shared = { title: this.getAttribute("title") ?? document.title, url: this.getAttribute("url") ?? location.href };
      if (this.hasAttribute("text")) shared.text = this.getAttribute("text");
      try {
        await navigator.share(shared);
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    });
  }
});
