// A small reader of CBOR (RFC 8949): numbers, texts, bytes, lists, maps, tags 0, 1, 18, 61, 1004. Nothing else is built.
import { refuse } from "./refusal.js";

const DEPTH_MAX = 16;
const PLAIN_TAGS = new Set([0, 1, 1004]);
const MESSAGE_TAGS = new Set([18, 61]);
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BREAK = Symbol("break");

export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

class Reader {
  constructor(bytes, step) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.step = step;
  }

  fail(reason) {
    refuse(this.step, `CBOR: ${reason}`);
  }

  take(length) {
    if (length > this.bytes.length - this.at) this.fail("premature end");
    this.at += length;
    return this.at - length;
  }

  argument(info) {
    if (info < 24) return info;
    if (info === 24) return this.view.getUint8(this.take(1));
    if (info === 25) return this.view.getUint16(this.take(2));
    if (info === 26) return this.view.getUint32(this.take(4));
    if (info !== 27) this.fail("a length that there is not");
    const number = Number(this.view.getBigUint64(this.take(8)));
    return Number.isSafeInteger(number) ? number : this.fail("a number that is too large");
  }

  item(depth) {
    if (depth > DEPTH_MAX) this.fail("nested too deeply");
    const initial = this.view.getUint8(this.take(1));
    const major = initial >> 5;
    const info = initial & 31;
    if (info === 31) return this.indefinite(major, depth);
    if (major === 7) return this.simple(info);
    const argument = this.argument(info);
    if (major === 0) return argument;
    if (major === 1) return -1 - argument;
    if (major === 2) return this.slice(argument);
    if (major === 3) return this.text(this.slice(argument));
    if (major === 4) return this.list(argument, depth);
    if (major === 5) return this.map(argument, depth);
    if (PLAIN_TAGS.has(argument)) return this.item(depth + 1);
    if (MESSAGE_TAGS.has(argument)) return new Tagged(argument, this.item(depth + 1));
    return this.fail("a tag that no pass uses");
  }

  slice(length) {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(bytes) {
    try {
      return UTF8.decode(bytes);
    } catch {
      return this.fail("a text that is not UTF-8");
    }
  }

  list(length, depth) {
    const items = [];
    for (let number = 0; number < length; number++) items.push(this.value(depth));
    return items;
  }

  map(length, depth) {
    const entries = new Map();
    for (let number = 0; number < length; number++) this.entry(entries, this.value(depth), depth);
    return entries;
  }

  entry(entries, key, depth) {
    if (typeof key !== "string" && typeof key !== "number") this.fail("a key that is neither text nor number");
    if (entries.has(key)) this.fail("a key twice");
    entries.set(key, this.value(depth));
  }

  value(depth) {
    const item = this.item(depth + 1);
    return item === BREAK ? this.fail("a break where an item must be") : item;
  }

  indefinite(major, depth) {
    if (major === 7) return BREAK;
    if (major < 2 || major === 6) this.fail("a length that there is not");
    if (major < 4) return this.chunks(major, depth);
    const list = [];
    const entries = new Map();
    for (;;) {
      const item = this.item(depth + 1);
      if (item === BREAK) return major === 4 ? list : entries;
      if (major === 4) list.push(item);
      else this.entry(entries, item, depth);
    }
  }

  chunks(major, depth) {
    const parts = [];
    for (;;) {
      const item = this.item(depth + 1);
      if (item === BREAK) break;
      if ((major === 3) !== (typeof item === "string") || (major === 2 && !(item instanceof Uint8Array))) this.fail("chunks of two kinds");
      parts.push(item);
    }
    if (major === 3) return parts.join("");
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  simple(info) {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return null;
    if (info === 25) return this.half(this.view.getUint16(this.take(2)));
    if (info === 26) return this.view.getFloat32(this.take(4));
    if (info === 27) return this.view.getFloat64(this.take(8));
    return this.fail("a value that no pass uses");
  }

  half(bits) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
}

export function decode(bytes, step) {
  const reader = new Reader(bytes, step);
  const item = reader.item(0);
  if (item === BREAK) reader.fail("a break where an item must be");
  if (reader.at !== bytes.length) reader.fail("bytes follow the item");
  return item;
}

export function untagged(item, ...tags) {
  let value = item;
  for (const tag of tags) if (value instanceof Tagged && value.tag === tag) value = value.value;
  return value;
}

function head(major, length) {
  if (length < 24) return [(major << 5) | length];
  if (length < 256) return [(major << 5) | 24, length];
  return [(major << 5) | 25, length >> 8, length & 0xff];
}

// Sig_structure of COSE_Sign1 (RFC 9052, 4.4): what a signature covers.
export function signedBytes(protectedHeader, payload) {
  const context = new TextEncoder().encode("Signature1");
  const parts = [[0x84], head(3, context.length), context, head(2, protectedHeader.length), protectedHeader, [0x40], lengthOf(payload), payload];
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthOf(payload) {
  if (payload.length < 65_536) return head(2, payload.length);
  return [0x5a, payload.length >>> 24, (payload.length >> 16) & 0xff, (payload.length >> 8) & 0xff, payload.length & 0xff];
}
