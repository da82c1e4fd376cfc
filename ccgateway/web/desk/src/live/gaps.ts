/** When not all was seen: the gaps of the last hour, for who sees the whole centre. */

import { computed, effect, signal } from "@preact/signals";

import { ANSWER_WITHIN, seesAll } from "../session";
import { link, picture } from "./feed";

export interface Gap {
  id: string;
  node: string;
  began_at: string;
  ended_at: string | null;
  cause: string;
  source: string;
  repaired_at: string | null;
}

export const gaps = signal<readonly Gap[]>([]);

const HOUR = 3_600_000;

/** Milliseconds between two questions: while one is being repaired or may come, and else. */
const SOON = 3_000;
const LATER = 60_000;

/** Milliseconds for which one may come: the gateway writes them down a while after it is back. */
const COMES_WITHIN = 30_000;

/** Milliseconds after which one that is not repaired never will: there are no journals. */
const REPAIRED_WITHIN = 600_000;

let next = 0;
let changed = 0;

/** Who is heard: the gateway, which a web process of its own outlives, and its nodes; "" while the
    page is cut off. */
const standing = computed(() => {
  if (link.value.is !== "live") return "";
  const { gatewayUp, nodes } = picture.value;
  return [`${gatewayUp}`, ...[...nodes.values()].map((node) => `${node.name} ${node.up}`)].join();
});

/** Ask for them whenever the gateway or a node is lost or found, and now and then. */
export function watchGaps(): void {
  effect(() => {
    clearTimeout(next);
    if (!seesAll.value) gaps.value = [];
    else if (standing.value) {
      changed = performance.now();
      next = setTimeout(() => void look(), SOON / 3);
    }
  });
}

async function look(): Promise<void> {
  if (!seesAll.value) return;
  const from = new Date(Date.now() - HOUR).toISOString();
  try {
    const answer = await fetch(`/api/gaps?from=${encodeURIComponent(from)}`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (answer.ok) gaps.value = ((await answer.json()) as { gaps: Gap[] }).gaps;
  } catch {
    // The gateway is away: the page says so, and this comes again.
  }
  clearTimeout(next);
  const mayCome = performance.now() - changed < COMES_WITHIN;
  next = setTimeout(() => void look(), mayCome || gaps.value.some(isBeingRepaired) ? SOON : LATER);
}

export function isBeingRepaired(gap: Gap): boolean {
  return gap.repaired_at === null && Date.now() - Date.parse(gap.ended_at ?? gap.began_at) < REPAIRED_WITHIN;
}
