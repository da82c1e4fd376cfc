import { length, now, seconds } from "../clock";
import type { Worry } from "../live/words";

/** How long ago, counting; `worry` says from when on that is long. */
export function Since(props: { at: string; until?: string | null; worry?: (s: number) => Worry }) {
  const total = seconds(props.at, props.until ? Date.parse(props.until) : now.value);
  return <time class={props.worry?.(total)} dateTime={props.at}>{length(total)}</time>;
}
