// The EU Digital COVID Certificate, as engines/passes/dcc*.py verifies it, with the keys that this gate keeps.
import { decode } from "./cbor.js";
import { base45, inflate } from "./coding.js";
import * as cose from "./cose.js";
import { refuse } from "./refusal.js";

const TEXT_MAX = 8192;
const INFLATED_MAX = 65536;
const TIME_MAX = 10_000_000_000;
const [EXP, NBF, IAT, HCERT] = [4, 5, 6, -260];
const NAMES = { v: "vaccination", t: "test", r: "recovery" };
const DAYS = { v: "dt", t: "sc", r: "fr" };
const text = (length = Infinity, pattern = null) => ({ length, pattern });
const LETTERS = /^[A-Z<]*$/;
const COUNTRY = /[A-Z]{1,10}/;
// Countries of ISO 3166-1 and XK; the form of codes on open lists (engines/passes/dcc_values.py).
const COUNTRIES = new Set("AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW".split(" "));
const PRODUCT = /^(EU\/[0-9]\/[0-9]{2}\/[0-9]{4}|(?!EU\/)[A-Za-z0-9][A-Za-z0-9().-]{1,79})$/;
const HOLDER = /^(ORG-[0-9]{9}|(?!ORG-)[A-Za-z][A-Za-z0-9().-]{1,79})$/;
const DEVICE = /^[0-9]{1,5}$/;
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2})(?::?(\d{2})(?::?(\d{2})([.,]\d+)?)?)?(?:Z|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)$/i;

export async function verify(code, keys, now) {
  if (code.length > TEXT_MAX) refuse("prefix", `more than ${TEXT_MAX} characters`);
  if (!code.startsWith("HC1:")) refuse("prefix", "does not begin with HC1:");
  const message = cose.parse(await inflate(base45(code.slice(4), "base45"), INFLATED_MAX, "deflate", "zlib"));
  const key = await cose.verify(message, cose.keysFor(message, keys));
  const claims = claimsOf(decode(message.payload, "cbor"));
  const kind = checkSchema(claims.dcc);
  checkValues(claims.dcc, kind);
  if (key.usages.size && !key.usages.has(kind)) refuse("usage", `the key does not sign ${NAMES[kind]} certificates`);
  checkTime(claims, now);
  cose.checkDates(key, claims.issuedAt ?? now, now);
  const person = claims.dcc.get("nam");
  const name = [person.get("gn"), person.get("fn")].filter(Boolean).join(" ") || person.get("fnt");
  return { kind: "dcc", content: { kind: NAMES[kind], name, born: claims.dcc.get("dob"), entry: Object.fromEntries(claims.dcc.get(kind)[0]) } };
}

function claimsOf(held) {
  const container = held instanceof Map ? held.get(HCERT) : null;
  if (!(container instanceof Map) || !container.has(1)) refuse("cbor", "no certificate under claim -260, 1");
  if (held.has(1) && typeof held.get(1) !== "string") refuse("cbor", "the issuer (claim 1) is not a text");
  const time = (claim) => {
    const value = held.get(claim) ?? null;
    const isTime = value === null || (typeof value === "number" && value >= 0 && value <= TIME_MAX);
    return isTime ? value : refuse("cbor", `claim ${claim} is not a time in seconds since 1970`);
  };
  return { expiresAt: time(EXP), notBefore: time(NBF), issuedAt: time(IAT), dcc: container.get(1) };
}

function checkTime({ expiresAt, notBefore, issuedAt }, now) {
  if (expiresAt === null) refuse("time", "no end of validity (claim 4)");
  if (now > expiresAt) refuse("time", "expired");
  if (issuedAt !== null && now < issuedAt) refuse("time", "issued later than now");
  if (notBefore !== null && now < notBefore) refuse("time", "not valid yet");
}

function rulesOf(version) {
  const parts = typeof version === "string" && /^\d+\.\d+\.\d+$/.test(version) ? version.split(".").map(Number) : null;
  if (!parts || parts[0] !== 1) refuse("schema", "ver: not a version that is known");
  const minor = Math.min(parts[1], 3);
  const length = minor >= 3 ? 80 : 50;
  const births = [/(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}/, /^(19|20)[0-9][0-9](-[0-9][0-9]){0,2}$/, null, /^((19|20)[0-9][0-9](-[0-9][0-9]){0,2}){0,1}$/];
  const common = { tg: text(), co: text(Infinity, COUNTRY), is: text(length), ci: text(length) };
  const dose = { most: minor >= 3 ? Infinity : 9 };
  const optional = new Set(["fn", "gn", "gnt", "nm", ...(minor < 2 ? ["dr"] : []), ...(minor >= 3 ? ["tc"] : [])]);
  const test = { ...common, tt: text(), nm: text(minor >= 3 ? 80 : Infinity), ma: text(), sc: text(), ...(minor < 2 ? { dr: text() } : {}), tr: text(), tc: text(length) };
  return {
    birth: text(Infinity, births[minor] ?? births[1]),
    person: { fn: text(length), fnt: text(length, LETTERS), gn: text(length), gnt: text(length, LETTERS) },
    v: { ...common, vp: text(), mp: text(), ma: text(), dn: dose, sd: dose, dt: text() },
    t: test,
    r: { ...common, fr: text(), df: text(), du: text() },
    optional,
    entriesMax: minor >= 3 ? 1 : Infinity,
  };
}

