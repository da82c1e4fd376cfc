/** Which build of the page this is. A page stays open for weeks; the gateway is upgraded meanwhile. */

import { ANSWER_WITHIN } from "./session";

const MARK = /<meta name="built" content="([0-9a-f]+)">/;

const own = document.querySelector<HTMLMetaElement>('meta[name="built"]')?.content;

/** Whether the gateway has another build of the page by now. Throws where it cannot be reached.
    What a proxy says in its place has no mark, and is no reason to load anything. */
export async function isOld(): Promise<boolean> {
  const answer = await fetch("/", { signal: AbortSignal.timeout(ANSWER_WITHIN) });
  const mark = MARK.exec(await answer.text())?.[1];
  return mark !== undefined && mark !== own;
}
