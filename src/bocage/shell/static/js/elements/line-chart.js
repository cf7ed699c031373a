// <line-chart>: draws the table inside it with uPlot, and keeps the table for who cannot see the drawing.
// First column: x (numbers or ISO days); each further column a line, named by its heading.
import uPlot from "../../vendor/uplot/uplot.js";

const HEIGHT = 250;
const TINTS = ["--leaf", "--muted", "--sky", "--clay"];

customElements.define("line-chart", class extends HTMLElement {
  async connectedCallback() {
    await this.dress();
    if (!this.isConnected || this.plot) return;
    const table = this.querySelector("table");
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent.trim()));
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const isDays = rows.length > 0 && /^\d{4}-\d\d-\d\d/.test(rows[0][0]);
    const columns = names.map((_, at) => rows.map((row) => (at === 0 && isDays ? Date.parse(row[0]) / 1000 : row[at] === "" ? null : Number(row[at]))));
    this.drawn = document.createElement("div");
    this.drawn.setAttribute("aria-hidden", "true");
    this.prepend(this.drawn);
    table.parentElement.classList.add("visually-hidden");
    this.draw(names, columns, isDays);
    this.sizes = new ResizeObserver(() => this.plot.setSize({ width: this.clientWidth, height: HEIGHT }));
    this.sizes.observe(this);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => { this.plot.destroy(); this.draw(names, columns, isDays); };
    this.scheme.addEventListener("change", this.redraw);
  }

  // The library's style sheet is needed only where a chart is drawn; its address, with its hash, comes from the page.
  dress() {
    const href = this.getAttribute("styles");
    if (!href) throw new Error("<line-chart> needs styles=, as <c-chart> gives it; its table stays as it is");
    const known = document.querySelector(`link[href="${href}"]`);
    if (known) return known.sheet ? undefined : new Promise((done) => known.addEventListener("load", done, { once: true }));
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    document.head.append(link);
    return new Promise((done) => { link.onload = done; link.onerror = done; });
  }

  disconnectedCallback() {
    this.sizes?.disconnect();
    this.scheme?.removeEventListener("change", this.redraw);
    this.plot?.destroy();
  }

  draw(names, columns, isDays) {
    const colour = (name) => getComputedStyle(this).getPropertyValue(name).trim();
    const soft = (name) => colour(name).replace(/^rgb\((.*)\)$/, "rgba($1, .14)");
    const lang = document.documentElement.lang;
    const figures = new Intl.NumberFormat(lang, { maximumFractionDigits: 2, notation: "compact" });
    const days = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px Inter" };
    const wordsOf = (value) => (isDays ? days.format(value * 1000) : figures.format(value));
    this.plot = new uPlot({
      width: this.clientWidth, height: HEIGHT, cursor: { y: false }, legend: { show: columns.length > 2 }, scales: { x: { time: isDays } },
      axes: [{ ...axis, grid: { show: false }, space: 70, values: (_, ticks) => ticks.map(wordsOf) }, { ...axis, size: 56, values: (_, ticks) => ticks.map((value) => figures.format(value)) }],
      series: [{ label: names[0], value: (_, value) => (value == null ? "" : wordsOf(value)) }, ...names.slice(1).map((label, at) => ({
        label, stroke: colour(TINTS[at % TINTS.length]), width: at ? 1.5 : 2.5, dash: at ? [4, 4] : undefined, fill: at ? undefined : soft("--leaf"), points: { show: false }, spanGaps: false }))],
    }, columns, this.drawn);
  }
});
