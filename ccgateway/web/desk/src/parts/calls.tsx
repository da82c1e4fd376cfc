import type { Call } from "../live/messages";
import { picture } from "../live/feed";
import { callFits, caseOf, lines, parties, whereNow, worryOfWait } from "../live/words";
import { opened, wanted } from "../view";
import { memo } from "./memo";
import { Since } from "./since";
import { Part } from "./table";

const COLUMNS = [
  { name: "Case" },
  { name: "Caller" },
  { name: "Service" },
  { name: "Lines", title: "The lines that the call was passed on to; in bold, where it is now" },
  { name: "Where now" },
  { name: "For", number: true },
];

/** Every call that is live, the oldest first: rows do not jump. Below, those that have just ended. */
export function Calls() {
  const all = [...picture.value.calls.values()];
  const shown = all
    .filter((call) => callFits(wanted.value, call))
    .sort((a, b) => order(a) - order(b));
  return (
    <Part
      id="calls"
      title="Calls"
      columns={COLUMNS}
      rows={shown.map((call) => <Row key={call.call_id} call={call} />)}
      nothing={wanted.value ? "No such call." : "No calls now."}
    />
  );
}

function order(call: Call): number {
  return call.ended_at === null
    ? Date.parse(call.started_at)
    : Number.MAX_SAFE_INTEGER - Date.parse(call.ended_at);
}

const Row = memo(({ call }: { call: Call }) => {
  const ended = call.ended_at !== null;
  return (
    <tr tabIndex={-1} class={ended ? "ended" : ""}>
      <th scope="row">
        <button
          type="button"
          class={call.case ? "link" : "link no-case"}
          onClick={() => (opened.value = call.call_id)}
        >
          {caseOf(call)}
        </button>
      </th>
      <td data-name="caller">
        <bdi class="digits">{parties(call)}</bdi> <bdi>{call.caller_name}</bdi>
      </td>
      <td data-name="service" title={`${call.service} ${call.client}`}>
        <span class="short">{serviceOf(call)} <small>{call.client}</small></span>
      </td>
      <td data-name="lines"><Lines call={call} /></td>
      <td data-name="where" class={`where ${kind(call)}`}>{whereNow(call)}</td>
      <td class="number" data-name="for">
        {ended
          ? <Since at={call.started_at} until={call.ended_at} />
          : <Since at={call.since} {...(kind(call) === "waits" && { worry: worryOfWait })} />}
      </td>
    </tr>
  );
});

/** The service; of a caller whose is not known yet, the number that he called. */
function serviceOf(call: Call): string {
  return call.service || (call.direction === "inbound" ? call.did : "");
}

/** What a call does, for its colour: what it is stands in words beside it. */
function kind(call: Call): string {
  if (call.ended_at) return call.disposition;
  if (call.where.startsWith("talking")) return "talks";
  return /^(waiting|ringing|on hold|being passed)/.test(call.where) ? "waits" : "";
}

export function Lines({ call }: { call: Call }) {
  if (call.path.length === 0) return null;
  return (
    <ol class="lines">
      {lines(call).map(({ name, isNow }, place) => (
        <li key={`${place} ${name}`} aria-current={isNow ? "true" : undefined}>{name}</li>
      ))}
    </ol>
  );
}
