import { timeOfDay } from "../clock";
import { link, picture } from "../live/feed";
import { session, signOut } from "../session";
import { helping, wanted } from "../view";

/** Name, search, and who is signed in. */
export function Top() {
  return (
    <header class="top">
      <h1><img src="/desk/icon.svg" alt="" width="28" height="28" />ccgateway</h1>
      <Health />
      <input
        id="find"
        type="search"
        placeholder="Find ( / )"
        aria-label="Find in all tables"
        autocomplete="off"
        value={wanted.value}
        onInput={(event) => (wanted.value = event.currentTarget.value)}
      />
      <span class="who">
        {session.value.is === "in" && `${session.value.who.name}, ${session.value.who.role}`}
      </span>
      <button type="button" class="quiet keys-button" onClick={() => (helping.value = true)}>Keys</button>
      <button type="button" class="quiet" onClick={() => void signOut()}>Sign out</button>
    </header>
  );
}

function Health() {
  const state = link.value.is;
  const word = { connecting: "connecting", live: "live", cut: "cut off" }[state];
  return <span class={`health ${state}`} role="status">{word}</span>;
}

/** What must be known before anything on the page is believed. */
export function Warnings() {
  const down = [...picture.value.nodes.values()].filter((node) => !node.up);
  return (
    <div role="alert">
      {link.value.is === "cut" && (
        <p class="alarm">
          Cut off from the gateway. What is shown is from {timeOfDay(link.value.since)}; it catches
          up by itself.
        </p>
      )}
      {!picture.value.gatewayUp && (
        <p class="alarm">
          The gateway is away. Calls go on without it; what is shown is what it told last, and it
          catches up by itself.
        </p>
      )}
      {down.map((node) => (
        <p class="alarm" key={node.name}>
          The gateway has lost Asterisk {node.name}: its calls are shown as they were.
        </p>
      ))}
    </div>
  );
}
