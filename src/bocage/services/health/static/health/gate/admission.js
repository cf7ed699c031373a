// From a pass to what the gate shows. engines/passes/admission.py says the same; a test holds the two together.
import * as dcc from "./dcc.js";
import { Refusal } from "./refusal.js";
import * as shc from "./shc.js";
import * as tokens from "./tokens.js";

const DETECTED = "260373001";
const DETECTED_NOT = "260415000";
const HOURS = { laboratory: 72, rapid: 24 };
const POSITIVE_SECONDS = 11 * 86400;

// Never throws: what cannot be read is refused, with the step and the reason. `now` in seconds since 1970.
export async function admit(codes, keys, now) {
  try {
    return shown(await verify(codes, keys, now), now);
  } catch (error) {
    if (!(error instanceof Refusal)) return { colour: "refused", step: "unknown", reason: `${error.name}: ${error.message}`, name: "", kind: "unknown" };
    return { colour: "refused", step: error.step, reason: error.message, name: "", kind: "unknown" };
  }
}

async function verify(codes, keys, now) {
  const [text] = codes;
  if (codes.length === 1 && /^B[CP]1:/.test(text)) return tokens.verify(text, keys, now);
  if (codes.length > 1 || text.startsWith("shc:") || /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text)) return shc.verify(codes, keys, now);
  if (text.startsWith("HC")) return dcc.verify(text, keys, now);
  throw new Refusal("prefix", "no pass that is known: HC1:, shc:/, BC1: or BP1:");
}

function shown({ kind, content }, now) {
  const as = (colour, said = {}) => ({ colour, step: "", reason: "", name: content.name, born: content.born ?? "", kind, nonce: content.nonce ?? "", expiresAt: content.expiresAt ?? 0, ...said });
  const tested = ({ result, rapid, taken }) => {
    if (result !== DETECTED_NOT) return as("red");
    const hours = rapid ? HOURS.rapid : HOURS.laboratory;
    const holds = now - taken >= 0 && now - taken <= hours * 3600;
    return holds ? as("green") : as("refused", { reason: `tested more than ${hours} hours ago` });
  };
  if (kind === "token" || kind === "paper") return as(content.colour);
  if (kind === "shc") {
    const positive = ({ result, taken }) => result === DETECTED && now - taken < POSITIVE_SECONDS;
    const tests = content.resources.map(shc.covidTest).filter(Boolean).sort((one, other) => other.taken - one.taken);
    const infected = tests.find(positive);
    if (infected) return tested(infected);
    const doses = content.resources.filter((resource) => resource.resourceType === "Immunization").length;
    if (doses) return as("green");
    return tests.length ? tested(tests[0]) : as("refused", { reason: "the card holds neither a vaccination nor a test" });
  }
  if (content.kind === "test") return tested({ result: content.entry.tr, rapid: content.entry.tt === "LP217198-3", taken: dcc.instant(content.entry.sc) });
  if (content.kind === "recovery") {
    const today = new Date(now * 1000).toISOString().slice(0, 10);
    const holds = content.entry.df.slice(0, 10) <= today && today <= content.entry.du.slice(0, 10);
    return holds ? as("green") : as("refused", { reason: `recovery holds from ${content.entry.df.slice(0, 10)} until ${content.entry.du.slice(0, 10)}` });
  }
  return as("green");
}
