// <signature-pad>: a name drawn by finger, pen or mouse, or typed, which writes it. The picture is ink on white paper.
const INK = "#1b1b1b";
const PAPER = "#ffffff";

customElements.define("signature-pad", class extends HTMLElement {
  connectedCallback() {
    this.canvas = this.querySelector("canvas");
    this.typed = this.querySelector("input");
    this.pen = this.canvas.getContext("2d");
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.draw(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { this.last = null; });
    this.querySelector("[data-clear]").addEventListener("click", () => this.empty());
    this.typed.addEventListener("input", () => this.write(this.typed.value.trim()));
  }

  empty() {
    this.typed.value = "";
    this.clear();
  }

  clear() {
    this.pen.fillStyle = PAPER;
    this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.last = null;
    this.signed = false;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * this.canvas.width) / box.width, y: ((event.clientY - box.top) * this.canvas.height) / box.height };
  }

  begin(event) {
    if (this.typed.value) { this.typed.value = ""; this.clear(); }
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.at(event);
  }

  draw(event) {
    if (!this.last) return;
    const next = this.at(event);
    Object.assign(this.pen, { strokeStyle: INK, lineWidth: 5, lineCap: "round", lineJoin: "round" });
    this.pen.beginPath();
    this.pen.moveTo(this.last.x, this.last.y);
    this.pen.lineTo(next.x, next.y);
    this.pen.stroke();
    this.last = next;
    this.signed = true;
  }

  write(name) {
    this.clear();
    if (!name) return;
    Object.assign(this.pen, { fillStyle: INK, font: "italic 64px serif", textAlign: "center", textBaseline: "middle" });
    this.pen.fillText(name, this.canvas.width / 2, this.canvas.height / 2, this.canvas.width - 40);
    this.signed = true;
  }

  // A PNG, or null where nobody signed.
  picture() {
    return this.signed ? new Promise((done) => { this.canvas.toBlob(done, "image/png"); }) : Promise.resolve(null);
  }
});
