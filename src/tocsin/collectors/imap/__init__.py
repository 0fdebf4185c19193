"""Mails in a mailbox."""
