// <copy-text>: a button that copies the text beside it (or its `value`) and says so.
const SHOWN_MS = 2000;

customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const said = this.querySelector("[role=status]");
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.getAttribute("value") ?? this.querySelector("code").textContent.trim());
      said.textContent = this.getAttribute("done");
      setTimeout(() => { said.textContent = ""; }, SHOWN_MS);
    });
  }
});
