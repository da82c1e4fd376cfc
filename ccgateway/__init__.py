"""ccgateway: the call-centre gateway that runs beside an Asterisk PBX as its guest."""

__version__ = "0.1.0"
