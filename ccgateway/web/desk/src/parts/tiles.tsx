import type { ComponentChildren } from "preact";

import { length, now, seconds } from "../clock";
import { picture } from "../live/feed";
import { worryOfWait } from "../live/words";

/** The whole centre in six figures, to be read from across the room. */
export function Tiles() {
  const { queues, agents, calls } = picture.value;
  const live = [...calls.values()].filter((call) => call.ended_at === null);
  const waiting = [...queues.values()].reduce((sum, queue) => sum + queue.waiting, 0);
  const count = (state: string) => [...agents.values()].filter((a) => a.state === state).length;
  return (
    <div class="tiles">
      <Tile name="waiting">{waiting}</Tile>
      <Longest />
      <Tile name="calls">{live.length}</Tile>
      <Tile name="ready" state>{count("ready")}</Tile>
      <Tile name="talking" state>{count("talking")}</Tile>
      <Tile name="paused" state>{count("paused")}</Tile>
    </div>
  );
}

function Longest() {
  const since = [...picture.value.queues.values()].flatMap((queue) => queue.longest_since ?? []);
  const longest = Math.max(0, ...since.map((at) => seconds(at, now.value)));
  return (
    <Tile name="longest wait" worry={worryOfWait(longest)}>
      {since.length ? length(longest) : "–"}
    </Tile>
  );
}

function Tile(props: {
  name: string;
  state?: boolean;
  worry?: string;
  children: ComponentChildren;
}) {
  return (
    <p class={`tile ${props.worry ?? ""}`}>
      <b>{props.children}</b>
      <span class={props.state ? `state ${props.name}` : ""}>{props.name}</span>
    </p>
  );
}
