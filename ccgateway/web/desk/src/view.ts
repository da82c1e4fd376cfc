/** What this browser's reader has chosen to see. */

import { signal } from "@preact/signals";

/** What is looked for: only rows that hold all its words are shown. */
export const wanted = signal("");

/** The id of the call whose story is open; "" for none. */
export const opened = signal("");

/** Whether the list of keys is open. */
export const helping = signal(false);

/** The state of the agents shown; "" for all who are logged in. */
export const agentState = signal("");

/** Show all again. */
export function showAll(): void {
  wanted.value = "";
  agentState.value = "";
}
