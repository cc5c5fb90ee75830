"""A restore as facts and plain functions: what goes where; brought, opened, rewritten, swapped, checked."""
