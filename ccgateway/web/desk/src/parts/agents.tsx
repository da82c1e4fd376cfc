import type { Agent, Call } from "../live/messages";
import { picture } from "../live/feed";
import { agentFits, caseOf, other } from "../live/words";
import { agentState, opened, wanted } from "../view";
import { memo } from "./memo";
import { Since } from "./since";
import { Part } from "./table";

const COLUMNS = [
  { name: "Agent" },
  { name: "State" },
  { name: "For", number: true },
  { name: "Call" },
];

const STATES = ["ready", "ringing", "talking", "paused", "off"] as const;

/** What everybody does, since when, why, and with whom. */
export function Agents() {
  const all = [...picture.value.agents.values()];
  const shown = all
    .filter((agent) => agentFits(wanted.value, agent) && isChosen(agent))
    .sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
  return (
    <Part
      id="agents"
      title="Agents"
      beside={<Chips agents={all} />}
      columns={COLUMNS}
      rows={shown.map((agent) => (
        <Row key={agent.id} agent={agent} call={picture.value.calls.get(agent.call_id)} />
      ))}
      nothing={nobody(all)}
    />
  );
}

function isChosen(agent: Agent): boolean {
  return agentState.value ? agent.state === agentState.value : agent.state !== "off";
}

/** Why none is shown. */
function nobody(all: Agent[]): string {
  const which = wanted.value ? "No such agent" : "No agent";
  if (agentState.value) return `${which} is ${agentState.value} now.`;
  if (wanted.value) return "No such agent is logged in.";
  return all.length ? "Nobody is logged in." : "No agents here.";
}

/** How many there are of each state; pressed, only they are shown. */
function Chips({ agents }: { agents: Agent[] }) {
  return (
    <span class="chips" role="group" aria-label="Show agents who are">
      {STATES.map((state) => (
        <button
          key={state}
          type="button"
          class={`state ${state}`}
          aria-pressed={agentState.value === state}
          onClick={() => (agentState.value = agentState.value === state ? "" : state)}
        >
          {agents.filter((agent) => agent.state === state).length} {state}
        </button>
      ))}
    </span>
  );
}

const Row = memo(({ agent, call }: { agent: Agent; call: Call | undefined }) => {
  return (
    <tr tabIndex={-1}>
      <th scope="row" title={agent.name}>
        <span class="short"><span class="id">{agent.id}</span> <bdi>{agent.name}</bdi></span>
      </th>
      <td data-name="state" title={agent.reason}>
        <span class={`state ${agent.state}`}>{agent.state}</span>
        {agent.reason && <small> {agent.reason}</small>}
      </td>
      <td class="number" data-name="for"><Since at={agent.since} /></td>
      <td data-name="call"><CallOf call={call} /></td>
    </tr>
  );
});

function CallOf({ call }: { call: Call | undefined }) {
  if (!call) return null;
  return (
    <button type="button" class="link" onClick={() => (opened.value = call.call_id)}>
      {caseOf(call)} <bdi>{other(call)}</bdi>
    </button>
  );
}
