"""Words of Asterisk's and of our own that tell of nobody, and that the reducer reads."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONTEXTS = frozenset(
    f"ccg-{name}"
    for name in _words(
        "after agent-codes agent-told agent asking-yes asking call click consult consulting "
        "dialled escalate fallback fetch first hold inbound joined keys left lines message move "
        "outbound outsider outward pass peer predial queue ring route say seek shown taken target "
        "tier told transfer transferred"
    )
)
"""Of our dialplan; the fallback queue is called as one of them."""

TECHNOLOGIES = _words(
    "PJSIP SIP Local IAX2 DAHDI mISDN Message Surrogate Bridge ConfBridge AsyncGoto Announcer "
    "Recorder Snoop Unicast WebSocket AudioSocket Motif SCCP Skinny UniMRCP Parking"
)
"""What the names of channels begin with."""

_PRESENTATIONS = frozenset(
    f"{may}{how}"
    for may in ("allowed", "prohib")
    for how in ("", "_not_screened", "_passed_screen", "_failed_screen")
)
"""How a number may be shown (CALLERPRES)."""

WORDS = (
    _PRESENTATIONS
    | {"unavailable", "Not Permitted"}
    | _words(  # DIALSTATUS, QUEUESTATUS, why a tier was left
        "ANSWER BUSY NOANSWER CANCEL CONGESTION CHANUNAVAIL ABORT CONTINUE DONTCALL TORTURE "
        "INVALIDARGS TIMEOUT FULL JOINEMPTY LEAVEEMPTY JOINUNAVAIL LEAVEUNAVAIL WITHDRAW KEY "
        "NOTARGET NOBODY"
    )
    | _words(  # bridges, transfers, originates, ends of talks
        "basic base holding multiplexed stasis parking infrastructure simple_bridge native_rtp "
        "softmix holding_bridge Success Fail Failure Invalid Bridge App Link Threeway caller "
        "agent transfer"
    )
    | _words(  # our own
        "cold warm back next first heartbeat route agi overflow return queue message fallback "
        "closed blocked full nobody yes api cli ccgateway"
    )
    | _words("Down Rsrvd OffHook Dialing Ring Ringing Up Busy")  # ChannelStateDesc
)

EXTENSIONS = frozenset([*"shtiToaexX", "start", "failed"])
"""Asterisk's special ones."""

CAUSES = frozenset(
    [
        *("Normal Clearing", "User busy", "User alerting, no answer", "No user responding"),
        *("Call Rejected", "Unallocated (unassigned) number", "Interworking, unspecified"),
        *("Circuit/channel congestion", "Destination out of order", "Network out of order"),
        *("Subscriber absent", "Answered elsewhere", "Normal, unspecified", "Unknown"),
        *("Recovery on timer expiry", "Temporary failure", "Switch congestion", "Not Defined"),
        *("Invalid number format", "No route to destination", "Bearer capability not available"),
    ]
)
"""Asterisk's words for Q.850 causes."""

PHRASES = frozenset(
    [
        *(
            "Busy Here",
            "Not Found",
            "Forbidden",
            "Decline",
            "Request Terminated",
            "Request Timeout",
        ),
        *("Temporarily Unavailable", "Service Unavailable", "Server Internal Error", "OK"),
        *("Not Acceptable Here", "Busy Everywhere", "Unauthorized", "Address Incomplete", "Gone"),
    ]
)
"""Of SIP's responses."""

REASONS = _words(
    "did caller anonymous blocked hours queue fault no service has it static fallback of client "
    "number refused the wants a accepted s by customer table withheld given could not be asked "
    "somebody nobody is logged in decides our see log open closed always holiday until from to "
    "mon tue wed thu fri sat sun"
)
"""Words of the reasons of our decisions; all others may be names."""

QUEUE_EVENTS = _words(
    "ENTERQUEUE CONNECT RINGNOANSWER RINGCANCELED ABANDON EXITWITHTIMEOUT EXITEMPTY EXITWITHKEY "
    "WITHDRAW COMPLETEAGENT COMPLETECALLER BLINDTRANSFER ATTENDEDTRANSFER DID SYSCOMPAT"
)
