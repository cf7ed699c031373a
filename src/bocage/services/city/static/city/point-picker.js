// <point-picker>: a tap on the map says where, in metres, and chooses the street that was tapped. Without script the
// street alone is chosen, which is enough.
customElements.define("point-picker", class extends HTMLElement {
  connectedCallback() {
    const map = this.querySelector(".town-map");
    const [x, y, street] = ["x_m", "y_m", "street"].map((name) => this.querySelector(`[name="${name}"]`));
    if (!map || !x || !y || !street) return;
    const mark = map.querySelector("[data-mine]");
    map.classList.add("pickable");
    const show = (at) => {
      mark.setAttribute("cx", at.x);
      mark.setAttribute("cy", at.y);
      mark.removeAttribute("hidden");
    };
    const nearest = (at) => {
      let best = null;
      for (const line of map.querySelectorAll("[data-street]")) {
        const length = line.getTotalLength();
        for (let along = 0; along <= length; along += 12) {
          const point = line.getPointAtLength(along);
          const far = Math.hypot(point.x - at.x, point.y - at.y);
          if (!best || far < best.far) best = { far, name: line.dataset.street };
        }
      }
      return best?.name ?? "";
    };
    map.addEventListener("click", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      x.value = (at.x + Number(map.dataset.west)).toFixed(1);
      y.value = (Number(map.dataset.north) - at.y).toFixed(1);
      street.value = nearest(at);
      show(at);
    });
    // Another street by hand: the tapped point is no longer meant.
    street.addEventListener("change", () => {
      x.value = y.value = "";
      mark.setAttribute("hidden", "");
    });
    if (x.value && y.value) show({ x: x.value - map.dataset.west, y: map.dataset.north - y.value });
  }
});
