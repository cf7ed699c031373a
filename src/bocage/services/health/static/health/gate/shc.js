// SMART Health Cards, as engines/passes/shc.py and fhir.py verify them, with the keys that this gate keeps.
import { base64url, inflate } from "./coding.js";
import { checkDates, imported } from "./cose.js";
import { instant } from "./dcc.js";
import { refuse } from "./refusal.js";

const SINGLE_MAX = 1195;
const CHUNK_MAX = 1191;
const INFLATED_MAX = 1_048_576;
const TIME_MAX = 10_000_000_000;
const CODES_MAX = 32;
const DEPTH_MAX = 32;
const CODE = /^shc:\/(?:([0-9]{1,2})\/([0-9]{1,2})\/)?([0-9]+)$/;
const JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const TESTS = ["94500-6", "94558-4"];
const TYPE = "https://smarthealth.cards#";
const CVX = "http://hl7.org/fhir/sid/cvx";
const DATE = /^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$/;
const DATE_TIME = /^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-6][0-9](\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?$/;
const COVID = new Set([207, 208, 210, 211, 212, 213, 217, 218, 219, 221, 225, 226, 227, 228, 229, 230, 300, 301, 302, 308, 309, 310, 311, 312, 313, ...Array.from({ length: 22 }, (_, at) => 500 + at)].map(String));
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.trim() !== "";

// The test that a resource is, as fhir.covid_test of engines/passes says it; null for anything else.
export function covidTest(resource) {
  if (resource.resourceType !== "Observation") return null;
  const kinds = resource.code.coding.filter((each) => each.system === "http://loinc.org").map((each) => each.code);
  const codings = resource.valueCodeableConcept?.coding;
  const results = (Array.isArray(codings) ? codings : []).filter((each) => each?.system === "http://snomed.info/sct");
  const when = resource.effectiveDateTime;
  if (results.length !== 1 || !kinds.some((kind) => TESTS.includes(kind)) || typeof when !== "string") return null;
  if (!DATE_TIME.test(when) || !when.includes("T")) return null;
  const taken = instant(when);
  return Number.isNaN(taken) ? null : { result: String(results[0].code), rapid: kinds.includes(TESTS[1]), taken };
}

export const chunkOf = (text) => {
  const match = CODE.exec(text);
  return match?.[1] ? { number: Number(match[1]), of: Number(match[2]) } : null;
};

export async function verify(codes, keys, now) {
  const jws = joined(codes);
  if (!JWS.test(jws)) refuse("jws", "not three parts of base64url with dots between");
  const [header, body, tail] = jws.split(".");
  const head = json(base64url(header, "jws"), "jws");
  const deflated = base64url(body, "jws");
  const signature = base64url(tail, "jws");
  if (!isObject(head)) refuse("jws", "the header is not an object");
  if (signature.length !== 64) refuse("jws", `the signature is ${signature.length} bytes, not r and s of 32`);
  checkHeader(head);
  const payload = payloadOf(await inflate(deflated, INFLATED_MAX, "deflate-raw", "deflate"));
  const key = keyOf(keys, payload.iss, head.kid);
  const signed = new TextEncoder().encode(`${header}.${body}`);
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await imported(key), signature, signed))) refuse("signature", "the signature is not by the issuer's key over this card");
  const resources = checkBundle(payload.vc.credentialSubject.fhirBundle, payload.vc.type);
  checkTime(payload, now);
  checkDates(key, payload.nbf, now);
  const patient = resources.find((resource) => resource.resourceType === "Patient");
  const name = [...(patient.name[0].given ?? []), patient.name[0].family ?? ""].join(" ").trim();
  return { kind: "shc", content: { name, born: patient.birthDate, resources: resources.filter((resource) => resource !== patient) } };
}

export function joined(codes) {
  if (!codes.length || codes.length > CODES_MAX) refuse("numeric", `a card is of 1 to ${CODES_MAX} codes`);
  if (codes.length === 1 && !codes[0].startsWith("shc:")) return codes[0];
  const chunks = new Map();
  let total = 0;
  for (const code of codes) {
    const match = CODE.exec(code) ?? refuse("numeric", "not shc:/ and digits, or shc:/1/2/ and digits");
    if (!match[1]) {
      if (codes.length > 1) refuse("numeric", "a code that is whole by itself among others");
      return textOf(match[3], SINGLE_MAX);
    }
    const [number, of] = [Number(match[1]), Number(match[2])];
    if (number < 1 || number > of || of < 2) refuse("numeric", `code ${number} of ${of}: there is no such code`);
    if ((total && of !== total) || chunks.has(number)) refuse("numeric", `code ${number} of ${of} does not go with the others`);
    total = of;
    chunks.set(number, textOf(match[3], CHUNK_MAX));
  }
  if (chunks.size !== total) refuse("numeric", `a code of ${total} is missing`);
  const jws = Array.from({ length: total }, (_, at) => chunks.get(at + 1)).join("");
  return jws.length > SINGLE_MAX ? jws : refuse("numeric", "in several codes, where the card fits in one");
}

