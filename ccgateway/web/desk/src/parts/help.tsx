import { KEYS } from "../keys";
import { helping } from "../view";
import { Dialog } from "./dialog";

/** The keys. */
export function Help() {
  if (!helping.value) return null;
  return (
    <Dialog title="Keys" close={() => (helping.value = false)}>
      <dl class="keys">
        {KEYS.map(([key, what]) => [<dt key={key}><kbd>{key}</kbd></dt>, <dd>{what}</dd>])}
      </dl>
    </Dialog>
  );
}
