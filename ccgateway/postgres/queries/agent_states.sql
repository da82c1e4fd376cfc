-- Every agent's last known state.
SELECT agent, state, reason, phone, since FROM agent_states ORDER BY agent
