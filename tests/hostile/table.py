"""The table of hostile input: doors x what is wrong, and what proves each cell.

A cell names the tests that prove it (``file::test``, from ``tests/``), or says why it cannot be.
``test_table.py`` holds it to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Door(StrEnum):
    """Where something comes in."""

    AMI = "AMI"  # what an Asterisk, or who sits in its place, tells us; and what we tell it
    AGI = "AGI"
    HTTP = "HTTP"
    WEBSOCKET = "WebSocket"
    CSV = "CSV files"  # Asterisk's journals, here or sent; test_code.py fails when another opens
    TOML = "TOML files"
    CLI = "CLI arguments"
    SIP = "SIP headers by way of AMI"
    RECORDING = "recordings that somebody sends with a bug report"


class Wrong(StrEnum):
    """What can be wrong with it."""

    LONG = "too long"
    MANY = "too many"
    SLOW = "too slow"
    CONTROL = "control characters"
    ENCODING = "wrong encoding"
    DEEP = "deep nesting"
    TYPES = "wrong types"
    DIALPLAN = "injection: dialplan"
    AMI = "injection: AMI"
    SQL = "injection: SQL"
    SHELL = "injection: shell"
    LOG = "injection: log"
    HTML = "injection: HTML"
    TERMINAL = "injection: terminal escapes"


@dataclass(frozen=True, slots=True)
class Cannot:
    """Why there is no such case."""

    because: str


Cell = tuple[str, ...] | Cannot

FLAT = Cannot("lines of key and value: there is nothing to nest")
ONE_AT_A_TIME = Cannot("all arguments are there when the command begins")

NO_SHELL = "hostile/test_code.py::test_nothing_goes_to_a_shell"
NO_LINE = "unit/test_log.py::test_a_value_stays_on_its_line"
ON_SCREEN = "hostile/test_terminal.py::test_a_text_does_nothing"
ON_PAGE = "acceptance/page/test_page.py::test_what_callers_send_is_text"
STORED = "adapters/test_postgres_writer.py::test_any_text_is_stored_as_plain_text"
LOOKED_UP = "hostile/test_sql.py::test_a_look_up_is_a_value"
ROUTES = "adapters/test_web_hostile.py::test_no_route_breaks"
NO_REQUEST = "adapters/test_web_hostile.py::test_what_is_no_request"
TO_ASTERISK = "unit/ami/test_encode.py::test_hostile_values_are_refused_in_every_place"
ONE_LINE = "unit/ami/test_encode.py::test_whatever_passes_is_one_line"
TO_GLOBALS = "unit/routing/test_tiers.py::test_nothing_hostile_reaches_a_global"
BAD_AGI = "adapters/test_agi_request.py::test_what_is_refused"
ANY_AGI = "adapters/test_agi_request.py::test_random_bytes_raise_nothing_but_bad_request"
UNDER_ATTACK = "adapters/test_agi_hostile.py::test_calls_are_answered_while_the_attack_goes_on"
TOML_TEXT = "unit/test_config_faults.py::test_a_hostile_text_is_refused_or_kept_as_text"
ANY_ARGUMENT = "hostile/test_cli.py::test_no_value_breaks_a_command"
ARGUMENTS = "hostile/test_cli.py::test_what_is_let_in"
REFUSED_FIRST = "hostile/test_cli.py::test_it_is_refused_before_any_command_reads_it"
NO_WEBSOCKET = "hostile/test_websocket.py::test_what_is_no_websocket_is_cut_off"
NOBODY_LISTENS = "hostile/test_websocket.py::test_whatever_a_watcher_says_nobody_listens"
NO_ID = "hostile/test_websocket.py::test_what_is_no_id_is_refused"
ARRIVES = "hostile/test_websocket.py::test_what_callers_send_arrives_as_text"
CALLERS = "hostile/test_sip.py::test_a_callers_text_changes_nothing_but_itself"
ANY_CALLER = "hostile/test_sip.py::test_whatever_a_caller_is_called"
DIALLED_NAMES = "acceptance/test_hostile_callers.py::test_hostile_names"
DIALLED_NUMBERS = "acceptance/test_hostile_callers.py::test_hostile_numbers"

NO_LINE_OF_ONE = "unit/calls/test_recorded.py::test_what_is_no_line_is_refused_and_not_repeated"
SHOWN = "adapters/test_replay.py::test_what_a_recording_says_does_nothing_to_a_terminal"
COMPARED = Cannot("it is compared and shown; nothing of it goes there")

UNREAD = "adapters/test_journal.py::TestFollowing::test_what_may_not_be_read_is_tried_again"
IN_SLICES = "adapters/test_journal.py::TestFollowing::test_a_long_time_away_is_read_in_slices"

OTHER_LINKS = "hostile/test_ami.py::test_the_others_go_on_and_it_comes_back"
RELOADED = "hostile/test_toml.py::test_at_a_reload_the_old_one_stays"

OTHERS_GO_ON: Mapping[Door, Cell] = {
    Door.AMI: (OTHER_LINKS,),
    Door.AGI: (UNDER_ATTACK, "adapters/test_agi_server.py::test_odd_replies_end_this_session_only"),
    Door.HTTP: (
        ROUTES,
        NO_REQUEST,
        "hostile/test_bombs.py::test_very_many_small_parts_do_not_hold_up_the_others",
    ),
    Door.WEBSOCKET: (
        NO_WEBSOCKET,
        NOBODY_LISTENS,
        "acceptance/test_live_load.py::test_a_hundred_watch_and_ten_never_read",
    ),
    Door.CSV: (
        "adapters/test_journal.py::TestFollowing::test_what_may_not_be_read_is_tried_again",
    ),
    Door.TOML: (RELOADED,),
    Door.CLI: Cannot("each command is a process of its own"),
    Door.RECORDING: Cannot("it is read by a command, which is a process of its own"),
    Door.SIP: (
        CALLERS,
        "unit/ami/test_forgery.py::test_whatever_the_number_what_comes_next_is_heard",
    ),
}
"""What proves, of each door, that whoever is wrong suffers alone."""

TABLE: Mapping[Door, Mapping[Wrong, Cell]] = {
    Door.AMI: {
        Wrong.LONG: (
            "adapters/test_ami_faults.py::test_an_endless_message_ends_the_link_with_a_clear_cause",
            (
                "unit/ami/test_framing.py::"
                "test_a_message_without_end_is_refused_before_it_fills_the_memory"
            ),
            TO_ASTERISK,
            OTHER_LINKS,
        ),
        Wrong.MANY: (
            OTHER_LINKS,
            "adapters/test_ami_faults.py::test_an_endless_list_ends_the_link",
            "unit/ami/test_framing.py::test_a_message_of_too_many_headers_is_refused",
            "unit/ami/test_framing.py::test_a_banner_without_end_is_refused",
            "unit/ami/test_encode.py::test_too_many_headers_are_refused",
        ),
        Wrong.SLOW: (
            "adapters/test_ami_faults.py::test_a_half_open_link_is_noticed",
            "adapters/test_ami_faults.py::test_a_link_that_drips_byte_by_byte_loses_nothing",
            "adapters/test_ami_faults.py::test_a_server_that_accepts_and_says_nothing_is_given_up",
            "adapters/test_ami_faults.py::test_an_asterisk_that_answers_nothing_more_is_noticed",
        ),
        Wrong.CONTROL: (
            TO_ASTERISK,
            (
                "unit/ami/test_framing.py::"
                "test_what_is_no_utf8_and_nul_reads_as_the_replacement_character"
            ),
        ),
        Wrong.ENCODING: (
            (
                "unit/ami/test_framing.py::"
                "test_what_is_no_utf8_and_nul_reads_as_the_replacement_character"
            ),
            "adapters/test_ami_stream.py::test_what_is_no_utf8_is_visible",
        ),
        Wrong.DEEP: FLAT,
        Wrong.TYPES: (
            "unit/ami/test_decode.py::test_no_value_of_a_header_breaks_decoding",
            "unit/ami/test_resync.py::test_no_value_of_a_header_breaks_the_snapshot",
            "adapters/test_ami_faults.py::test_another_server_on_the_port_is_named",
        ),
        Wrong.DIALPLAN: (
            "unit/ami/test_encode.py::test_a_global_is_a_plain_variable_never_a_function",
            "unit/ami/test_encode_originate.py::test_a_value_sets_one_variable",
            "unit/ami/test_encode.py::test_a_key_of_a_phone_is_one_of_its_twelve",
            TO_GLOBALS,
        ),
        Wrong.AMI: (ONE_LINE, "adapters/test_ami_stream.py::test_a_value_cannot_become_a_header"),
        Wrong.SQL: (STORED, OTHER_LINKS),
        Wrong.SHELL: (NO_SHELL, OTHER_LINKS),
        Wrong.LOG: (NO_LINE, "adapters/test_ami_traffic.py::test_no_number_and_no_name_is_logged"),
        Wrong.HTML: (ON_PAGE,),
        Wrong.TERMINAL: (ON_SCREEN,),
    },
    Door.AGI: {
        Wrong.LONG: (BAD_AGI, UNDER_ATTACK),
        Wrong.MANY: (
            BAD_AGI,
            "adapters/test_agi_hostile.py::test_a_crowd_of_idle_connections_keeps_nobody_out",
            "adapters/test_agi_hostile.py::test_a_flood_of_hangup_lines_ends_its_own_session_only",
            ("adapters/test_agi_hostile.py::test_who_floods_with_what_is_no_request_is_not_read"),
            "adapters/test_agi_request.py::test_a_reply_without_end_is_refused",
            "adapters/test_agi_server.py::test_too_many_sessions_are_refused_at_once",
        ),
        Wrong.SLOW: (
            "adapters/test_agi_server.py::test_limits_in_time",
            UNDER_ATTACK,
            "acceptance/test_agi_attack.py::test_twenty_calls_are_routed_in_time_under_attack",
        ),
        Wrong.CONTROL: (BAD_AGI, ANY_AGI),
        Wrong.ENCODING: (
            "adapters/test_agi_request.py::test_bytes_that_are_no_utf8_are_kept_as_such",
            ANY_AGI,
        ),
        Wrong.DEEP: FLAT,
        Wrong.TYPES: (
            "adapters/test_agi_server.py::test_odd_replies_end_this_session_only",
            "adapters/test_agi_request.py::test_random_replies_raise_nothing_but_bad_reply",
            "adapters/test_agi_outbound.py::test_arguments_that_are_missing_are_empty",
        ),
        Wrong.DIALPLAN: (
            "adapters/test_agi_server.py::test_of_an_unsafe_route_nothing_is_set",
            "adapters/test_agi_request.py::test_what_means_something_is_never_sent",
        ),
        Wrong.AMI: (TO_ASTERISK, ONE_LINE),
        Wrong.SQL: (LOOKED_UP, STORED),
        Wrong.SHELL: (NO_SHELL,),
        Wrong.LOG: (NO_LINE, "adapters/test_agi_server.py::test_who_is_refused"),
        Wrong.HTML: (ON_PAGE,),
        Wrong.TERMINAL: (ON_SCREEN,),
    },
    Door.HTTP: {
        Wrong.LONG: (
            ROUTES,
            NO_REQUEST,
            "adapters/test_web.py::TestAgents::test_a_large_body",
            "hostile/test_bombs.py::test_a_body_is_not_unpacked_beyond_its_limit",
            "adapters/access/test_audit.py::TestAudit::test_a_path_without_end_is_cut",
        ),
        Wrong.MANY: (
            "adapters/test_web_hostile.py::test_silent_strangers_keep_nobody_out",
            "hostile/test_bombs.py::test_very_many_small_parts_do_not_hold_up_the_others",
            "adapters/test_web_hostile.py::test_when_all_places_are_taken_by_those_we_know",
            (
                "adapters/access/test_limits.py::TestLimits::"
                "test_a_token_that_asks_too_often_is_told_when_to_come_again"
            ),
            (
                "adapters/access/test_limits.py::TestLimits::"
                "test_an_address_that_guesses_is_shut_out_but_not_who_was_in_before"
            ),
            "unit/test_limits.py::test_those_not_needed_for_long_are_forgotten",
            "adapters/test_history.py::test_searches_leave_connections_for_callers",
        ),
        Wrong.SLOW: (
            "adapters/test_web_hostile.py::test_who_does_not_ask_is_let_go",
            "adapters/test_web_lines.py::test_a_body_that_does_not_come_is_not_waited_for",
        ),
        Wrong.CONTROL: (ROUTES, NO_REQUEST, "adapters/test_once.py::test_a_hostile_key"),
        Wrong.ENCODING: (
            ROUTES,
            "hostile/test_bombs.py::test_a_body_that_is_not_what_it_says_is_refused",
        ),
        Wrong.DEEP: (ROUTES,),
        Wrong.TYPES: (
            ROUTES,
            "adapters/test_web_lines.py::test_a_hostile_body_is_named",
            "adapters/test_web_outbound.py::test_a_hostile_body",
            "adapters/test_history.py::test_a_wrong_query_is_named",
        ),
        Wrong.DIALPLAN: (ROUTES, TO_GLOBALS, TO_ASTERISK),
        Wrong.AMI: (ROUTES, ONE_LINE),
        Wrong.SQL: ("hostile/test_sql.py::test_a_filter_is_a_value", ROUTES),
        Wrong.SHELL: (NO_SHELL, ROUTES),
        Wrong.LOG: (NO_LINE, NO_REQUEST),
        Wrong.HTML: (ROUTES, ON_PAGE),
        Wrong.TERMINAL: (ROUTES, ON_SCREEN),
    },
    Door.WEBSOCKET: {
        Wrong.LONG: (NO_WEBSOCKET,),
        Wrong.MANY: (NOBODY_LISTENS, "adapters/test_live.py::TestWebSocket::test_too_many"),
        Wrong.SLOW: (
            (
                "adapters/test_live.py::TestWebSocket::"
                "test_who_does_not_read_is_dropped_and_the_others_get_everything"
            ),
            "hostile/test_websocket.py::test_half_a_frame_is_waited_for_no_longer_than_a_ping",
        ),
        Wrong.CONTROL: (NOBODY_LISTENS, NO_ID),
        Wrong.ENCODING: (NO_WEBSOCKET,),
        Wrong.DEEP: (NOBODY_LISTENS,),
        Wrong.TYPES: (NO_WEBSOCKET, NOBODY_LISTENS),
        Wrong.DIALPLAN: (NOBODY_LISTENS, NO_ID),
        Wrong.AMI: (NOBODY_LISTENS, NO_ID),
        Wrong.SQL: (NOBODY_LISTENS, NO_ID),
        Wrong.SHELL: (NO_SHELL, NOBODY_LISTENS),
        Wrong.LOG: (NO_LINE, NOBODY_LISTENS),
        Wrong.HTML: (ARRIVES, ON_PAGE),
        Wrong.TERMINAL: (ARRIVES, ON_SCREEN),
    },
    Door.CSV: {
        Wrong.LONG: (
            "unit/journal/test_lines.py::test_what_is_longer_than_any_record_is_passed_over",
            "adapters/test_journal.py::test_what_is_sent_is_checked",
        ),
        Wrong.MANY: (IN_SLICES,),
        Wrong.SLOW: (
            "unit/journal/test_tail.py::test_a_line_is_read_once_it_has_its_end",
            "adapters/test_journal.py::test_a_body_that_trickles_holds_up_nobody",
        ),
        Wrong.CONTROL: (
            "unit/journal/test_lines.py::test_a_caller_cannot_write_a_record",
            "unit/journal/test_lines.py::test_a_number_ends_where_a_stranger_broke_the_line",
            "acceptance/test_journal_rotation.py::test_each_is_read_once",
        ),
        Wrong.ENCODING: ("unit/journal/test_lines.py::test_what_is_no_utf_8_is_read_as_ami_is",),
        Wrong.DEEP: ("unit/journal/test_lines.py::test_an_extra_that_is_none",),
        Wrong.TYPES: (
            "unit/journal/test_lines.py::test_nothing_that_stands_there_stops_it",
            "unit/journal/test_lines.py::test_what_is_no_time",
            "unit/journal/test_tail.py::test_what_is_no_position",
        ),
        Wrong.DIALPLAN: (TO_GLOBALS, TO_ASTERISK),
        Wrong.AMI: (ONE_LINE,),
        Wrong.SQL: (STORED,),
        Wrong.SHELL: (NO_SHELL,),
        Wrong.LOG: (NO_LINE,),
        Wrong.HTML: (ON_PAGE,),
        Wrong.TERMINAL: (ON_SCREEN,),
    },
    Door.TOML: {
        Wrong.LONG: (
            "hostile/test_toml.py::test_a_file_that_is_too_large_is_not_read",
            TOML_TEXT,
            "unit/test_config_faults.py::TestSecretFiles::test_must_hold_a_secret",
        ),
        Wrong.MANY: ("hostile/test_toml.py::test_of_very_many_faults_the_first_are_told",),
        Wrong.SLOW: (
            "hostile/test_toml.py::test_what_has_no_end_or_no_beginning_is_not_read",
            "unit/test_config_faults.py::TestSecretFiles::test_must_be_a_file",
        ),
        Wrong.CONTROL: (TOML_TEXT, "unit/test_config_faults.py::test_a_wrong_value_is_named"),
        Wrong.ENCODING: (
            "unit/test_config_faults.py::test_an_unreadable_file_is_named",
            "hostile/test_toml.py::test_no_text_breaks_the_reader",
        ),
        Wrong.DEEP: (
            "unit/test_config_faults.py::test_what_no_reader_can_hold_is_refused",
            "hostile/test_toml.py::test_of_very_many_faults_the_first_are_told",
        ),
        Wrong.TYPES: (
            "unit/test_config_faults.py::test_a_wrong_value_is_named",
            "unit/test_config_faults.py::test_tables_that_are_none",
        ),
        Wrong.DIALPLAN: (TOML_TEXT, TO_GLOBALS, RELOADED),
        Wrong.AMI: (TOML_TEXT, ONE_LINE),
        Wrong.SQL: (STORED,),
        Wrong.SHELL: (NO_SHELL, TOML_TEXT),
        Wrong.LOG: (NO_LINE, "hostile/test_toml.py::test_no_text_breaks_the_reader"),
        Wrong.HTML: (ON_PAGE,),
        Wrong.TERMINAL: (
            TOML_TEXT,
            ON_SCREEN,
            "hostile/test_terminal.py::test_names_with_brackets_are_listed",
        ),
    },
    Door.CLI: {
        Wrong.LONG: (ARGUMENTS, ANY_ARGUMENT),
        Wrong.MANY: (ARGUMENTS,),
        Wrong.SLOW: ONE_AT_A_TIME,
        Wrong.CONTROL: (ARGUMENTS, REFUSED_FIRST),
        Wrong.ENCODING: (
            REFUSED_FIRST,
            "hostile/test_cli.py::test_a_terminal_of_another_encoding_shows_what_it_can",
        ),
        Wrong.DEEP: Cannot("arguments are words"),
        Wrong.TYPES: (ANY_ARGUMENT,),
        Wrong.DIALPLAN: (
            ANY_ARGUMENT,
            (
                "adapters/test_postgres_stores.py::"
                "test_a_language_that_the_dialplan_must_not_see_is_refused"
            ),
        ),
        Wrong.AMI: (REFUSED_FIRST, ANY_ARGUMENT),
        Wrong.SQL: (ANY_ARGUMENT, "hostile/test_cli.py::test_the_tables_are_there_still"),
        Wrong.SHELL: (ANY_ARGUMENT, NO_SHELL),
        Wrong.LOG: (REFUSED_FIRST,),
        Wrong.HTML: (ON_PAGE,),
        Wrong.TERMINAL: (REFUSED_FIRST, ANY_ARGUMENT, ON_SCREEN),
    },
    Door.SIP: {
        Wrong.LONG: (CALLERS, DIALLED_NAMES, DIALLED_NUMBERS),
        Wrong.MANY: (
            (
                "unit/ami/test_forgery.py::"
                "test_one_event_of_asterisk_stays_one_and_says_what_asterisk_said"
            ),
        ),
        Wrong.SLOW: Cannot("Asterisk waits for SIP, and tells us of what came whole"),
        Wrong.CONTROL: (
            CALLERS,
            ANY_CALLER,
            (
                "acceptance/test_hostile_callers.py::"
                "test_nothing_hostile_reaches_the_log_as_a_control_character"
            ),
        ),
        Wrong.ENCODING: (CALLERS,),
        Wrong.DEEP: FLAT,
        Wrong.TYPES: (
            ANY_CALLER,
            "unit/ami/test_decode.py::test_no_value_of_a_header_breaks_decoding",
        ),
        Wrong.DIALPLAN: (
            DIALLED_NAMES,
            DIALLED_NUMBERS,
            "unit/routing/test_tiers.py::test_whatever_a_caller_calls_themselves_is_harmless",
            "adapters/test_agi_server.py::test_a_callers_name_is_plain_text",
        ),
        Wrong.AMI: (
            CALLERS,
            DIALLED_NUMBERS,
            "unit/ami/test_forgery.py::test_whatever_the_number_what_comes_next_is_heard",
        ),
        Wrong.SQL: (DIALLED_NAMES, STORED, LOOKED_UP),
        Wrong.SHELL: (DIALLED_NAMES, DIALLED_NUMBERS, NO_SHELL),
        Wrong.LOG: (
            (
                "acceptance/test_hostile_callers.py::"
                "test_nothing_hostile_reaches_the_log_as_a_control_character"
            ),
            NO_LINE,
        ),
        Wrong.HTML: (ON_PAGE, CALLERS),
        Wrong.TERMINAL: (ON_SCREEN, CALLERS),
    },
    Door.RECORDING: {
        Wrong.LONG: (NO_LINE_OF_ONE,),
        Wrong.MANY: ("adapters/test_replay.py::test_a_file_that_is_too_large_is_not_read",),
        Wrong.SLOW: Cannot("a file is there when the command begins"),
        Wrong.CONTROL: (SHOWN,),
        Wrong.ENCODING: (NO_LINE_OF_ONE,),
        Wrong.DEEP: (NO_LINE_OF_ONE,),
        Wrong.TYPES: (NO_LINE_OF_ONE,),
        **dict.fromkeys((Wrong.DIALPLAN, Wrong.AMI, Wrong.LOG, Wrong.HTML), COMPARED),
        Wrong.SQL: Cannot("calls are asked for by ids that are computed here"),
        Wrong.SHELL: (NO_SHELL,),
        Wrong.TERMINAL: (SHOWN,),
    },
}
