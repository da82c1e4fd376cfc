import { useState } from "preact/hooks";

import { isOld } from "../built";
import { signIn } from "../session";

/** For who has no session: the token, pasted. */
export function SignIn({ why }: { why: string }) {
  const [token, setToken] = useState("");
  const [fault, setFault] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    setFault("");
    try {
      await signIn(token.trim());
      if (await isOld()) location.reload(); // it was open while the gateway was upgraded
    } catch {
      setFault("The gateway does not answer. Is it running? Try again in a moment.");
    }
  };
  return (
    <main class="sign-in">
      <form onSubmit={(event) => void send(event)}>
        <h1><img src="/desk/icon.svg" alt="" width="36" height="36" />ccgateway</h1>
        <label for="token">Your token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit">Sign in</button>
        {(fault || why) && <p class="bad" role="alert">{fault || why}</p>}
        <p class="hint">
          An administrator makes one with <code>ccgateway token create</code>, and can send it as
          a link that signs you in by itself.
        </p>
      </form>
    </main>
  );
}
