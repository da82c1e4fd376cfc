"""pyst2 asks Asterisk: ``pyst_look.py PORT SECRET VARIABLE...``, prints the values as JSON.

A process of its own, for pyst2 blocks, and its warnings (it is from before Python 3.10) are not
ours. Its reader ends at some events, so it asks for values only.
"""

from __future__ import annotations

import json
import sys

from asterisk.manager import Manager  # type: ignore[import-untyped]  # pyst2 has no types


def main() -> None:
    port, secret, *variables = sys.argv[1:]
    manager = Manager()
    manager.connect("127.0.0.1", int(port))
    manager.login("rigtest", secret)
    manager.send_action({"Action": "Events", "EventMask": "off"})
    asked = [manager.send_action({"Action": "Getvar", "Variable": name}) for name in variables]
    print(json.dumps([answer.headers.get("Value", "") for answer in asked]))  # noqa: T201 - its answer
    manager.logoff()
    manager.close()


if __name__ == "__main__":
    main()
