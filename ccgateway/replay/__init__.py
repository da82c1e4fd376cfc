"""Recordings and stored calls told anew and compared; recordings without persons."""
