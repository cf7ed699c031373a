// The one script of every page: loads an element's module where the element stands, and little else.
const ELEMENTS = {
  "amount-input": () => import("./elements/amount-input.js"),
  "copy-text": () => import("./elements/copy-text.js"),
  "line-chart": () => import("./elements/line-chart.js"),
  "live-stream": () => import("./elements/live-stream.js"),
  "qr-scanner": () => import("./elements/qr-scanner.js"),
  "relative-time": () => import("./elements/relative-time.js"),
  "rotating-code": () => import("./elements/rotating-code.js"),
  "search-keys": () => import("./elements/search-keys.js"),
  "share-button": () => import("./elements/share-button.js"),
};

function define(root) {
  for (const [tag, load] of Object.entries(ELEMENTS)) {
    if (!customElements.get(tag) && root.querySelector(tag)) load();
  }
}

define(document);
document.addEventListener("htmx:after:swap", () => define(document));

// A form is sent once: a second tap while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
});
// Coming back by the browser's history finds the form as it was left: open it again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// Sheets open by invoker commands; where a browser lacks those, the same attributes are honoured here.
if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!dialog) return;
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  });
}
document.addEventListener("click", (event) => {
  if (event.target.matches?.("dialog.sheet")) event.target.close();
});
for (const dialog of document.querySelectorAll("dialog[data-open]")) dialog.showModal();

// The error summary is read out first, and "/" goes to search.
document.querySelector(".error-summary")?.focus();
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const link = document.querySelector('[aria-keyshortcuts="/"]');
  if (!link) return;
  event.preventDefault();
  link.click();
});

for (const link of document.querySelectorAll("[data-print]")) link.addEventListener("click", () => print());
for (const select of document.querySelectorAll("[data-autosubmit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
if (document.querySelector("[data-reload-online]")) addEventListener("online", () => location.reload());

// What pages keep of a person in this browser, in databases named "person-…", goes when she signs out or another signs in.
// Pages that are the same for everybody do not say whose they are.
async function forgetOthers() {
  const { person } = document.documentElement.dataset;
  const before = localStorage.getItem("person");
  if (person === undefined || person === before) return;
  for (const { name } of before ? await indexedDB.databases?.() ?? [] : []) {
    if (name.startsWith("person-")) await new Promise((done) => { indexedDB.deleteDatabase(name).onsuccess = done; });
  }
  localStorage.setItem("person", person);
}
// A page that keeps something waits for the same lock.
if (navigator.locks) navigator.locks.request("person", forgetOthers);
else forgetOthers();

export function toast(template) {
  const node = template.content.firstElementChild.cloneNode(true);
  document.getElementById("toasts").append(node);
  return node;
}

async function keepShell() {
  // A page of its own worker (the gate) is not kept by this one, and is told nothing about its versions.
  const known = navigator.serviceWorker.controller?.scriptURL.endsWith("/sw.js") ?? false;
  // Private windows and strict settings refuse workers: everything works without, except having no network.
  const registration = await navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  if (!registration) return;
  const offer = (worker) => {
    const template = document.getElementById("update-ready");
    if (!template || !known) return;
    toast(template).querySelector("button").addEventListener("click", () => worker.postMessage("activate"));
  };
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => worker.state === "installed" && offer(worker));
  });
  const { lang } = document.documentElement;
  if (known && localStorage.getItem("offline-language") !== lang) navigator.serviceWorker.controller.postMessage("offline-again");
  localStorage.setItem("offline-language", lang);
  if (known) navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
}

// After the page is done, so that the first visit is not slowed by what only the next one needs.
if ("serviceWorker" in navigator) {
  const later = () => setTimeout(keepShell, 1500);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}
