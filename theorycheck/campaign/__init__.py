"""All tasks of a verification, run in processes and kept in a ledger."""
