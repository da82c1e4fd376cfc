"""How much a client may ask of us. Sizes in bytes, times in seconds."""

MAX_LINE = 8_192
"""One line of a request. The longest that Asterisk sends is a caller's name, which a hostile one
can make 4 kB long: that call is still answered."""

MAX_REQUEST = 32_768
"""A whole request. Asterisk's is some 700 bytes."""

MAX_HEADERS = 64
"""Lines of a request. Asterisk 22 sends 24 and one for each argument; ours has up to four."""

REQUEST_TIME = 1.0
"""From the connect to the whole request. Asterisk sends it at once, and the caller's dialplan
gives up after 1.2 s."""

REPLY_TIME = 1.0
"""For the reply to one command: Asterisk needs less than a millisecond."""

SESSION_TIME = 5.0
"""For a whole session. The dialplan's longest wait, for a log-in, is 4 s."""

MAX_REPLY_LINE = 4_096
"""One line of a reply. Ours are some 20 bytes long."""

MAX_USAGE_LINES = 100
"""Lines of a usage reply (520); Asterisk's longest has about 30."""

MAX_COMMAND = 2_000
"""One command. Asterisk reads it into 2,048 bytes and would take the rest for a second one."""

MAX_SESSIONS = 256
"""Sessions at once. At 5 ms each that is thousands of calls a second; who comes when all are taken
is refused and takes the dialplan's static branch. With MAX_WAITING it stays below the 1,024 files
that Linux gives a process unasked."""

MAX_WAITING = 256
"""Connections at once that have not sent a whole request; for one more the oldest goes, as Asterisk
needs a few milliseconds and who trickles needs long. So tricklers never keep a caller out."""

BACKLOG = 512
"""Connections that the kernel holds for us. A full backlog drops Asterisk's own SYN, and the next
try is a second later."""

ACCEPT_AT_ONCE = 16
"""Connections taken in one go. asyncio takes as many as the backlog holds: hundreds that close at
once would push out a caller whose request is there but was not read yet."""

COMPLAINT_EVERY = 1.0
"""Seconds between two log lines of the same kind about clients: a flood must not fill the disk."""
