// COSE_Sign1 (RFC 9052) by WebCrypto: ES256, PS256, EdDSA.
import { decode, signedBytes, untagged } from "./cbor.js";
import { fromBase64, hex } from "./coding.js";
import { refuse } from "./refusal.js";

const ALGORITHM = 1;
const KID = 4;
const ALGORITHMS = new Map([
  [-7, { kinds: ["P-256", "P-384", "P-521"], verify: { name: "ECDSA", hash: "SHA-256" } }],
  [-8, { kinds: ["Ed25519"], verify: { name: "Ed25519" } }],
  [-37, { kinds: ["RSA"], verify: { name: "RSA-PSS", saltLength: 32 } }],
]);
const SIGNATURE_BYTES = { "P-256": 64, "P-384": 96, "P-521": 132, Ed25519: 64 };

export function parse(bytes) {
  const message = untagged(decode(bytes, "cose"), 61, 18);
  if (!Array.isArray(message) || message.length !== 4) refuse("cose", "COSE: not a list of four");
  const [protectedHeader, unprotected, payload, signature] = message;
  if (![protectedHeader, payload, signature].every((part) => part instanceof Uint8Array)) refuse("cose", "COSE: protected header, payload and signature are byte strings");
  const headers = protectedHeader.length ? decode(protectedHeader, "cose") : new Map();
  if (!(unprotected instanceof Map) || !(headers instanceof Map)) refuse("cose", "COSE: a header is a map");
  const header = (label) => (headers.has(label) ? headers.get(label) : unprotected.get(label));
  return { protectedHeader, payload, signature, kid: header(KID), algorithm: header(ALGORITHM) };
}

export function keysFor(message, keys) {
  if (!(message.kid instanceof Uint8Array) || !message.kid.length) refuse("kid", "the message names no key id");
  const found = keys.cose.get(hex(message.kid));
  return found ?? refuse("kid", `no key is trusted under the key id ${hex(message.kid)}`);
}

export async function verify(message, candidates) {
  let reason = "no key is trusted for this message";
  for (const key of candidates) {
    const algorithm = ALGORITHMS.get(message.algorithm);
    if (!algorithm?.kinds.includes(key.kind)) reason = `algorithm ${message.algorithm} is not one for this key`;
    else if (SIGNATURE_BYTES[key.kind] && message.signature.length !== SIGNATURE_BYTES[key.kind]) reason = `a signature of ${message.signature.length} bytes`;
    else if (await crypto.subtle.verify(algorithm.verify, await imported(key), message.signature, signedBytes(message.protectedHeader, message.payload))) return key;
    else reason = "the signature is not by this key over these bytes";
  }
  return refuse("signature", reason);
}

// When the key signed, as keys.check_dates in engines/passes says it. Times in seconds since 1970.
export function checkDates(key, signedAt, now, ahead = 0) {
  const { from = null, until = null, expires = false } = key;
  if (from !== null && signedAt + ahead < Math.floor(from)) refuse("time", "signed before its key was valid");
  if (until !== null && signedAt - ahead > until) refuse("time", "signed after its key was over");
  if (expires && until !== null && now > until) refuse("time", "the certificate of its key expired");
}

const IMPORTED = new WeakMap();
const IMPORTS = { RSA: { name: "RSA-PSS", hash: "SHA-256" }, Ed25519: { name: "Ed25519" } };

export function imported(key) {
  let promise = IMPORTED.get(key);
  if (!promise) {
    const algorithm = IMPORTS[key.kind] ?? { name: "ECDSA", namedCurve: key.kind };
    promise = crypto.subtle.importKey("spki", fromBase64(key.spki), algorithm, false, ["verify"]);
    IMPORTED.set(key, promise);
  }
  return promise;
}

// What `/health/gate/keys.json` says, as it is looked up.
export function keysOf(plain) {
  const cose = new Map();
  for (const key of plain.cose) cose.set(key.kid, [...(cose.get(key.kid) ?? []), { ...key, usages: new Set(key.usages) }]);
  const issuers = plain.issuers.map(({ issuer, keys }) => ({ issuer, keys: new Map(keys.map((key) => [key.kid, key])) }));
  return { cose, issuers };
}
