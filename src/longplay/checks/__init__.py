"""A server checked before a study is trusted to it. Reads no kept reply, stores nothing."""
