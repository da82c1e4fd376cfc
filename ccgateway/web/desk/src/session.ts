/** Who is signed in. The token goes to the gateway once, and comes back as a cookie that scripts
    cannot read; nothing of it stays in the page or in the address bar. */

import { computed, signal } from "@preact/signals";

/** As the gateway tells it, with the scope. */
export interface Who {
  name: string;
  role: string;
  /** What is seen, each empty for all. */
  scope: { clients: string[]; services: string[]; queues: string[] };
}

export type Session =
  | { is: "asking"; why: string }
  | { is: "in"; who: Who }
  | { is: "out"; why: string };

export const session = signal<Session>({ is: "asking", why: "" });

/** Whether somebody is. */
export const isIn = computed(() => session.value.is === "in");

/** Whether it is somebody who sees the whole centre. */
export const seesAll = computed(() => {
  if (session.value.is !== "in") return false;
  const { role, scope } = session.value.who;
  return role !== "agent" && Object.values(scope).every((part) => part.length === 0);
});

const PATH = "/api/session";
const UNAUTHORIZED = 401;

/** Milliseconds between attempts while no gateway answers at the start. */
const AGAIN = 2_000;

/** Milliseconds for an answer: on a link that is dead, though no close came, a browser would wait for
    many minutes, and so would the next attempt. */
export const ANSWER_WITHIN = 12_000;

/** Sign in by the link, or go on with the session that this browser has. */
export async function begin(): Promise<void> {
  const token = tokenOfLink();
  try {
    await (token ? signIn(token) : ask());
  } catch (error) {
    const why = `No gateway answers (${String(error)}). Trying again …`;
    session.value = { is: "asking", why };
    if (token) history.replaceState(null, "", `/#${encodeURIComponent(token)}`);
    setTimeout(() => void begin(), AGAIN);
  }
}

/** The token of a sign-in link (`/#TOKEN`), "" if this is none; it is taken out of the address. */
function tokenOfLink(): string {
  const token = location.hash.slice(1);
  if (token || location.pathname !== "/") history.replaceState(null, "", "/");
  try {
    return decodeURIComponent(token);
  } catch {
    return token; // a link that was broken on its way: the gateway says that it is no token
  }
}

/** Show the gateway a token. Throws where it cannot be reached. */
export async function signIn(token: string): Promise<void> {
  const answer = await fetch(PATH, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  if (answer.ok) await ask();
  else session.value = { is: "out", why: await reason(answer) };
}

/** Ask the gateway who we are. Throws where it cannot be reached, or does not know. */
export async function ask(): Promise<void> {
  const answer = await fetch(PATH, { signal: AbortSignal.timeout(ANSWER_WITHIN) });
  if (answer.ok) session.value = { is: "in", who: (await answer.json()) as Who };
  else if (answer.status === UNAUTHORIZED) session.value = { is: "out", why: whyOut() };
  else throw new Error(await reason(answer));
}

/** Forget who we are, here and there. */
export async function signOut(): Promise<void> {
  let why = "You have signed out.";
  try {
    const answer = await fetch(PATH, {
      method: "DELETE",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (!answer.ok) why = await reason(answer);
  } catch {
    why = "No gateway answers: this browser is still signed in. Load the page and sign out again.";
  }
  session.value = { is: "out", why };
}

/** What to say to who is no longer known; nothing to who was not yet. */
function whyOut(): string {
  const ended = "Your session has ended: the token was revoked or ran out, or a week is over.";
  return isIn.value ? ended : "";
}

/** What a problem document says. */
async function reason(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as { detail?: string };
    return problem.detail ?? answer.statusText;
  } catch {
    return answer.statusText;
  }
}