function checkSchema(dcc) {
  if (!(dcc instanceof Map)) refuse("schema", "the payload is not a map");
  for (const name of ["ver", "nam", "dob"]) if (!dcc.has(name)) refuse("schema", `${name}: missing`);
  const rules = rulesOf(dcc.get("ver"));
  checkField(dcc.get("dob"), rules.birth, "dob");
  checkGroup(dcc.get("nam"), rules.person, rules.optional, "nam");
  const kinds = ["v", "t", "r"].filter((kind) => dcc.has(kind));
  for (const kind of kinds) {
    const entries = dcc.get(kind);
    if (!Array.isArray(entries) || !entries.length || entries.length > rules.entriesMax) refuse("schema", `${kind}: not a list of one`);
    const optional = kind === "t" ? new Set([...rules.optional, "ma"]) : rules.optional;
    for (const entry of entries) checkGroup(entry, rules[kind], optional, kind);
  }
  if (kinds.length !== 1) refuse("schema", `one of v, t and r, not ${kinds.length} of them`);
  return kinds[0];
}

function checkGroup(held, fields, optional, where) {
  if (!(held instanceof Map)) refuse("schema", `${where}: not a map`);
  for (const [name, rule] of Object.entries(fields)) {
    if (held.has(name)) checkField(held.get(name), rule, `${where}.${name}`);
    else if (!optional.has(name)) refuse("schema", `${where}.${name}: missing`);
  }
}

function checkField(value, rule, where) {
  if ("most" in rule) {
    if (!Number.isInteger(value) || value < 1 || value > rule.most) refuse("schema", `${where}: not a dose`);
    return;
  }
  if (typeof value !== "string") refuse("schema", `${where}: not a text`);
  if ([...value].length > rule.length) refuse("schema", `${where}: longer than ${rule.length} characters`);
  if (rule.pattern && !rule.pattern.test(value)) refuse("schema", `${where}: not of its pattern`);
}

function checkValues(dcc, kind) {
  const known = (isKnown, where) => isKnown || refuse("values", `${where} is not known`);
  for (const entry of dcc.get(kind)) {
    const said = Object.fromEntries(entry);
    known(said.tg === "840539006", `the disease ${said.tg}`);
    known(COUNTRIES.has(said.co), `the country ${said.co}`);
    if (kind === "v") {
      known(["1119349007", "1119305005", "J07BX03"].includes(said.vp), `the vaccine ${said.vp}`);
      known(PRODUCT.test(said.mp), `the product ${said.mp}`);
      known(HOLDER.test(said.ma), `the holder ${said.ma}`);
      known(isDay(said.dt), `the date ${said.dt}`);
    } else if (kind === "t") {
      known(["LP6464-4", "LP217198-3"].includes(said.tt), `the test ${said.tt}`);
      known(["260373001", "260415000"].includes(said.tr), `the result ${said.tr}`);
      known(said.tt !== "LP217198-3" || !said.ma || DEVICE.test(said.ma), `the device ${said.ma}`);
      known(INSTANT.test(said.sc) && isDay(said.sc.slice(0, 10)), `the time ${said.sc}`);
    } else {
      for (const name of ["fr", "df", "du"]) known(isDay(said[name]), `the date ${said[name]}`);
    }
    if (dcc.get("dob").slice(0, 10) > said[DAYS[kind]].slice(0, 10)) refuse("values", "born after what is certified");
  }
}

// An instant with its zone, in seconds since 1970; NaN for anything else.
export function instant(value) {
  const match = INSTANT.exec(value);
  if (!match || !isDay(value)) return NaN;
  const [year, month, day, hour, minute = 0, second = 0, fraction, sign, ...zone] = match.slice(1);
  const [hours, minutes, seconds] = zone.map((part) => Number(part ?? 0));
  const offset = (sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) / 1000;
  return whole + Number((fraction ?? ".0").replace(",", ".")) - (sign ? offset : 0);
}

function isDay(value) {
  const day = value.slice(0, 10);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}
