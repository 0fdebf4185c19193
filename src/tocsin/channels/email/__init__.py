"""E-mail: build a message that programs and people read rightly, and hand it to an SMTP server."""
