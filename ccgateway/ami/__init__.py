"""AMI: the link to one Asterisk. Framing, decode (events -> facts), encode (actions -> headers)."""
