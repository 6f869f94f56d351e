"""Engine benchmark: our worker, DBOS, and the floor of one commit per step, interleaved on one PostgreSQL."""
