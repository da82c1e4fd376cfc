/** The page without a mouse. */

import { helping, showAll } from "./view";

export const KEYS: readonly (readonly [string, string])[] = [
  ["1, 2, 3", "to the queues, the agents, the calls"],
  ["↓ ↑ or j k", "the next row, the one before"],
  ["Enter", "open the call of the row"],
  ["/", "look for something in all tables"],
  ["Esc", "close, or show all again"],
  ["?", "this list"],
];

export const SECTIONS: Readonly<Record<string, string>> = { "1": "queues", "2": "agents", "3": "calls" };
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

export function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const at = event.target instanceof HTMLElement ? event.target : document.body;
  const done = at instanceof HTMLInputElement ? inField(event.key, at) : onPage(event.key, at);
  if (done) event.preventDefault();
}

function inField(key: string, field: HTMLInputElement): boolean {
  if (key !== "Escape" || field.id !== "find") return false;
  showAll();
  field.blur();
  return true;
}

function onPage(key: string, at: HTMLElement): boolean {
  if (at.closest("dialog")) return false;
  const section = SECTIONS[key];
  if (section) return focusOn(`#${section} tbody tr`) || focusOn(`#${section}`);
  if (key in STEPS) return step(at, STEPS[key] ?? 0);
  if (key === "Enter" && at instanceof HTMLTableRowElement) return press(at);
  if (key === "/") return focusOn("#find");
  if (key === "?") return (helping.value = true);
  if (key === "Escape") showAll();
  return false;
}

/** The next row of the same table; from anywhere else, the first row of the page. */
function step(at: HTMLElement, by: number): boolean {
  const row = at.closest("tr");
  const rows = [...(row?.parentElement?.children ?? [])];
  const next = row ? rows[rows.indexOf(row) + by] : document.querySelector("tbody tr");
  if (!(next instanceof HTMLElement)) return row !== null;
  next.focus();
  return true;
}

function press(row: HTMLTableRowElement): boolean {
  const button = row.querySelector("button");
  button?.click();
  return button !== null;
}

export function focusOn(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  found?.focus();
  found?.closest("section")?.scrollIntoView({ block: "start" });
  return found !== null;
}
