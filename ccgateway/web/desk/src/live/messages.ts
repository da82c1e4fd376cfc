/** What the gateway tells: the views of ccgateway/engine/view.py, as GET /api/live sends them.
    Times are ISO 8601 with their offset. */

export interface Note {
  at: string;
  by: string;
  text: string;
}

export interface Call {
  call_id: string;
  node: string;
  client: string;
  service: string;
  queues: string[];
  direction: "inbound" | "outbound" | "internal" | "unknown";
  case: number | null;
  topic: string;
  tier: number;
  notes: Note[];
  /** To whom it was passed on, one after the other. */
  path: string[];
  /** Which of them has it now, or is waited for; "" for none: it is first line's. */
  line: string;
  did: string;
  caller: string;
  caller_name: string;
  started_at: string;
  where: string;
  since: string;
  agent: string;
  /** All who talk or talked in it. */
  agents: string[];
  disposition: string;
  known: string;
  ended_at: string | null;
}

export interface Agent {
  id: string;
  name: string;
  phone: string;
  queues: string[];
  services: string[];
  clients: string[];
  state: string;
  reason: string;
  since: string;
  call_id: string;
}

export interface Queue {
  name: string;
  services: string[];
  clients: string[];
  /** Whether agents log in to it; else it rings phones of its own. */
  managed: boolean;
  waiting: number;
  /** Null where nobody waits. */
  longest_since: string | null;
  logged_in: number;
  ready: number;
  talking: number;
  paused: number;
  today: Figures;
}

/** A queue's figures of today, in the time zone of its service. */
export interface Figures {
  /** The day that they are of, as 2026-11-23. */
  day: string;
  timezone: string;
  offered: number;
  answered: number;
  abandoned: number;
  short_abandons: number;
  /** From 0 to 1, by `formula`; null where there is nothing to measure. */
  service_level: number | null;
  formula: string;
  short_s: number;
}

export interface Node {
  name: string;
  up: boolean;
}

export interface Snapshot {
  type: "snapshot";
  id: string;
  at: string;
  nodes: Node[];
  /** Told by a web process of its own: whether it hears the gateway. */
  gateway_up?: boolean;
  calls: Call[];
  agents: Agent[];
  queues: Queue[];
}

export type Change =
  | { type: "call"; id: string; call: Call }
  | { type: "agent"; id: string; agent: Agent }
  | { type: "queue"; id: string; queue: Queue }
  | { type: "call_absorbed"; id: string; call_id: string; into: string }
  | { type: "gone"; id: string; call_id?: string; agent?: string; queue?: string; node?: string }
  | { type: "link"; id: string; node: string; up: boolean }
  | { type: "gateway"; id: string; up: boolean };

/** Nothing has changed: the gateway and the way to it are alive. */
export interface Beat {
  type: "beat";
  id: string;
  at: string;
}

/** We were away, and now get what we missed. */
export interface Resumed {
  type: "resumed";
  id: string;
}

/** One message of the WebSocket is a list of them. */
export type Told = Snapshot | Change | Beat | Resumed;
