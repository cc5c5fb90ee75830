"""Programs that are sent to hosts and run there alone: they import nothing of this package, Python 3.6 is enough."""
