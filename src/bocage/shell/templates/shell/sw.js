// Keeps the shell's own files and the offline page. Never keeps a personal page or an answer of the API.
const CACHE = "shell-{{ version }}";
const OFFLINE = "{{ offline }}";
const FILES = {{ files|safe }};
// Answers vary by language and encoding; what was kept for this device is right for this device.
const KEPT = { ignoreVary: true };
const STATIC = "{% get_static_prefix %}";

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([OFFLINE, ...FILES])));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("shell-") && name !== CACHE;
  const clean = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => clients.claim()));
});

// A page that runs the old version asks for the new one once the person agrees to reload.
addEventListener("message", (event) => {
  if (event.data === "activate") skipWaiting();
  // The person reads another language now.
  if (event.data === "offline-again") event.waitUntil(caches.open(CACHE).then((cache) => cache.add(OFFLINE)).catch(() => {}));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE, KEPT)));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(caches.match(request, KEPT).then((kept) => kept ?? fetch(request)));
  }
});
