"""The ways in against real servers on loopback."""
