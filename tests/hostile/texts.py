"""Texts that mean something to whoever takes them for more than a text; by what they attack."""

from __future__ import annotations

INJECTIONS = {
    "dialplan": "${SHELL(touch /tmp/ccgateway-bait)}$[1+1],b=c",
    "ami": "1\r\n\r\nAction: Command\r\nCommand: core stop now\r\n\r\n",
    "sql": "'; DROP TABLE calls; -- \\'); SELECT pg_sleep(60)",
    "shell": "$(touch /tmp/ccgateway-bait)`id`;|& > /tmp/ccgateway-bait",
    "log": "x\n2026-11-22T06:11:02Z [info     ] all is well",
    "html": "<script>document.title='mine'</script><img src=x onerror=alert(1)>",
    "terminal": "\x1b[2J\x1b]0;mine\x07\x9b31m\u202e",
    "markup": "[bold red]x[/] [/b] [link=http://192.0.2.1]x[/link] :fire:",
    "path": "../../../../etc/passwd",
    "format": "%s%n {0} {0.__class__} %(x)s",
}
"""None of them fits on one line of plain text in all cases: ``PLAIN`` has those that do."""

PLAIN = {name: text for name, text in INJECTIONS.items() if text.isprintable()}

ACTS = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E)) - {"\n"}
"""What acts on a terminal, and must not reach one."""
