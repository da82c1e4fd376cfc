"""Asterisk's modules: those that our dialplan and our AMI user need."""

from __future__ import annotations

from collections.abc import Iterator

from ccgateway.check.finding import Mend, Problem
from ccgateway.check.lines import add, first, is_true, rx, without
from ccgateway.check.system import Pbx
from ccgateway.config import Config

FILE = "modules.conf"
NEEDED = {
    "pbx_config.so": "reads extensions.conf",
    "app_queue.so": "the queues",
    "res_agi.so": "asks the gateway (AGI)",
    "chan_pjsip.so": "the phones",
    "res_pjsip_header_funcs.so": "what phones show of a call (PJSIP_HEADER)",
    "app_dial.so": "calls to the outside (Dial)",
    "app_playback.so": "prompts",
    "app_exec.so": "ExecIf",
    "app_stack.so": "Gosub and Return",
    "app_userevent.so": "what the dialplan tells the record (UserEvent)",
    "app_celgenuserevent.so": "what it tells Asterisk's own journal (CELGenUserEvent)",
    "app_blind_transfer.so": "passing calls on (BlindTransfer)",
    "app_bridgeaddchan.so": "a talk of three (BridgeAdd)",
    "app_channelredirect.so": "passing calls on (ChannelRedirect)",
    "app_softhangup.so": "taking a customer back (SoftHangup)",
    "func_callerid.so": "CALLERID and CONNECTEDLINE",
    "func_channel.so": "CHANNEL and CHANNEL_EXISTS",
    "func_cut.so": "CUT",
    "func_devstate.so": "DEVICE_STATE: is the agent's phone free",
    "func_global.so": "SHARED: what goes with a customer",
    "func_hangupcause.so": "HANGUPCAUSE",
    "func_logic.so": "IF and IMPORT",
    "func_strings.so": "FILTER, which keeps strangers' text out",
    "func_timeout.so": "TIMEOUT, which frees a caller from a gateway that is mute",
    "res_musiconhold.so": "music",
}
"""Module: what of ours it does (Asterisk 22's own list of functions and applications)."""


def modules_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Where a module is missing, the line of the dialplan that needs it fails, and the caller with
    it."""
    for module, what in NEEDED.items():
        if module not in pbx.console.modules:
            line = rx(pbx.conf, f"module load {module}") if pbx.files else ""
            mend = Mend((line or f"asterisk -rx 'module load {module}'",))
            yield Problem(f"{module} is not loaded: {what}", mend)


def modules_allowed(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """What modules.conf forbids is not there after the next restart."""
    autoload = first(pbx.conf, FILE, "modules", "autoload")
    section = pbx.conf.section(FILE, "modules")
    settings = section.settings if section else []
    allowed = {
        s.value for s in settings if s.key in ("load", "preload", "require", "preload-require")
    }
    for module, what in NEEDED.items():
        forbidden = [s for s in settings if s.key == "noload" and s.value == module]
        then = f"module load {module}"
        for setting in forbidden[:1]:
            mend = without(pbx.conf, setting, reload=then)
            yield Problem(f"{FILE} forbids {module}: {what}", mend)
        off = autoload is None or not is_true(autoload.value)
        if off and section and not forbidden and module not in allowed:
            mend = add(pbx.conf, FILE, "modules", f"load => {module}", reload=then)
            yield Problem(f"{FILE} does not load {module}: {what}", mend)
