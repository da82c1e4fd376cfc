"""Asterisk's members of the managed queues: told what agents do, and brought in line with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog

from ccgateway.agents.agent import Agent
from ccgateway.agents.membership import leftovers, reconcile, static_in_managed
from ccgateway.engine.ports import PbxLink
from ccgateway.engine.setup import Setup
from ccgateway.errors import ActionRefused, PbxUnavailable, Refused
from ccgateway.telephony.actions import Action, AddMember, Member, MemberAction

NO_QUEUE = "No such queue"
"""Asterisk's word (app_queue.c) for a queue that queues.conf does not have."""

INVALID = 4
"""AST_DEVICE_INVALID: Asterisk knows no such phone; with joinempty it counts as nobody."""

log = structlog.get_logger()


class Members:
    """The members on the first node of the setup, which has the agents' phones."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._links: Mapping[str, PbxLink] = {}
        self._complained: set[tuple[str, str, str]] = set()
        self._given_up: frozenset[str] = frozenset()  # queues that a renew took from us

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The links by node."""
        self._links = links

    def renew(self, setup: Setup) -> None:
        """Go on with the queues of another setup."""
        self._given_up = (self._given_up | self._setup.managed) - setup.managed
        self._setup = setup
        self._complained.clear()

    async def of(self, node: str) -> Sequence[Member]:
        """The members of all queues of a node. Raises PbxUnavailable."""
        return await self._links[node].members()

    async def bring_in_line(
        self,
        node: str,
        members: Sequence[Member],
        agents: Iterable[Agent],
        unsettled: Collection[str],
    ) -> int:
        """Bring the managed queues of a node, which has these members, to what the agents do, but
        for the ``unsettled`` phones; how many actions that took. Raises PbxUnavailable."""
        self._find_fault(members)
        wanted = reconcile(agents, members, self._setup.managed)
        actions = [action for action in wanted if action.interface not in unsettled]
        given_up = self._given_up
        actions += leftovers(members, given_up)
        if node != self._setup.nodes[0]:
            return 0
        if actions:
            log.info("members brought in line", actions=len(actions), node=node)
            await self._each(actions)
        self._given_up -= given_up  # a reload meanwhile may have given up more
        return len(actions)

    async def act(self, actions: Iterable[Action]) -> None:
        """Tell Asterisk. Raises Refused where it has no such queue, and PbxUnavailable."""
        link = self._links.get(self._setup.nodes[0])
        if link is None:
            raise PbxUnavailable
        for action in actions:
            try:
                await link.act(action)
            except ActionRefused as error:
                if isinstance(action, AddMember) and NO_QUEUE in str(error):
                    raise Refused(
                        f"Asterisk has no queue {action.queue}: add the line [{action.queue}]"
                        f"(ccg-managed) to queues.conf, and run: asterisk -rx 'queue reload all'"
                    ) from error
                # "Already there" or "Not there": the next comparison settles it.
                log.warning("asterisk refused a member action", action=str(action), why=str(error))

    async def _each(self, actions: Iterable[MemberAction]) -> None:
        """Carry out each that can be: a queue that Asterisk does not have is no reason to leave the
        others as they are. Raises PbxUnavailable."""
        for action in actions:
            try:
                await self.act([action])
            except Refused as error:
                self._complain(str(error), action)

    def _find_fault(self, members: Sequence[Member]) -> None:
        for member in static_in_managed(members, self._setup.managed):
            self._complain("static member in a managed queue: take it out of queues.conf", member)
        for member in members:
            if member.device_state == INVALID and member.queue in self._setup.managed:
                self._complain("Asterisk knows no such phone: see [[agent]] phone", member)

    def _complain(self, what: str, member: Member | MemberAction) -> None:
        """Once a member and fault: the comparison comes again each minute."""
        if (what, member.queue, member.interface) not in self._complained:
            self._complained.add((what, member.queue, member.interface))
            log.error(what, queue=member.queue, interface=member.interface)
