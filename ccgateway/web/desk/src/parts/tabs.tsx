import { focusOn, SECTIONS } from "../keys";

/** On a phone the parts stand one below the other: the way from one to the next. */
export function Tabs() {
  return (
    <nav class="tabs" aria-label="Parts of the page">
      {Object.values(SECTIONS).map((id) => (
        <button key={id} type="button" onClick={() => focusOn(`#${id}`)}>{id}</button>
      ))}
    </nav>
  );
}
