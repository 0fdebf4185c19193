"""A warning for a program: JSON posted to an address of the organization, signed so that it knows who wrote it."""
