import { now, timeOfDay } from "../clock";
import { type Gap, gaps, isBeingRepaired } from "../live/gaps";

/** Milliseconds for which one is shown whose calls are whole again. */
const SHOWN_AFTER = 600_000;

/** So many at once: a link that comes and goes must not push the queues off the screen. */
const MOST = 3;

/** When not all was seen. One that goes on is an alarm already. */
export function Gaps() {
  const shown = gaps.value.filter(
    (gap) =>
      gap.ended_at !== null &&
      (gap.repaired_at === null || now.value - Date.parse(gap.repaired_at) < SHOWN_AFTER),
  );
  if (shown.length === 0) return null;
  return (
    <div class="gaps" aria-live="polite">
      {shown.slice(0, MOST).map((gap) => (
        <p key={gap.id} class={gap.repaired_at === null ? "" : "repaired"}>{words(gap)}</p>
      ))}
      {shown.length > MOST && <p>{`and ${shown.length - MOST} more gaps in the last hour`}</p>}
    </div>
  );
}

function words(gap: Gap): string {
  const until = timeOfDay(gap.ended_at ?? gap.began_at);
  const when = `Gap from ${timeOfDay(gap.began_at)} to ${until} on ${gap.node}: ${gap.cause}.`;
  if (gap.repaired_at !== null) return `${when} The calls of that time are as Asterisk's journals tell them.`;
  const lack = `${when} Calls of that time may lack something`;
  const awaited = gap.source !== "journal" && isBeingRepaired(gap);
  return awaited ? `${lack} until Asterisk's journals are read.` : `${lack}.`;
}
