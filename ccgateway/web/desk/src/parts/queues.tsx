import { dayOf } from "../clock";
import type { Queue } from "../live/messages";
import { picture } from "../live/feed";
import { queueFits, worryOfService, worryOfWait } from "../live/words";
import { wanted } from "../view";
import { memo } from "./memo";
import { Since } from "./since";
import { Part } from "./table";

const COLUMNS = [
  { name: "Queue" },
  { name: "Waiting", number: true },
  { name: "Longest", number: true, title: "How long the one who waits longest has waited" },
  { name: "Service level", number: true, title: "Today; the formula stands below" },
  { name: "Abandoned", number: true, title: "Today: who hung up while waiting, of all who came" },
  { name: "Agents", title: "Ready, talking, paused" },
];

/** Who waits, how long, and how well today has gone. */
export function Queues() {
  const queues = [...picture.value.queues.values()]
    .filter((queue) => queueFits(wanted.value, queue))
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <Part
      id="queues"
      title="Queues"
      columns={COLUMNS}
      rows={queues.map((queue) => <Row key={queue.name} queue={queue} />)}
      nothing={wanted.value ? "No such queue." : "No queue here."}
      below={queues.length > 0 && <Today queues={queues} />}
    />
  );
}

const Row = memo(({ queue }: { queue: Queue }) => {
  const { today } = queue;
  const short = `${today.short_abandons} of them within ${today.short_s} s`;
  return (
    <tr tabIndex={-1} class={queue.waiting ? "busy" : ""}>
      <th scope="row">{queue.name}</th>
      <td class="number" data-name="waiting">{queue.waiting || <Zero />}</td>
      <td class="number" data-name="longest">
        {queue.longest_since ? <Since at={queue.longest_since} worry={worryOfWait} /> : <Zero />}
      </td>
      <td class="number" data-name="service level" title={today.timezone}>
        <Level level={today.service_level} />
      </td>
      <td class="number" data-name="abandoned" title={`${short}; ${today.timezone}`}>
        {today.abandoned || <Zero />}
        <small> of {today.offered}</small>
      </td>
      <td data-name="agents"><Staff queue={queue} /></td>
    </tr>
  );
});

function Zero() {
  return <span class="quiet zero">–</span>;
}

function Level({ level }: { level: number | null }) {
  if (level === null) return <Zero />;
  return (
    <span class={`level ${worryOfService(level)}`}>
      <meter min={0} max={1} value={level} aria-hidden="true" />
      <span>{percent(level)} %</span>
    </span>
  );
}

/** Whole ones, never more than there are; the level has four digits, and 0.29 * 100 is 28.99… */
function percent(level: number): number {
  return Math.floor(Math.round(level * 10_000) / 100);
}

function Staff({ queue }: { queue: Queue }) {
  if (!queue.managed) {
    return <span class="quiet" title="Nobody logs in to this queue: it rings fixed phones">its own phones</span>;
  }
  if (!queue.logged_in) return <span class={queue.waiting ? "bad" : "quiet"}>nobody</span>;
  return (
    <span class="staff">
      {(["ready", "talking", "paused"] as const).map((state) => (
        <span key={state} class={`state ${state}`} title={state}>
          {queue[state]}<span class="unseen"> {state}</span>
        </span>
      ))}
    </span>
  );
}

/** What the figures are of: queues of other time zones may have another day. */
function Today({ queues }: { queues: Queue[] }) {
  const days = queues.map(({ today }) => `${dayOf(today.day)} in ${today.timezone}`);
  const formulas = queues.map(({ today }) => today.formula);
  const each = (texts: string[]) => [...new Set(texts)].join("; ");
  return <p class="formula">Today is {each(days)}. Service level: {each(formulas)}.</p>;
}
