// Base45 (RFC 9285), base64url (RFC 7515, 2), decompression with a limit: strict, as in engines/passes.
import { refuse } from "./refusal.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

export function base45(text, step) {
  if (text.length % 3 === 1) refuse(step, "base45: one character is left over");
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 ? 1 : 0));
  const value = (at) => VALUES.get(text[at]) ?? refuse(step, `base45: ${JSON.stringify(text[at])} is not in its alphabet`);
  let length = 0;
  for (let at = 0; at < text.length; at += 3) {
    const isWhole = at + 2 < text.length;
    const number = value(at) + 45 * value(at + 1) + (isWhole ? 2025 * value(at + 2) : 0);
    if (number > (isWhole ? 0xffff : 0xff)) refuse(step, "base45: a group of characters is more than its bytes hold");
    if (isWhole) bytes[length++] = number >> 8;
    bytes[length++] = number & 0xff;
  }
  return bytes;
}

export function base64url(text, step) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) refuse(step, "base64url: a character that is not in its alphabet");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const again = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (again !== text) refuse(step, "base64url: bits are set behind the last byte");
  return bytes;
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// `form` is "deflate" (zlib, RFC 1950) or "deflate-raw" (RFC 1951). Stops at the limit, whatever the stream promises.
export async function inflate(bytes, limit, form, step) {
  const stream = new DecompressionStream(form);
  const writer = stream.writable.getWriter();
  const writing = writer.write(bytes).then(() => writer.close());
  writing.catch(() => {});
  const reader = stream.readable.getReader();
  const parts = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) {
        reader.cancel().catch(() => {});
        refuse(step, `more than ${limit} bytes when decompressed`);
      }
      parts.push(value);
    }
  } catch (error) {
    if (error.step) throw error;
    refuse(step, "not a compressed stream, or a broken one");
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
