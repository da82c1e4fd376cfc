"""The simulated world: a real Asterisk, SIPp phones and callers, and the comparison of what they
saw with what the record says. It stands for the outside, so it alone among the adapters may start
the embedded database and speak to the gateway's HTTP API as a client."""