function textOf(digits, most) {
  if (digits.length % 2) refuse("numeric", "an odd number of digits");
  if (digits.length / 2 > most) refuse("numeric", `more than ${most} characters in a code`);
  const values = digits.match(/../g).map(Number);
  if (Math.max(...values) > 77) refuse("numeric", "digits that stand for no character of a JWS");
  return String.fromCharCode(...values.map((value) => value + 45));
}

// JSON.parse keeps the last of two equal keys, so the keys are counted in the text too: texts one by one, those with a colon.
function json(bytes, step) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    refuse(step, "not JSON");
  }
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter((match) => match[1]).length;
  if (keyCount(value) !== keys) refuse(step, "JSON: a key twice");
  return value;
}

function keyCount(value) {
  if (Array.isArray(value)) return value.reduce((count, held) => count + keyCount(held), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce((count, held) => count + 1 + keyCount(held), 0);
}

function checkHeader(head) {
  if (head.alg !== "ES256" || head.zip !== "DEF") refuse("header", "a card has alg ES256 and zip DEF");
  const strange = Object.keys(head).find((name) => !["alg", "zip", "kid", "typ", "cty"].includes(name));
  if (strange) refuse("header", `${strange}: a header that is not understood`);
  if (!isText(head.kid)) refuse("header", "kid: missing");
}

function payloadOf(bytes) {
  const spaces = [9, 10, 11, 12, 13, 32];
  if (spaces.includes(bytes[0]) || spaces.includes(bytes.at(-1))) refuse("payload", "whitespace around the payload");
  const held = json(bytes, "payload");
  if (!isObject(held)) refuse("payload", "not an object");
  const { iss, nbf, exp, vc } = held;
  if (typeof iss !== "string" || !iss.startsWith("https://") || iss.endsWith("/") || iss.length > 2000) refuse("payload", "iss: not an https address without a slash at its end");
  const isTime = (value) => typeof value === "number" && value >= 0 && value <= TIME_MAX;
  if (!isTime(nbf) || !(exp === undefined || exp === null || isTime(exp))) refuse("payload", "nbf, exp: not a time in seconds since 1970");
  const subject = vc?.credentialSubject;
  if (!isObject(subject)) refuse("payload", "vc.credentialSubject: missing");
  if (!Array.isArray(vc.type) || !vc.type.every((type) => typeof type === "string") || !vc.type.includes(`${TYPE}health-card`)) refuse("payload", "vc.type lacks the type of a health card");
  if (!/^4\.[0-9]{1,2}\.[0-9]{1,3}$/.test(subject.fhirVersion) || !("fhirBundle" in subject)) refuse("payload", "not a bundle of FHIR R4");
  return held;
}

function keyOf(keys, issuer, kid) {
  const named = keys.issuers.filter((entry) => entry.issuer === issuer);
  const serving = named.length ? named : keys.issuers.filter((entry) => !entry.issuer);
  if (!serving.length) refuse("kid", `the issuer ${issuer} is not trusted`);
  return serving.map((entry) => entry.keys.get(kid)).find(Boolean) ?? refuse("kid", `the issuer has no key ${kid}`);
}

function checkTime({ nbf, exp }, now) {
  if (exp !== undefined && exp !== null && exp <= nbf) refuse("time", "the card ends before it begins");
  if (now < nbf) refuse("time", "not valid yet");
  if (exp !== undefined && exp !== null && now > exp) refuse("time", "expired");
}

function checkBundle(bundle, types) {
  const fail = (reason) => refuse("fhir", reason);
  if (!isObject(bundle) || bundle.resourceType !== "Bundle" || bundle.type !== "collection") fail("not a FHIR Bundle of type collection");
  if (!Array.isArray(bundle.entry) || !bundle.entry.length || bundle.entry.length > 1000) fail("entry: not a list of at least one resource");
  noEmpty(bundle, 0);
  const resources = new Map();
  for (const entry of bundle.entry) {
    if (!isObject(entry?.resource)) fail("an entry without a resource");
    if (!/^resource:[0-9]{1,6}$/.test(entry.fullUrl) || resources.has(entry.fullUrl)) fail("fullUrl: not a short address of its own");
    resources.set(entry.fullUrl, entry.resource);
  }
  const all = [...resources.values()];
  if (all.filter((resource) => resource.resourceType === "Patient").length !== 1) fail("a card is of exactly one Patient");
  for (const resource of all) checkResource(resource, resources);
  checkTypes(all, types);
  return all;
}

function checkResource(resource, resources) {
  const fail = (reason) => refuse("fhir", `${resource.resourceType}: ${reason}`);
  if (typeof resource.resourceType !== "string") fail("no resourceType");
  if ("id" in resource || "text" in resource) fail("id and text are not for a card");
  checkMeta(resource.meta, fail);
  for (const reference of references(resource)) if (!resources.has(reference)) fail(`refers to ${reference}, which the card does not hold`);
  const isPatient = (held) => resources.get(held?.reference)?.resourceType === "Patient";
  if (resource.resourceType === "Patient") checkPatient(resource, fail);
  if (resource.resourceType === "Immunization") {
    if (resource.status !== "completed") fail("a vaccination is completed");
    checkCodings(resource.vaccineCode, fail);
    if (!isPatient(resource.patient)) fail("does not refer to the card's Patient");
    if ("occurrenceDateTime" in resource === "occurrenceString" in resource) fail("occurrence: one date or text");
    if ("occurrenceDateTime" in resource && !DATE_TIME.test(resource.occurrenceDateTime)) fail("occurrenceDateTime: not a date");
    for (const name of ["location", "manufacturer"]) if (name in resource && !isObject(resource[name])) fail(`${name}: not an object`);
  }
  if (resource.resourceType === "Observation") {
    if (!["final", "amended", "corrected"].includes(resource.status)) fail("not a final result");
    checkCodings(resource.code, fail);
    if (!isPatient(resource.subject)) fail("does not refer to the card's Patient");
  }
}

function checkMeta(meta, fail) {
  if (meta === undefined) return;
  if (!isObject(meta) || Object.keys(meta).join() !== "security" || !Array.isArray(meta.security)) fail("meta: more or less than its security labels");
  for (const label of meta.security) {
    if (!isObject(label) || !Object.keys(label).every((name) => ["system", "code"].includes(name)) || !isText(label.code)) fail("meta.security: not a list of codes");
  }
}

function checkPatient(resource, fail) {
  const names = resource.name;
  if (!Array.isArray(names) || !names.every((name) => isObject(name) && !("id" in name))) fail("name: not a list of names");
  if (!names.some((name) => isText(name.family) || name.given)) fail("name: neither a family name nor a given one");
  if (typeof resource.birthDate !== "string" || !DATE.test(resource.birthDate)) fail("birthDate: not a date");
}

function checkCodings(concept, fail) {
  if (!Array.isArray(concept?.coding) || !concept.coding.length) fail("no code");
  for (const coding of concept.coding) {
    if (!isText(coding?.system) || !isText(coding?.code)) fail("a code has a system and a code");
    if (coding.system === CVX && !/^[0-9]{2,3}$/.test(coding.code)) fail("not a CVX code");
  }
}

function checkTypes(resources, types) {
  const wanted = new Set();
  for (const resource of resources) {
    if (resource.resourceType === "Observation") wanted.add("laboratory");
    if (resource.resourceType !== "Immunization") continue;
    wanted.add("immunization");
    if (resource.vaccineCode.coding.some((coding) => coding.system === CVX && COVID.has(coding.code))) wanted.add("covid19");
  }
  for (const name of wanted) if (!types.includes(TYPE + name)) refuse("fhir", `vc.type lacks ${TYPE}${name}`);
}

function noEmpty(value, depth) {
  if (depth > DEPTH_MAX) refuse("fhir", "nested too deeply");
  if (value === "" || value === null || (typeof value === "object" && !Object.keys(value).length)) refuse("fhir", "an empty value");
  if (typeof value !== "object") return;
  for (const held of Object.values(value)) if (!(Array.isArray(value) && held === null)) noEmpty(held, depth + 1);
}

function* references(value) {
  if (typeof value !== "object" || value === null) return;
  for (const [name, held] of Object.entries(value)) {
    if (name === "reference" && !Array.isArray(value)) yield held;
    else yield* references(held);
  }
}
