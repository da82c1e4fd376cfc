/** What the page reads out of the views: who, where, which lines. */

import type { Agent, Call, Queue } from "./messages";

/** Seconds of waiting from which a wait is shown as long, and as too long. */
export const LONG_WAIT = 20;
export const TOO_LONG_WAIT = 60;

/** The usual promise: 80 % within 20 s; under half of the calls nobody would call it service. */
export const GOOD_SERVICE = 0.8;
export const BAD_SERVICE = 0.5;

/** What first line is called in the path of a call that an agent passed back there. */
const FIRST = "first";

export type Worry = "" | "warn" | "bad";

export function worryOfWait(seconds: number): Worry {
  if (seconds >= TOO_LONG_WAIT) return "bad";
  return seconds >= LONG_WAIT ? "warn" : "";
}

export function worryOfService(level: number): Worry {
  if (level < BAD_SERVICE) return "bad";
  return level < GOOD_SERVICE ? "warn" : "";
}

/** #1042, or the beginning of the id of a call that has no case. */
export function caseOf(call: Call): string {
  return call.case ? `#${call.case}` : call.call_id.slice(0, 8);
}

/** Who calls; of a call that an agent begins, whom. */
export function parties(call: Call): string {
  if (call.direction === "inbound") return call.caller;
  const from = call.direction === "outbound" ? call.agent || (call.agents[0] ?? "") : call.caller;
  return call.did ? `${from} → ${call.did}`.trim() : from;
}

/** Whom an agent has in a call: by name, where it is known. */
export function other(call: Call): string {
  return call.caller_name || (call.direction === "outbound" ? call.did : parties(call));
}

/** Where the call is now, in words. */
export function whereNow(call: Call): string {
  return call.ended_at ? `ended: ${call.disposition.replaceAll("_", " ")}` : call.where;
}

/** The lines that a call has been on, the first one first; of each, whether it is there now. */
export function lines(call: Call): { name: string; isNow: boolean }[] {
  const all = ["", ...call.path];
  const now = all.lastIndexOf(call.line);
  const named = (name: string) => (["", FIRST].includes(name) ? "first line" : name);
  return all.map((name, place) => ({ name: named(name), isNow: place === now }));
}

/** Whether what is looked for stands in one of the texts. */
export function fits(wanted: string, ...texts: (string | number | null)[]): boolean {
  const words = wanted.toLowerCase().split(/\s+/);
  const all = texts.join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

export function callFits(wanted: string, call: Call): boolean {
  return fits(
    wanted, caseOf(call), call.caller, call.caller_name, call.did, call.service, call.client,
    whereNow(call), call.agent, ...call.path,
  );
}

export function agentFits(wanted: string, agent: Agent): boolean {
  return fits(
    wanted, agent.id, agent.name, agent.state, agent.reason, ...agent.queues, ...agent.services,
    ...agent.clients,
  );
}

export function queueFits(wanted: string, queue: Queue): boolean {
  return fits(wanted, queue.name, ...queue.services, ...queue.clients);
}
