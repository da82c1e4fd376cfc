import { timeOfDay } from "../clock";
import { picture } from "../live/feed";
import type { Call, Note } from "../live/messages";
import { caseOf, parties, whereNow } from "../live/words";
import { opened } from "../view";
import { Lines } from "./calls";
import { Dialog } from "./dialog";
import { Since } from "./since";

/** One call: all that is known of it now. */
export function Story() {
  if (!opened.value) return null;
  const call = picture.value.calls.get(opened.value);
  return (
    <Dialog title={call ? `Call ${caseOf(call)}` : "Call"} close={() => (opened.value = "")}>
      {call ? <Known call={call} /> : <p>The call is over, and no longer shown here.</p>}
    </Dialog>
  );
}

function Known({ call }: { call: Call }) {
  return (
    <>
      <dl>
        <dt>Caller</dt>
        <dd><bdi class="digits">{parties(call)}</bdi> <bdi>{call.caller_name}</bdi></dd>
        <dt>Service</dt>
        <dd>{call.service || "–"} <small>{call.client}{call.did && `, DID ${call.did}`}</small></dd>
        <dt>Where now</dt>
        <dd>{whereNow(call)}, <Since at={call.since} until={call.ended_at} /></dd>
        <dt>Lines</dt>
        <dd>{call.path.length ? <Lines call={call} /> : `line ${call.tier}`}</dd>
        <dt>Since</dt>
        <dd>
          {timeOfDay(call.started_at)}, <Since at={call.started_at} until={call.ended_at} />
        </dd>
        <dt>Id</dt>
        <dd class="digits">{call.call_id}</dd>
      </dl>
      {call.known === "partial" && (
        <p class="warn">Something of this call was not seen: the link to Asterisk was cut.</p>
      )}
      {call.known === "repaired" && <p>Asterisk's journals tell what was not seen of this call.</p>}
      <Notes notes={call.notes} />
    </>
  );
}

function Notes({ notes }: { notes: Note[] }) {
  if (notes.length === 0) return null;
  return (
    <>
      <h3>Notes</h3>
      <ul class="notes">
        {notes.map((note) => (
          <li key={`${note.at} ${note.by}`}>
            <small>{timeOfDay(note.at)} {note.by}</small>
            <p dir="auto">{note.text}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
