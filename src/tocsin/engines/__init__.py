"""Where steps run. `local` runs them on this machine: a reader thread, the compute, a writer thread."""
