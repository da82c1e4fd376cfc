"""The table of checks, and the judgement of a system by it. Pure: no look at anything here but the
text of the lines that a mend replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ccgateway.check import (
    database,
    doors,
    extensions,
    features,
    files,
    host,
    journals,
    link,
    manager,
    modules,
    phones,
    queues,
    sounds,
)
from ccgateway.check.finding import Finding, Mend, Problem, Severity, Unseen
from ccgateway.check.system import Pbx, System
from ccgateway.config import Config

OfSystem = Callable[[System], Iterator[Problem]]
OfPbx = Callable[[Pbx, Config], Iterator[Problem]]

SYSTEM_CHECKS: tuple[OfSystem, ...] = (
    host.configuration,
    host.configuration_kept,
    host.configuration_readable,
    host.journals_readable,
    host.agi_open_to_asterisk,
    host.agi_closed_to_others,
    host.ami_private,
    host.ami_tls_port,
    host.zones_fit,
    host.state_dir_writable,
    host.state_dir_kept,
    host.disk_has_room,
    host.spool_has_room,
    host.spool_empty,
    host.clock_kept,
    host.ports_free,
    database.database_answers,
    database.database_version,
    database.database_encoding,
    database.database_schema,
    database.database_rights,
    database.database_connections,
    database.database_durable,
    database.database_clock,
    host.gateway_ready,
)
PBX_CHECKS: tuple[OfPbx, ...] = (
    files.files_read,
    link.ami_answers,
    link.ami_rights,
    link.ami_user_loaded,
    link.clocks_agree,
    link.asterisk_version,
    link.asterisk_risks,
    manager.manager_enabled,
    manager.manager_port,
    manager.manager_address,
    manager.manager_timestamps,
    manager.manager_logins,
    manager.manager_user,
    manager.manager_secret,
    manager.manager_permit,
    manager.manager_read,
    manager.manager_write,
    manager.manager_rights_narrow,
    manager.manager_timeout,
    manager.manager_filters,
    manager.manager_filter_form,
    manager.secrets_kept,
    extensions.dialplan_copied,
    extensions.dialplan_included,
    extensions.dialplan_loaded,
    extensions.globals_loaded,
    extensions.agi_address,
    extensions.agi_secret,
    extensions.fallback_named,
    extensions.node_named,
    extensions.trunk_named,
    extensions.globals_kept,
    extensions.dangerous_functions,
    doors.dids_reached,
    doors.dids_arrive,
    doors.doors_narrow,
    doors.codes_for_phones,
    doors.codes_not_for_strangers,
    queues.queues_there,
    queues.queues_loaded,
    queues.queues_no_static_members,
    queues.queues_no_strangers,
    queues.queues_one_call_at_a_time,
    queues.queues_let_out,
    queues.queues_keep_nobody_paused,
    queues.queues_keys,
    queues.queue_members_persist,
    queues.queues_fill,
    queues.queues_share_wrapup,
    queues.fallback_there,
    queues.fallback_has_members,
    queues.fallback_takes_all,
    features.keys_included,
    features.keys_loaded,
    features.keys_in_time,
    modules.modules_loaded,
    modules.modules_allowed,
    phones.phones_known,
    phones.phones_media,
    phones.phones_keys,
    phones.phones_codecs,
    phones.contexts_recorded,
    sounds.music_there,
    sounds.prompts_there,
    journals.cel_written,
    journals.cel_events,
    journals.cel_loaded,
    journals.cel_times,
    journals.cel_file,
    journals.cel_folder,
    journals.cel_room,
    journals.cel_module,
    journals.queue_log_written,
)


NO_CONFIG = "the configuration is wrong; it says where to look"
GENERATED = "auto-generated"
"""FreePBX and Issabel say so in the first lines of the files that they write."""
HEAD = 1000
"""Characters of a file in which they do."""

ALL_CHECKS: tuple[OfSystem | OfPbx, ...] = (*SYSTEM_CHECKS, *PBX_CHECKS)


def judge(system: System) -> list[Finding]:
    """What each check says of the system, in the order of the table: at least one finding each."""
    config = system.config
    findings: list[Finding] = []
    for of_system in SYSTEM_CHECKS:
        if config or of_system is host.configuration:
            findings += _found(of_system, "", of_system(system))
        else:
            name, why = name_of(of_system), why_of(of_system)
            findings.append(Finding(name, Severity.UNKNOWN, NO_CONFIG, why))
    if config:
        for pbx in system.pbxes:
            for of_pbx in PBX_CHECKS:
                findings += _found(of_pbx, pbx.node.name, of_pbx(pbx, config))
    return findings


def name_of(check: OfSystem | OfPbx) -> str:
    """``manager_read`` is told as ``manager-read``."""
    return str(getattr(check, "__name__", "")).replace("_", "-")


def why_of(check: OfSystem | OfPbx) -> str:
    """Why the check matters: its docstring, on one line."""
    return " ".join((check.__doc__ or "").split())


def _found(check: OfSystem | OfPbx, node: str, problems: Iterator[Problem]) -> Iterator[Finding]:
    name, why = name_of(check), why_of(check)
    good = True
    try:
        for problem in problems:
            good = False
            what = problem.what + _lost(problem.mend)
            yield Finding(name, problem.severity, what, why, problem.mend, node, problem.away)
    except Unseen as unseen:
        good = False
        yield Finding(name, Severity.UNKNOWN, str(unseen), why, None, node)
    if good:
        yield Finding(name, Severity.OK, "", why, None, node)


def _lost(mend: Mend | None) -> str:
    """What to say of a line in a file that a web interface writes anew; '' of others."""
    if mend is None or mend.file is None or mend.replaces is None:
        return ""
    text = mend.file.read_text("utf-8", errors="surrogateescape")
    if GENERATED not in text[:HEAD].lower():
        return ""
    return f" (a web interface writes {mend.file.name} anew: change it there, or the line is lost)"
