/** The link to the gateway: it stays up, and where it is cut it catches up by the last id. */

import { batch, signal } from "@preact/signals";

import { isOld } from "../built";
import { now, setBy, tick } from "../clock";
import { ask, session } from "../session";
import type { Told } from "./messages";
import { after, isHeard, NOTHING, withoutEnded } from "./picture";

/** Milliseconds without a word (the gateway beats each 5 s): the link is dead, though no close came,
    as when a laptop changes its network. */
const SILENCE = 12_000;

/** Milliseconds between attempts; each wait is double the last. */
const RETRY_FIRST = 250;
const RETRY_MOST = 5_000;

/** Milliseconds that changes are gathered for before they are drawn: a screen shows no more. */
const DRAW_EACH = 100;

/** Milliseconds for which a call that has ended is still shown. */
const ENDED_SHOWN = 8_000;

export type Link = { is: "connecting" } | { is: "live" } | { is: "cut"; since: number };

export const link = signal<Link>({ is: "connecting" });
export const picture = signal(NOTHING);

let socket: WebSocket | null = null;
let lastId = "";
let wait = RETRY_FIRST;
let retry = 0;
let silence = 0;
let drawing = 0;
let waiting: Told[] = [];
let asking = false;

/** Follow the gateway until `stop`. */
export function follow(): void {
  if (socket) return;
  link.value = { is: "connecting" };
  connect();
}

/** Let the link go, and forget what was shown. */
export function stop(): void {
  clearTimeout(retry);
  drop();
  forget();
}

function forget(): void {
  waiting = [];
  lastId = "";
  picture.value = NOTHING;
}

/** Try at once, without the rest of the wait: the network is back, or somebody looks. */
export function hurry(): void {
  if (link.value.is === "cut" && !socket && !asking) void again();
}

/** Once a second: the counters go on, and ended calls go. */
export function second(): void {
  if (link.value.is !== "live" || !isHeard(picture.value)) return;
  tick();
  picture.value = withoutEnded(picture.value, now.value - ENDED_SHOWN);
}

function connect(): void {
  const url = new URL("/api/live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (lastId) url.searchParams.set("after", lastId);
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event: MessageEvent<string>) => {
    heard(JSON.parse(event.data) as Told[]);
  };
  opened.onclose = cut;
  listen();
}

function heard(told: Told[]): void {
  listen();
  wait = RETRY_FIRST;
  for (const one of told) {
    lastId = one.id;
    if ("at" in one) setBy(one.at);
  }
  waiting.push(...told);
  drawing ||= setTimeout(draw, picture.value === NOTHING ? 0 : DRAW_EACH);
}

function draw(): void {
  drawing = 0;
  const isAnew = waiting.some((one) => one.type === "snapshot");
  batch(() => {
    picture.value = after(picture.value, waiting);
    link.value = { is: "live" };
    if (isAnew || isHeard(picture.value)) tick();
  });
  waiting = [];
}

function listen(): void {
  clearTimeout(silence);
  silence = setTimeout(cut, SILENCE);
}

function cut(): void {
  drop();
  if (link.value.is !== "cut") link.value = { is: "cut", since: now.value };
  clearTimeout(retry);
  retry = setTimeout(() => void again(), wait);
  wait = Math.min(2 * wait, RETRY_MOST);
}

/** A refused WebSocket does not tell a script why: so first it is asked whether we may. */
async function again(): Promise<void> {
  clearTimeout(retry);
  asking = true;
  const before = JSON.stringify(session.value);
  try {
    await ask();
    if (session.value.is !== "in") return;
    // Somebody else has signed in, in another tab, and may see other things.
    if (JSON.stringify(session.value) !== before) forget();
    if (await isOld()) location.reload();
    else if (!socket) connect();
  } catch {
    if (session.value.is === "in") cut();
  } finally {
    asking = false;
  }
}

function drop(): void {
  clearTimeout(silence);
  clearTimeout(drawing);
  drawing = 0;
  if (!socket) return;
  socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
}
