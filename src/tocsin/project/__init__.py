"""The only place that knows everyone: settings, urls, the command line, the six stops in order."""
