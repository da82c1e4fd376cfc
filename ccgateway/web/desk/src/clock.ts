/** The gateway's time, and lengths of time as people read them. */

import { signal } from "@preact/signals";

/** Milliseconds since 1970 in the gateway's clock. It stands still while the page is cut off, or the
    gateway is: a counter that runs on would tell what nobody knows. */
export const now = signal(Date.now());

let ahead = 0;

/** The gateway has just said how late it is. */
export function setBy(at: string): void {
  ahead = Date.parse(at) - Date.now();
}

/** Let the time go on. */
export function tick(): void {
  now.value = Date.now() + ahead;
}

/** Seconds from `since` (ISO 8601) to `until` (milliseconds), never less than none. */
export function seconds(since: string, until: number): number {
  return Math.max(0, Math.floor((until - Date.parse(since)) / 1000));
}

const DAY = 86_400;

/** 7 -> 0:07, 67 -> 1:07, 3667 -> 1:01:07; of more than a day its hours: 3 d 4 h. */
export function length(total: number): string {
  if (total >= DAY) return `${Math.floor(total / DAY)} d ${Math.floor((total % DAY) / 3600)} h`;
  const parts = [Math.floor(total / 60) % 60, total % 60];
  if (total >= 3600) parts.unshift(Math.floor(total / 3600));
  const [first, ...others] = parts;
  return [String(first), ...others.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** The time of day where the page is read. */
export function timeOfDay(at: string | number): string {
  return new Date(at).toLocaleTimeString(undefined, { hourCycle: "h23" });
}

/** A day without a time (2026-11-23), as people write it where the page is read. */
export function dayOf(day: string): string {
  const parts = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" } as const;
  return new Date(day).toLocaleDateString(undefined, parts);
}
