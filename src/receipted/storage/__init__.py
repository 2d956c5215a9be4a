"""Where everything is true: one schema, SQLite or PostgreSQL, writes that arrive together committed together."""
