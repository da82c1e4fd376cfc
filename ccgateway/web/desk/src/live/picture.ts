/** What the page shows: the snapshot with all changes since. Values in, values out. */

import type { Agent, Call, Node, Queue, Snapshot, Told } from "./messages";

export interface Picture {
  readonly gatewayUp: boolean;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly calls: ReadonlyMap<string, Call>;
}

export const NOTHING: Picture = {
  gatewayUp: true,
  nodes: new Map(),
  queues: new Map(),
  agents: new Map(),
  calls: new Map(),
};

/** The picture after what was told; the one given stays as it was. */
export function after(picture: Picture, told: readonly Told[]): Picture {
  let draft = copy(picture);
  for (const one of told) {
    if (one.type === "snapshot") draft = whole(one);
    else take(draft, one);
  }
  return draft;
}

/** Whether anything of it goes on: its gateway is there, and hears an Asterisk. */
export function isHeard({ gatewayUp, nodes }: Picture): boolean {
  return gatewayUp && (nodes.size === 0 || [...nodes.values()].some((node) => node.up));
}

/** Without the calls that ended before a moment (milliseconds since 1970). */
export function withoutEnded(picture: Picture, before: number): Picture {
  const over = [...picture.calls.values()].filter(
    (call) => call.ended_at !== null && Date.parse(call.ended_at) < before,
  );
  if (over.length === 0) return picture;
  const calls = new Map(picture.calls);
  for (const call of over) calls.delete(call.call_id);
  return { ...picture, calls };
}

interface Draft extends Picture {
  gatewayUp: boolean;
  readonly nodes: Map<string, Node>;
  readonly queues: Map<string, Queue>;
  readonly agents: Map<string, Agent>;
  readonly calls: Map<string, Call>;
}

function copy(picture: Picture): Draft {
  return {
    gatewayUp: picture.gatewayUp,
    nodes: new Map(picture.nodes),
    queues: new Map(picture.queues),
    agents: new Map(picture.agents),
    calls: new Map(picture.calls),
  };
}

function whole(snapshot: Snapshot): Draft {
  return {
    gatewayUp: snapshot.gateway_up ?? true,
    nodes: new Map(snapshot.nodes.map((node) => [node.name, node])),
    queues: new Map(snapshot.queues.map((queue) => [queue.name, queue])),
    agents: new Map(snapshot.agents.map((agent) => [agent.id, agent])),
    calls: new Map(snapshot.calls.map((call) => [call.call_id, call])),
  };
}

function take(draft: Draft, change: Exclude<Told, Snapshot>): void {
  switch (change.type) {
    case "call":
      draft.calls.set(change.call.call_id, change.call);
      break;
    case "agent":
      draft.agents.set(change.agent.id, change.agent);
      break;
    case "queue":
      draft.queues.set(change.queue.name, change.queue);
      break;
    case "call_absorbed":
      draft.calls.delete(change.call_id);
      break;
    case "gone":
      draft.calls.delete(change.call_id ?? "");
      draft.agents.delete(change.agent ?? "");
      draft.queues.delete(change.queue ?? "");
      draft.nodes.delete(change.node ?? "");
      break;
    case "link":
      draft.nodes.set(change.node, { name: change.node, up: change.up });
      break;
    case "gateway":
      draft.gatewayUp = change.up;
      break;
    // Beats, calls by click, and what a newer gateway tells besides, change nothing here.
  }
}
