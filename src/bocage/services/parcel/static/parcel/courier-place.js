// Says now and then where this phone is, as long as its courier agreed to that and has parcels with her. Nothing is kept on
// the phone: a place that could not be sent is of no use later.
const SAY_EVERY_MS = 15_000;

export class Place {
  constructor(address) {
    this.address = address;
    this.said = 0;
  }

  // `desk` is what the tour said last; null where nobody is at work.
  follow(desk) {
    this.csrf = desk?.csrf ?? "";
    if (!desk?.shares || !desk.stops.length || !navigator.geolocation) return this.stop();
    this.watch ??= navigator.geolocation.watchPosition((place) => this.seen(place.coords), null, { enableHighAccuracy: true });
  }

  stop() {
    if (this.watch !== undefined) navigator.geolocation.clearWatch(this.watch);
    this.watch = undefined;
  }

  async seen({ latitude, longitude }) {
    if (!navigator.onLine || Date.now() - this.said < SAY_EVERY_MS) return;
    this.said = Date.now();
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.csrf };
    await fetch(this.address, { method: "POST", headers, body: JSON.stringify({ latitude, longitude }) }).catch(() => null);
  }
}
