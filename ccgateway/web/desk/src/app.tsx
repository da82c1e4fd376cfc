/** The live page: it is signed in by a link, follows the gateway, and draws what it tells. */

import { effect } from "@preact/signals";
import { render } from "preact";

import { pressed } from "./keys";
import { follow, hurry, link, second, stop } from "./live/feed";
import { watchGaps } from "./live/gaps";
import { Agents } from "./parts/agents";
import { Calls } from "./parts/calls";
import { Gaps } from "./parts/gaps";
import { Help } from "./parts/help";
import { Queues } from "./parts/queues";
import { SignIn } from "./parts/sign-in";
import { Story } from "./parts/story";
import { Tabs } from "./parts/tabs";
import { Tiles } from "./parts/tiles";
import { Top, Warnings } from "./parts/top";
import { begin, isIn, session } from "./session";

function App() {
  const { value } = session;
  if (value.is === "asking") return <p class="nothing">{value.why || "Asking the gateway …"}</p>;
  if (value.is === "out") return <SignIn why={value.why} />;
  return (
    <div class={link.value.is === "cut" ? "is-cut" : ""}>
      <Top />
      <Warnings />
      <Gaps />
      <main>
        <Tiles />
        <Queues />
        <Agents />
        <Calls />
      </main>
      <Tabs />
      <Story />
      <Help />
    </div>
  );
}

render(<App />, document.body);
effect(() => (isIn.value ? follow() : stop()));
watchGaps();
setInterval(second, 1000);
addEventListener("keydown", pressed);
addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);
void begin();
