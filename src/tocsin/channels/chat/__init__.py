"""Chat rooms and messengers, through Apprise (the extra `chat`)."""
