// Our own passes: the colour token (BC1:), which names nobody, and the paper certificate (BP1:).
import { decode } from "./cbor.js";
import { base45, hex } from "./coding.js";
import * as cose from "./cose.js";
import { refuse } from "./refusal.js";

const EXP = 4;
const NBF = 5;
const IAT = 6;
const CTI = 7;
const COLOUR = -65537;
const NAME = -65538;
const BORN = -65539;
const EDDSA = -8;
const TEXT_MAX = 8192;
const AHEAD_MAX = 14_400;
const LIFE_MAX = { token: 86_400, paper: 30 * 86_400 };
const COLOURS = ["red", "yellow", "green"];
const WANTED = { token: [EXP, NBF, CTI, COLOUR], paper: [EXP, IAT, CTI, COLOUR, NAME, BORN] };

export async function verify(text, keys, now) {
  if (text.length > TEXT_MAX) refuse("prefix", `more than ${TEXT_MAX} characters`);
  const kind = text.startsWith("BP1:") ? "paper" : "token";
  const message = cose.parse(base45(text.slice(4), "base45"));
  if (message.algorithm !== EDDSA) refuse("kid", "our passes are signed by EdDSA");
  const key = await cose.verify(message, cose.keysFor(message, keys));
  const content = claims(decode(message.payload, "claims"), WANTED[kind], kind);
  if (now < content.notBefore) refuse("time", "not valid yet");
  if (now > content.expiresAt) refuse("time", "its time is over");
  cose.checkDates(key, content.notBefore, now, kind === "token" ? AHEAD_MAX : 0);
  return { kind, content };
}

function claims(held, wanted, kind) {
  if (!(held instanceof Map) || held.size !== wanted.length || !wanted.every((claim) => held.has(claim))) refuse("claims", "not the claims of this kind of pass");
  const begins = kind === "token" ? NBF : IAT;
  for (const claim of [EXP, begins, COLOUR]) if (!Number.isSafeInteger(held.get(claim))) refuse("claims", `claim ${claim} is not a whole number`);
  const colour = COLOURS[held.get(COLOUR)] ?? refuse("claims", `${held.get(COLOUR)} is no colour`);
  if (!(held.get(CTI) instanceof Uint8Array) || held.get(CTI).length !== 8) refuse("claims", "the nonce is not 8 bytes");
  const life = held.get(EXP) - held.get(begins);
  if (life <= 0 || life > LIFE_MAX[kind]) refuse("claims", "it would be valid for longer than its kind may be");
  const content = { colour, notBefore: held.get(begins), expiresAt: held.get(EXP), nonce: hex(held.get(CTI)), name: "", born: "" };
  if (kind === "token") return content;
  if (typeof held.get(NAME) !== "string" || typeof held.get(BORN) !== "string") refuse("claims", "name and date of birth are texts");
  return { ...content, name: held.get(NAME), born: held.get(BORN) };
}
