// <amount-input>: keeps what is typed a number, and fills it in from the chips beside it.
const MAX_DIGITS = 12;

customElements.define("amount-input", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.mark = this.getAttribute("decimal") || ".";
    this.decimals = Number(this.getAttribute("decimals") ?? 2);
    this.input.addEventListener("input", () => { this.input.value = this.cleaned(this.input.value); });
    for (const chip of this.querySelectorAll("[data-amount]")) {
      chip.addEventListener("click", () => {
        this.input.value = chip.dataset.amount;
        this.input.dispatchEvent(new Event("input", { bubbles: true }));
        this.input.focus();
      });
    }
  }

  cleaned(text) {
    const other = this.mark === "," ? "." : ",";
    const [whole, ...rest] = text.replaceAll(other, this.mark).replace(new RegExp(`[^0-9${this.mark}]`, "g"), "").split(this.mark);
    const units = whole.slice(0, MAX_DIGITS);
    if (!rest.length || !this.decimals) return units;
    return `${units || "0"}${this.mark}${rest.join("").slice(0, this.decimals)}`;
  }
});
