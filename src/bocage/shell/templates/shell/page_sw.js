// Keeps one page, what it asks for and its files, so that it works without a connection. All of it is the same for
// everybody: it is fetched without cookies, and nothing personal is in it.
const CACHE = "{{ name }}-{{ version }}";
const PAGES = {{ pages|safe }};
// Which of them stands in for a personal page.
const INSTEAD = {{ instead|safe }};
const FILES = {{ files|safe }};
const LANGUAGE = "{{ language }}";
const STATIC = "{% get_static_prefix %}";
const KEPT = { ignoreVary: true };
const plain = (address) => new Request(address, { credentials: "omit", headers: LANGUAGE ? { "Accept-Language": LANGUAGE } : {} });

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...PAGES.map(plain), ...FILES])));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("{{ name }}-") && name !== CACHE;
  const clean = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => clients.claim()));
});

const kept = async (address) => (await caches.open(CACHE)).match(address, KEPT);

// The newest with a connection, what was kept without one.
async function newest(address) {
  try {
    const answer = await fetch(plain(address));
    if (answer.ok) await (await caches.open(CACHE)).put(address, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept(address);
    if (found) return found;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (PAGES.includes(url.pathname)) event.respondWith(newest(url.pathname));
  else if (INSTEAD[url.pathname]) event.respondWith(fetch(event.request).catch(() => kept(INSTEAD[url.pathname])));
  else if (url.pathname.startsWith(STATIC)) event.respondWith(caches.match(event.request, KEPT).then((found) => found ?? fetch(event.request)));
});
